#include "framework/http2/message_rules.h"

#include <algorithm>
#include <string_view>

namespace turbo::http2 {
namespace {

std::string_view find(std::span<const http::Field> fields, std::string_view name) {
  for (const http::Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

// A fragment is the client's own affair, and bytes outside of ASCII are to be percent-encoded: the
// same as in HTTP/1.1.
bool is_path(std::string_view path) {
  bool good = !path.empty();
  for (const char c : path) good &= c > 0x20 && c < 0x7f && c != '#';
  return good;
}

bool is_http(std::string_view scheme) {
  if (scheme == "https" || scheme == "http") return true;
  return http::equals_ignore_case(scheme, "https") || http::equals_ignore_case(scheme, "http");
}

}  // namespace

bool is_valid_request(const Head& head) {
  const std::string_view host = find(head.fields, "host");
  const std::string_view authority = head.authority.empty() ? host : head.authority;
  if (!host.empty() && !http::equals_ignore_case(host, authority)) return false;
  if (authority.find('@') != std::string_view::npos) return false;
  // CONNECT without :protocol has neither scheme nor path, which nghttp2 sees to.
  const bool plain_connect = head.method == "CONNECT" && head.protocol.empty();
  if (plain_connect) return !authority.empty();
  if (authority.empty() && is_http(head.scheme)) return false;
  return is_path(head.path);
}

bool is_valid_response(const Head& head) { return head.status >= 100; }

bool are_valid_trailers(std::span<const http::Field> trailers) {
  return std::none_of(trailers.begin(), trailers.end(), [](const http::Field& field) {
    return field.name == "content-length" || field.name == "host";
  });
}

}  // namespace turbo::http2
