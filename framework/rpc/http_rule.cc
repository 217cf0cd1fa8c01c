#include "framework/rpc/http_rule.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <utility>

namespace turbo::rpc {

namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// The numbers of google.api.http, HttpRule's fields and CustomHttpPattern's.
constexpr int kHTTPOption = 72295728;
constexpr int kGet = 2;
constexpr int kPut = 3;
constexpr int kPost = 4;
constexpr int kDelete = 5;
constexpr int kPatch = 6;
constexpr int kBody = 7;
constexpr int kCustom = 8;
constexpr int kAdditionalBindings = 11;
constexpr int kResponseBody = 12;
constexpr int kCustomKind = 1;
constexpr int kCustomPath = 2;

// The fields that are texts or messages.
template <class Visit>
void for_each_text(const std::string& bytes, Visit visit) {
  UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return;
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.type() == UnknownField::TYPE_LENGTH_DELIMITED) {
      visit(field.number(), field.length_delimited());
    }
  }
}

void read_custom(const std::string& bytes, HTTPRule& rule) {
  for_each_text(bytes, [&rule](int number, const std::string& text) {
    if (number == kCustomKind) rule.method = text;
    if (number == kCustomPath) rule.path = text;
  });
}

HTTPRule read_rule(const std::string& bytes, std::vector<std::string>& additional) {
  HTTPRule rule;
  const auto set = [&rule](const char* method, const std::string& path) {
    rule.method = method;
    rule.path = path;
  };
  for_each_text(bytes, [&](int number, const std::string& text) {
    switch (number) {
      case kGet:
        return set("GET", text);
      case kPut:
        return set("PUT", text);
      case kPost:
        return set("POST", text);
      case kDelete:
        return set("DELETE", text);
      case kPatch:
        return set("PATCH", text);
      case kCustom:
        return read_custom(text, rule);
      case kBody:
        rule.body = text;
        return;
      case kResponseBody:
        rule.response_body = text;
        return;
      case kAdditionalBindings:
        additional.push_back(text);
        return;
      default:
        return;
    }
  });
  return rule;
}

}  // namespace

// By way of the bytes: whether the option is known depends on what else the program links.
std::vector<HTTPRule> http_rules_of(const google::protobuf::MethodDescriptor& method) {
  std::string option;
  for_each_text(method.options().SerializeAsString(), [&](int number, const std::string& bytes) {
    if (number == kHTTPOption) option += bytes;  // which merges them
  });
  if (option.empty()) return {};
  std::vector<std::string> additional;
  std::vector<HTTPRule> rules = {read_rule(option, additional)};
  std::vector<std::string> ignored;  // they have none of their own
  for (const std::string& each : additional) rules.push_back(read_rule(each, ignored));
  return rules;
}

}  // namespace turbo::rpc
