// SetCookie: a cookie with its attributes, as the value of a Set-Cookie field (RFC 6265 4.1, and
// draft-ietf-httpbis-rfc6265bis for SameSite and the name prefixes).
//
//   const auto field = format_set_cookie({.name = "id", .value = token, .path = "/",
//                                         .secure = true, .http_only = true,
//                                         .same_site = SameSite::kLax});
//   if (field.ok()) response.add_header("Set-Cookie", *field);      // one field a cookie
//
// Nothing is encoded on the way: what a cookie cannot carry is refused, and the caller chooses how
// to write it (base64url_encode() of crypto suits all bytes).
//
// Owner:   views; the result is a string.
// Threads: any.
// Errors:  kInvalidArgument with the reason for what would break the field apart (HTTP-9) and for
//          what browsers throw away without a word.
// Limits:  name and value together 4,096 bytes, path and domain 1,024 each: browsers keep no more.
// Cost:    one string.
#ifndef TURBO_HTTP_SET_COOKIE_H_
#define TURBO_HTTP_SET_COOKIE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace turbo::http {

// Whether the cookie goes along with requests that another site caused. kUnset writes nothing,
// which most browsers read as kLax.
enum class SameSite : uint8_t { kUnset, kStrict, kLax, kNone };

struct SetCookie {
  static constexpr size_t kMaxPairBytes = 4096;
  static constexpr size_t kMaxAttributeBytes = 1024;

  std::string_view name;   // a token
  std::string_view value;  // visible ASCII but '"' ',' ';' '\'; may be empty
  // Empty: this host alone; else this host and all below it. Without a dot in front.
  std::string_view domain;
  std::string_view path;  // empty: the folder of the request's path
  // Neither: until the browser is closed. Max-Age is the stronger; zero removes the cookie.
  std::optional<std::chrono::sys_seconds> expires;  // years 1601 to 9999
  std::optional<std::chrono::seconds> max_age;
  bool secure = false;     // only over TLS
  bool http_only = false;  // not for scripts
  SameSite same_site = SameSite::kUnset;
  bool partitioned = false;  // a jar of its own for each site that embeds this one
};

absl::StatusOr<std::string> format_set_cookie(const SetCookie& cookie);

}  // namespace turbo::http

#endif  // TURBO_HTTP_SET_COOKIE_H_
