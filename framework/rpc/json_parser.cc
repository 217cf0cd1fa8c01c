#include "framework/rpc/json_parser.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"
#include "framework/base/views.h"
#include "framework/rpc/field_path.h"
#include "framework/rpc/field_text.h"
#include "framework/rpc/json_lexer.h"

namespace turbo::rpc {

namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::ListValue;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Struct;
using google::protobuf::Value;
using Kind = JSONToken::Kind;

// The fields of an object that have come, by their places in the message's type.
using Seen = absl::InlinedVector<bool, 32>;

// What is one value as JSON, and no object of its fields.
bool stands_under_value(const Descriptor& type) {
  const std::string& name = type.full_name();
  return is_one_value(type) || name == "google.protobuf.Any" || name == "google.protobuf.Struct" ||
         name == "google.protobuf.Value" || name == "google.protobuf.ListValue";
}

bool takes_null(const FieldDescriptor& field) {
  if (field.is_repeated()) return false;
  if (const auto* type = field.message_type()) return type->full_name() == "google.protobuf.Value";
  return field.enum_type() != nullptr &&
         field.enum_type()->full_name() == "google.protobuf.NullValue";
}

bool is_integer(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_ENUM:
      return true;
    default:
      return false;
  }
}

// "1e3" and "1.0" as "1000" and "1"; what is not whole, or has more digits than a double, stays.
std::string whole_number(std::string text) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (text.find_first_of(".eE") == std::string::npos) return text;
  double number = 0;
  absl::from_chars(text.data(), text.data() + text.size(), number);
  if (number != std::trunc(number) || std::fabs(number) > kExact) return text;
  return std::to_string(static_cast<int64_t>(number));
}

// One walk over a text; the first error stays.
class JSONParser {
 public:
  JSONParser(std::string_view text, const JSONOptions& options) : lexer_(text), options_(options) {}

  template <class Read>
  absl::Status run(Read read) {
    if (next() && read()) {
      if (lexer_.next(token_) && token_.kind == Kind::kEnd) return absl::OkStatus();
      fail("more than one value");
    }
    return absl::InvalidArgumentError(
        absl::StrCat("the JSON at byte ", failed_at_, ": ", to_absl(why_)));
  }

  // All of these begin at token_, which is the value's first, and leave its last there.
  bool read_message(Message& message);
  bool read_field(Message& message, const FieldDescriptor& field);

 private:
  bool fail(std::string_view why) {
    if (why_.empty()) {
      why_ = why;
      failed_at_ = lexer_.at();
    }
    return false;
  }
  bool next() { return lexer_.next(token_) || fail("no JSON"); }
  bool expect(char c) { return token_.is(c) || fail("something else is wanted here"); }

  // Calls `read` at the first token of each member's value, or of each element.
  template <class Read>
  bool read_members(Read read);
  template <class Read>
  bool read_elements(Read read);

  bool read_fields(Message& message, bool skips_type);
  bool read_member(Message& message, const std::string& name, Seen& seen);
  bool read_map(Message& message, const FieldDescriptor& field);
  bool read_element(Message& message, const FieldDescriptor& field);
  bool read_scalar(Message& message, const FieldDescriptor& field);
  bool read_text(Message& message);
  bool read_any(Any& any);
  bool read_content(Message& content);
  std::optional<std::string> find_type();
  bool read_struct(Struct& message);
  bool read_value(Value& value);
  bool read_number(Value& value);
  bool read_list(ListValue& list);
  bool skip();

  JSONLexer lexer_;
  const JSONOptions& options_;
  JSONToken token_;
  size_t depth_ = 0;
  size_t any_depth_ = 0;
  std::string_view why_;
  size_t failed_at_ = 0;
};

// ---- objects and arrays ----

template <class Read>
bool JSONParser::read_members(Read read) {
  if (!expect('{')) return false;
  if (++depth_ > kMaxJSONNesting) return fail("too deep");
  if (!next()) return false;
  for (bool first = true; !token_.is('}'); first = false) {
    if (!first && (!expect(',') || !next())) return false;
    if (token_.kind != Kind::kString) return fail("a member begins with its name");
    const std::string name = std::exchange(token_.text, {});
    if (!next() || !expect(':') || !next() || !read(name) || !next()) return false;
  }
  --depth_;
  return true;
}

