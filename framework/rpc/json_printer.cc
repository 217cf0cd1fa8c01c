#include "framework/rpc/json_printer.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/status.h"
#include "framework/base/utf8.h"
#include "framework/base/views.h"
#include "framework/crypto/text_codec.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

namespace {

namespace util = google::protobuf::util;
using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Of the program's types; it keeps nothing, so all threads share it.
util::TypeResolver* resolver() {
  static const std::unique_ptr<util::TypeResolver> made(util::NewTypeResolverForDescriptorPool(
      "type.googleapis.com", DescriptorPool::generated_pool()));
  return made.get();
}

std::string type_url(const Descriptor& type) { return "type.googleapis.com/" + type.full_name(); }

absl::StatusOr<std::string> print(const Message& message, const JSONOptions& options) {
  util::JsonPrintOptions how;
  how.always_print_primitive_fields = options.print_defaults;
  how.preserve_proto_field_names = options.proto_names;
  std::string text;
  const auto status = util::BinaryToJsonString(resolver(), type_url(*message.GetDescriptor()),
                                               message.SerializePartialAsString(), &text, how);
  if (status.ok()) return text;
  return make_status(absl::StatusCode::kInternal, "a reply that cannot be said in JSON");
}

// As json_util has it, which keeps '<' and '>' from HTML. What is no UTF-8 keeps its ASCII.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const bool valid = is_utf8(text);
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '<' || c == '>') {
      json.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
    } else if (c == '"' || c == '\\') {
      json.append({'\\', c});
    } else {
      json += byte < 0x80 || valid ? c : '?';
    }
  }
  return json + "\"";
}

// What an absent field says.
std::string default_json(const FieldDescriptor& field) {
  if (field.is_map()) return "{}";
  if (field.is_repeated()) return "[]";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "null";
    case FieldDescriptor::CPPTYPE_STRING:
      return "\"\"";
    case FieldDescriptor::CPPTYPE_ENUM:
      return quoted(field.default_value_enum()->name());
    case FieldDescriptor::CPPTYPE_BOOL:
      return "false";
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "\"0\"";
    default:
      return "0";
  }
}

// ---- what print() wrote ----

// The quote that ends the string which begins at `quote`.
size_t end_of_string(std::string_view text, size_t quote) {
  size_t i = quote + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i;
}

// Behind the member's value that begins at `begin`.
size_t end_of_value(std::string_view text, size_t begin) {
  size_t depth = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') i = end_of_string(text, i);
    if (depth == 0 && (c == ',' || c == '}')) return i;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return text.size();
}

// Empty: there is none of that name, which is quoted.
std::string_view find_member(std::string_view object, std::string_view name) {
  for (size_t at = 1; at < object.size() && object[at] == '"';) {
    const size_t value = end_of_string(object, at) + 2;
    const size_t end = end_of_value(object, value);
    if (object.substr(at, value - 1 - at) == name) return object.substr(value, end - value);
    at = end + 1;
  }
  return {};
}

// ---- statuses ----

std::string detail_to_json(const Any& detail) {
  if (absl::StatusOr<std::string> text = print(detail, {}); text.ok()) return *std::move(text);
  return "{\"@type\":" + quoted(detail.type_url()) + ",\"value\":\"" +
         base64_encode(detail.value()) + "\"}";
}

// Those of a google.rpc.Status.
std::vector<Any> details_of(const absl::Status& status) {
  constexpr int kDetails = 3;
  std::vector<Any> details;
  const auto payload = status.GetPayload(to_absl(kDetailsPayload));
  UnknownFieldSet fields;
  if (!payload || !fields.ParseFromString(std::string(*payload))) return details;
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.number() != kDetails || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    Any detail;
    if (detail.ParseFromString(field.length_delimited())) details.push_back(std::move(detail));
  }
  return details;
}

}  // namespace

absl::StatusOr<std::string> to_json(const Message& message, const JSONOptions& options) {
  return print(message, options);
}

absl::StatusOr<std::string> field_to_json(const Message& message, const FieldDescriptor& field,
                                          const JSONOptions& options) {
  absl::StatusOr<std::string> text = print(message, options);
  if (!text.ok()) return text;
  const std::string name = quoted(options.proto_names ? field.name() : field.json_name());
  const std::string_view value = find_member(*text, name);
  return value.empty() ? default_json(field) : std::string(value);
}

std::string status_to_json(const absl::Status& status) {
  std::string text = "{\"code\":" + std::string(code_digits(status.code())) +
                     ",\"message\":" + quoted(to_std(status.message())) + ",\"details\":[";
  std::string_view separator;
  for (const Any& detail : details_of(status)) {
    text.append(separator).append(detail_to_json(detail));
    separator = ",";
  }
  return text + "]}";
}

}  // namespace turbo::rpc
