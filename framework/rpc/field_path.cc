#include "framework/rpc/field_path.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/field_mask_util.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "framework/base/status.h"
#include "framework/base/utf8.h"
#include "framework/crypto/text_codec.h"

namespace turbo::rpc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status invalid(std::string_view what, std::string_view name) {
  return make_status(absl::StatusCode::kInvalidArgument, std::string(what).append(name));
}

// A message that holds one value under the name "value".
bool is_wrapper(const Descriptor& message) {
  return message.file()->name() == google::protobuf::StringValue::descriptor()->file()->name();
}

bool is_one_value(const Descriptor& message) {
  const std::string& name = message.full_name();
  return name == "google.protobuf.Timestamp" || name == "google.protobuf.Duration" ||
         name == "google.protobuf.FieldMask" || is_wrapper(message);
}

// ---- texts ----

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::string> parse_bytes(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  return base64_decode(plain,
                       plain.ends_with('=') ? Base64Padding::kPadded : Base64Padding::kUnpadded);
}

std::optional<int> parse_enum(const FieldDescriptor& field, std::string_view text) {
  const EnumValueDescriptor* value = field.enum_type()->FindValueByName(std::string(text));
  if (value != nullptr) return value->number();
  const std::optional<int> number = parse_number<int>(text);
  const bool open = field.file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3;
  if (number && !open && field.enum_type()->FindValueByNumber(*number) == nullptr) {
    return std::nullopt;
  }
  return number;
}

// ---- fields ----

template <class Value, class... Arguments>
bool put(Message& message, const FieldDescriptor& field, const std::optional<Value>& value,
         void (Reflection::*set)(Message*, const FieldDescriptor*, Arguments...) const,
         void (Reflection::*add)(Message*, const FieldDescriptor*, Arguments...) const) {
  if (!value.has_value()) return false;
  (message.GetReflection()->*(field.is_repeated() ? add : set))(&message, &field, *value);
  return true;
}

bool set_field(Message& message, const FieldDescriptor& field, std::string_view text);

template <class Known>
Known* as(Message& message) {
  return google::protobuf::DynamicCastToGenerated<Known>(&message);
}

bool set_value(Message& message, std::string_view text) {
  const std::string copy(text);
  using google::protobuf::util::FieldMaskUtil;
  using google::protobuf::util::TimeUtil;
  if (auto* const time = as<google::protobuf::Timestamp>(message)) {
    return TimeUtil::FromString(copy, time);
  }
  if (auto* const time = as<google::protobuf::Duration>(message)) {
    return TimeUtil::FromString(copy, time);
  }
  if (auto* const mask = as<google::protobuf::FieldMask>(message)) {
    return FieldMaskUtil::FromJsonString(copy, mask);
  }
  const FieldDescriptor* const value = message.GetDescriptor()->FindFieldByNumber(1);
  return is_wrapper(*message.GetDescriptor()) && set_field(message, *value, text);
}

bool set_message(Message& message, const FieldDescriptor& field, std::string_view text) {
  const Reflection& reflection = *message.GetReflection();
  return set_value(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                       : *reflection.MutableMessage(&message, &field),
                   text);
}

bool set_text(Message& message, const FieldDescriptor& field, std::string_view text) {
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    return put(message, field, parse_bytes(text), &Reflection::SetString, &Reflection::AddString);
  }
  if (!is_utf8(text)) return false;
  const std::optional<std::string> copy{std::in_place, text};
  return put(message, field, copy, &Reflection::SetString, &Reflection::AddString);
}

// A value of the field's type; false: `text` is none.
bool set_field(Message& message, const FieldDescriptor& field, std::string_view text) {
  using R = Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return put(message, field, parse_number<int32_t>(text), &R::SetInt32, &R::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return put(message, field, parse_number<int64_t>(text), &R::SetInt64, &R::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return put(message, field, parse_number<uint32_t>(text), &R::SetUInt32, &R::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return put(message, field, parse_number<uint64_t>(text), &R::SetUInt64, &R::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return put(message, field, parse_number<double>(text), &R::SetDouble, &R::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return put(message, field, parse_number<float>(text), &R::SetFloat, &R::AddFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return put(message, field, parse_bool(text), &R::SetBool, &R::AddBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return put(message, field, parse_enum(field, text), &R::SetEnumValue, &R::AddEnumValue);
    case FieldDescriptor::CPPTYPE_STRING:
      return set_text(message, field, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return set_message(message, field, text);
  }
  return false;
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
  if (set_field(*inside, last(), text)) return absl::OkStatus();
  return invalid("a malformed value of the field ", last().full_name());
}

}  // namespace turbo::rpc