template <class Read>
bool JSONParser::read_elements(Read read) {
  if (!expect('[')) return false;
  if (++depth_ > kMaxJSONNesting) return fail("too deep");
  if (!next()) return false;
  for (bool first = true; !token_.is(']'); first = false) {
    if (!first && (!expect(',') || !next())) return false;
    if (!read() || !next()) return false;
  }
  --depth_;
  return true;
}

bool JSONParser::skip() {
  if (token_.is('{')) return read_members([this](const std::string&) { return skip(); });
  if (token_.is('[')) return read_elements([this] { return skip(); });
  const bool value = token_.kind != Kind::kPunctuation && token_.kind != Kind::kEnd;
  return value || fail("a value is wanted");
}

// ---- messages ----

bool JSONParser::read_message(Message& message) {
  using google::protobuf::DynamicCastToGenerated;
  if (auto* any = DynamicCastToGenerated<Any>(&message)) return read_any(*any);
  if (auto* object = DynamicCastToGenerated<Struct>(&message)) return read_struct(*object);
  if (auto* value = DynamicCastToGenerated<Value>(&message)) return read_value(*value);
  if (auto* list = DynamicCastToGenerated<ListValue>(&message)) return read_list(*list);
  const Descriptor& type = *message.GetDescriptor();
  if (is_wrapper(type)) return read_scalar(message, *type.FindFieldByNumber(1));
  return is_one_value(type) ? read_text(message) : read_fields(message, false);
}

bool JSONParser::read_text(Message& message) {
  if (token_.kind == Kind::kString && set_message_text(message, token_.text)) return true;
  return fail("a text is wanted that is a time, a duration or a field mask");
}

bool JSONParser::read_fields(Message& message, bool skips_type) {
  Seen seen(static_cast<size_t>(message.GetDescriptor()->field_count()));
  return read_members([&](const std::string& name) {
    return skips_type && name == "@type" ? skip() : read_member(message, name, seen);
  });
}

bool JSONParser::read_member(Message& message, const std::string& name, Seen& seen) {
  const FieldDescriptor* const field = find_field(*message.GetDescriptor(), name);
  if (field == nullptr) return options_.ignore_unknown ? skip() : fail("an unknown field");
  if (std::exchange(seen[static_cast<size_t>(field->index())], true)) return fail("a field twice");
  return read_field(message, *field);
}

bool JSONParser::read_field(Message& message, const FieldDescriptor& field) {
  if (token_.kind == Kind::kNull && !takes_null(field)) return true;
  const auto* const choice = field.real_containing_oneof();
  if (choice != nullptr && message.GetReflection()->HasOneof(message, choice)) {
    return fail("two fields of a oneof");
  }
  if (field.is_map()) return read_map(message, field);
  if (!field.is_repeated()) return read_element(message, field);
  return read_elements([&] { return read_element(message, field); });
}

// A field's value, or one of a repeated field's.
bool JSONParser::read_element(Message& message, const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return read_scalar(message, field);
  const auto& reflection = *message.GetReflection();
  return read_message(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                          : *reflection.MutableMessage(&message, &field));
}

bool JSONParser::read_map(Message& message, const FieldDescriptor& field) {
  const FieldDescriptor& key = *field.message_type()->map_key();
  const FieldDescriptor& value = *field.message_type()->map_value();
  return read_members([&](const std::string& name) {
    Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    return set_field_text(entry, key, name) ? read_element(entry, value)
                                            : fail("no key of the map");
  });
}

bool JSONParser::read_scalar(Message& message, const FieldDescriptor& field) {
  const bool quoted = token_.kind == Kind::kString;
  switch (token_.kind) {
    case Kind::kNumber:
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return fail("a text is wanted");
      if (is_integer(field)) token_.text = whole_number(std::move(token_.text));
      break;
    case Kind::kTrue:
    case Kind::kFalse:
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return fail("no true or false here");
      token_.text = token_.kind == Kind::kTrue ? "true" : "false";
      break;
    case Kind::kNull:
      if (!takes_null(field)) return fail("no null here");
      token_.text = "NULL_VALUE";
      break;
    case Kind::kString:
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return fail("true or false is wanted");
      break;
    default:
      return fail("another value is wanted");
  }
  if (set_field_text(message, field, token_.text)) return true;
  const bool unknown = field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && quoted;
  return (unknown && options_.ignore_unknown) || fail("a value that is not the field's");
}

