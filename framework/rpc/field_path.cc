#include "framework/rpc/field_path.h"

#include <string>

#include "framework/base/status.h"
#include "framework/rpc/field_text.h"

namespace turbo::rpc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status invalid(std::string_view what, std::string_view name) {
  return make_status(absl::StatusCode::kInvalidArgument, std::string(what).append(name));
}

}  // namespace

const FieldDescriptor* find_field(const Descriptor& message, std::string_view name) {
  if (const FieldDescriptor* field = message.FindFieldByName(std::string(name))) return field;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

absl::StatusOr<FieldPath> FieldPath::parse(const Descriptor& message, std::string_view path) {
  FieldPath parsed;
  const Descriptor* inside = &message;
  for (std::string_view rest = path;;) {
    const std::string_view name = rest.substr(0, rest.find('.'));
    const FieldDescriptor* const field = inside == nullptr ? nullptr : find_field(*inside, name);
    if (field == nullptr) return invalid("no field ", path);
    if (parsed.steps_.size() == kMaxSteps) return invalid("too deep a field: ", path);
    parsed.steps_.push_back(field);
    if (name.size() == rest.size()) break;
    rest.remove_prefix(name.size() + 1);
    inside = field->is_repeated() ? nullptr : field->message_type();
  }
  const Descriptor* const type = parsed.last().message_type();
  if (type != nullptr && !is_one_value(*type)) return invalid("a message, not a value: ", path);
  return parsed;
}

absl::Status FieldPath::set(Message& message, std::string_view text) const {
  Message* inside = &message;
  for (size_t i = 0; i + 1 < steps_.size(); ++i) {
    inside = inside->GetReflection()->MutableMessage(inside, steps_[i]);
  }
  if (set_field_text(*inside, last(), text)) return absl::OkStatus();
  return invalid("a malformed value of the field ", last().full_name());
}

}  // namespace turbo::rpc
