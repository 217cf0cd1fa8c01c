#include "framework/rpc/call_head.h"

#include <algorithm>

#include "framework/http/method.h"

namespace turbo::rpc {

namespace {

bool take_prefix(std::string_view& rest, std::string_view prefix) {
  if (!http::equals_ignore_case(rest.substr(0, prefix.size()), prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

// Where a media type's parameters begin, if it has any.
bool ends_type(std::string_view rest) {
  return rest.empty() || rest.front() == ';' || rest.front() == ' ';
}

bool is_json(std::string_view type) {
  return take_prefix(type, "application/json") && ends_type(type);
}

CallKind kind_of(std::string_view type) {
  if (!take_prefix(type, "application/grpc")) return CallKind::kNone;
  CallKind kind = CallKind::kGRPC;
  if (take_prefix(type, "-web")) {
    kind = take_prefix(type, "-text") ? CallKind::kWebText : CallKind::kWeb;
    if (kind == CallKind::kWebText) take_prefix(type, "-base64");  // the only one there is
  }
  take_prefix(type, "+proto");
  if (ends_type(type)) return kind;
  return type.front() == '+' ? CallKind::kOtherCodec : CallKind::kNone;
}

}  // namespace

CallHead read_call_head(const http::RequestHead& request) {
  CallHead head;
  std::string_view type;
  for (const http::Field& field : request.fields) {
    switch (field.name.size()) {
      case 12:
        if (http::equals_ignore_case(field.name, "content-type")) type = field.value;
        if (http::equals_ignore_case(field.name, "grpc-timeout")) head.timeout = field.value;
        break;
      case 13:
        if (http::equals_ignore_case(field.name, "grpc-encoding")) head.encoding = field.value;
        break;
      default:
        break;
    }
  }
  if (request.method == http::Method::kPost) head.kind = kind_of(type);
  head.json = head.kind == CallKind::kNone && is_json(type);
  return head;
}

CallKind accepted_kind(const http::RequestHead& request) {
  std::string_view rest = request.find("accept").value_or("");
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const size_t begin = std::min(item.find_first_not_of(" \t"), item.size());
    const CallKind kind = kind_of(item.substr(begin));
    if (kind != CallKind::kNone && kind != CallKind::kOtherCodec) return kind;
  }
  return CallKind::kNone;
}

}  // namespace turbo::rpc
