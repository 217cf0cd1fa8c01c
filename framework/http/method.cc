#include "framework/http/method.h"

#include <array>

namespace turbo::http {
namespace {

constexpr std::array<std::string_view, kMethodCount + 1> kNames = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", ""};

Method only(std::string_view token, Method method) {
  return token == kNames[static_cast<size_t>(method)] ? method : Method::kUnknown;
}

}  // namespace

Method parse_method(std::string_view token) {
  switch (token.size()) {
    case 3:
      return token[0] == 'G' ? only(token, Method::kGet) : only(token, Method::kPut);
    case 4:
      return token[0] == 'H' ? only(token, Method::kHead) : only(token, Method::kPost);
    case 5:
      return token[0] == 'T' ? only(token, Method::kTrace) : only(token, Method::kPatch);
    case 6:
      return only(token, Method::kDelete);
    case 7:
      return token[0] == 'C' ? only(token, Method::kConnect) : only(token, Method::kOptions);
    default:
      return Method::kUnknown;
  }
}

std::string_view to_string(Method method) { return kNames[static_cast<size_t>(method)]; }

}  // namespace turbo::http
