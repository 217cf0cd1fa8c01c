#include "framework/rpc/field_text.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/field_mask_util.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/charconv.h"
#include "framework/base/utf8.h"
#include "framework/crypto/text_codec.h"

namespace turbo::rpc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// ---- texts ----

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// Beside numbers these three alone.
template <class Number>
std::optional<Number> parse_float(std::string_view text) {
  using Limits = std::numeric_limits<Number>;
  if (text == "NaN") return Limits::quiet_NaN();
  if (text == "Infinity") return Limits::infinity();
  if (text == "-Infinity") return -Limits::infinity();
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  Number number{};
  const auto [stop, error] = absl::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && stop == text.data() + text.size();
  // What is too small to be told from 0 is 0.
  const bool in_range = error == std::errc() || (number > -1 && number < 1);
  return whole && in_range ? std::optional<Number>(number) : std::nullopt;
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

template <class Known>
Known* as(Message& message) {
  return google::protobuf::DynamicCastToGenerated<Known>(&message);
}

bool set_message(Message& message, const FieldDescriptor& field, std::string_view text) {
  const Reflection& reflection = *message.GetReflection();
  return set_message_text(field.is_repeated() ? *reflection.AddMessage(&message, &field)
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

}  // namespace

bool is_one_value(const Descriptor& message) {
  const std::string& name = message.full_name();
  return name == "google.protobuf.Timestamp" || name == "google.protobuf.Duration" ||
         name == "google.protobuf.FieldMask" || is_wrapper(message);
}

bool is_wrapper(const Descriptor& message) {
  return message.file()->name() == google::protobuf::StringValue::descriptor()->file()->name();
}

bool set_message_text(Message& message, std::string_view text) {
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
  return is_wrapper(*message.GetDescriptor()) && set_field_text(message, *value, text);
}

bool set_field_text(Message& message, const FieldDescriptor& field, std::string_view text) {
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
      return put(message, field, parse_float<double>(text), &R::SetDouble, &R::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return put(message, field, parse_float<float>(text), &R::SetFloat, &R::AddFloat);
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

}  // namespace turbo::rpc