// ---- Any ----

bool JSONParser::read_any(Any& any) {
  if (!expect('{')) return false;
  if (any_depth_ == kMaxAnyNesting) return fail("too many levels of Any");
  const std::optional<std::string> url = find_type();
  if (!url.has_value()) return false;
  if (url->empty()) return read_members([this](const std::string&) { return fail("no @type"); });
  const Descriptor* const type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(url->substr(url->rfind('/') + 1));
  const Message* const prototype =
      type == nullptr ? nullptr : MessageFactory::generated_factory()->GetPrototype(type);
  if (prototype == nullptr) return fail("an unknown type");
  const std::unique_ptr<Message> content(prototype->New());
  ++any_depth_;
  if (!read_content(*content)) return false;
  --any_depth_;
  any.set_type_url(*url);
  return content->SerializePartialToString(any.mutable_value()) || fail("too large");
}

bool JSONParser::read_content(Message& content) {
  if (!stands_under_value(*content.GetDescriptor())) return read_fields(content, true);
  bool seen = false;
  return read_members([&](const std::string& name) {
    if (name == "@type") return skip();
    if (name != "value" || std::exchange(seen, true)) return fail("one value is wanted");
    return read_message(content);
  });
}

// The type of the Any whose '{' was read, and back to there. Empty: it has none.
std::optional<std::string> JSONParser::find_type() {
  const size_t begin = lexer_.at();
  const size_t depth = depth_;
  std::optional<std::string> url;
  const bool read = read_members([&](const std::string& name) {
    if (name != "@type") return skip();
    if (url.has_value()) return fail("two @type");
    if (token_.kind != Kind::kString || token_.text.find('/') == std::string::npos) {
      return fail("a type is https://host/name");
    }
    url = token_.text;
    return true;
  });
  if (!read) return std::nullopt;
  depth_ = depth;
  lexer_.go_back(begin);
  token_.kind = Kind::kPunctuation;
  token_.punctuation = '{';
  return url.value_or("");
}

// ---- Struct, Value, ListValue ----

bool JSONParser::read_struct(Struct& message) {
  return read_members(
      [&](const std::string& name) { return read_value((*message.mutable_fields())[name]); });
}

bool JSONParser::read_list(ListValue& list) {
  return read_elements([&] { return read_value(*list.add_values()); });
}

bool JSONParser::read_value(Value& value) {
  switch (token_.kind) {
    case Kind::kNull:
      value.set_null_value(google::protobuf::NULL_VALUE);
      return true;
    case Kind::kTrue:
    case Kind::kFalse:
      value.set_bool_value(token_.kind == Kind::kTrue);
      return true;
    case Kind::kString:
      value.set_string_value(std::move(token_.text));
      return true;
    case Kind::kNumber:
      return read_number(value);
    default:
      if (token_.is('{')) return read_struct(*value.mutable_struct_value());
      if (token_.is('[')) return read_list(*value.mutable_list_value());
      return fail("a value is wanted");
  }
}

bool JSONParser::read_number(Value& value) {
  static const FieldDescriptor& field =
      *Value::descriptor()->FindFieldByNumber(Value::kNumberValueFieldNumber);
  return set_field_text(value, field, token_.text) || fail("too large a number");
}

}  // namespace

absl::Status parse_json(std::string_view text, Message& message, const JSONOptions& options) {
  JSONParser parser(text, options);
  return parser.run([&] { return parser.read_message(message); });
}

absl::Status parse_field_json(std::string_view text, Message& message, const FieldDescriptor& field,
                              const JSONOptions& options) {
  JSONParser parser(text, options);
  return parser.run([&] { return parser.read_field(message, field); });
}

}  // namespace turbo::rpc
