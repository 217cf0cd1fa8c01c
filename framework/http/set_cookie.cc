#include "framework/http/set_cookie.h"

#include <algorithm>
#include <array>

#include "framework/base/status.h"
#include "framework/http/date.h"
#include "framework/http/scan.h"

namespace turbo::http {
namespace {

// cookie-octet (RFC 6265 4.1.1).
bool is_cookie_octet(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

// av-octet (RFC 6265 4.1.1, erratum 3444): what an attribute's value may hold.
bool is_attribute_octet(char c) { return c >= 0x20 && c < 0x7f && c != ';'; }

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Labels of letters, digits and inner '-', as host names have them (RFC 1034 3.5, RFC 1123 2.1).
bool is_domain(std::string_view domain) {
  while (true) {
    const std::string_view label = domain.substr(0, domain.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; }))
      return false;
    if (label.size() == domain.size()) return true;
    domain.remove_prefix(label.size() + 1);
  }
}

// Browsers look at the prefixes in any case (rfc6265bis 5.7).
bool has_prefix(std::string_view name, std::string_view lower) {
  return name.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), name.begin(), [](char wanted, char c) {
           return wanted == (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
         });
}

// Each answers what is wrong, or nullptr.

const char* fault_of_pair(const SetCookie& cookie) {
  if (!is_token(cookie.name)) return "a cookie's name is a token (RFC 9110 5.6.2)";
  if (!std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_octet))
    return "a cookie's value is visible ASCII without '\"', ',', ';' and '\\': encode it";
  if (cookie.name.size() + cookie.value.size() > SetCookie::kMaxPairBytes)
    return "a cookie's name and value have 4096 bytes at most";
  return nullptr;
}

const char* fault_of_place(const SetCookie& cookie) {
  if (cookie.domain.size() > SetCookie::kMaxAttributeBytes ||
      cookie.path.size() > SetCookie::kMaxAttributeBytes)
    return "a cookie's domain and path have 1024 bytes at most";
  if (!cookie.domain.empty() && !is_domain(cookie.domain))
    return "a cookie's domain is a host name in ASCII, without a dot in front";
  if (!cookie.path.empty() && cookie.path.front() != '/')
    return "a cookie's path begins with '/', or browsers ignore it";
  if (!std::all_of(cookie.path.begin(), cookie.path.end(), is_attribute_octet))
    return "a cookie's path is printable ASCII without ';'";
  // Browsers trim it.
  if (cookie.path.ends_with(' ')) return "a cookie's path does not end with a space";
  return nullptr;
}

const char* fault_of_time(const SetCookie& cookie) {
  using std::chrono::sys_days;
  using std::chrono::year;
  constexpr sys_days kFirst = year(1601) / 1 / 1;
  constexpr sys_days kEnd = year(10000) / 1 / 1;
  if (cookie.expires && (*cookie.expires < kFirst || *cookie.expires >= kEnd))
    return "a cookie expires in the years 1601 to 9999";
  if (cookie.max_age && cookie.max_age->count() < 0)
    return "a cookie's age is not negative: zero removes it";
  return nullptr;
}

const char* fault_of_protection(const SetCookie& cookie) {
  if (cookie.same_site == SameSite::kNone && !cookie.secure)
    return "browsers ignore a cookie with SameSite=None that is not Secure";
  if (cookie.partitioned && !cookie.secure)
    return "browsers ignore a partitioned cookie that is not Secure";
  if (has_prefix(cookie.name, "__secure-") && !cookie.secure)
    return "a cookie named __Secure- has to be Secure";
  if (has_prefix(cookie.name, "__host-") &&
      (!cookie.secure || cookie.path != "/" || !cookie.domain.empty()))
    return "a cookie named __Host- has to be Secure, with the path / and no domain";
  return nullptr;
}

std::string_view text_of(SameSite same_site) {
  switch (same_site) {
    case SameSite::kStrict:
      return "; SameSite=Strict";
    case SameSite::kLax:
      return "; SameSite=Lax";
    case SameSite::kNone:
      return "; SameSite=None";
    case SameSite::kUnset:
      break;
  }
  return {};
}

}  // namespace

absl::StatusOr<std::string> format_set_cookie(const SetCookie& cookie) {
  for (const auto& fault_of : {fault_of_pair, fault_of_place, fault_of_time, fault_of_protection}) {
    if (const char* fault = fault_of(cookie))
      return make_status(absl::StatusCode::kInvalidArgument, fault);
  }
  constexpr size_t kFixedParts = 160;  // all attributes at once fit
  std::string field;
  field.reserve(cookie.name.size() + cookie.value.size() + cookie.domain.size() +
                cookie.path.size() + kFixedParts);
  field.append(cookie.name).append("=").append(cookie.value);
  if (!cookie.domain.empty()) field.append("; Domain=").append(cookie.domain);
  if (!cookie.path.empty()) field.append("; Path=").append(cookie.path);
  if (cookie.expires) {
    const std::array<char, 29> date = format_date(*cookie.expires);
    field.append("; Expires=").append(date.data(), date.size());
  }
  if (cookie.max_age) field.append("; Max-Age=").append(std::to_string(cookie.max_age->count()));
  if (cookie.secure) field.append("; Secure");
  if (cookie.http_only) field.append("; HttpOnly");
  field.append(text_of(cookie.same_site));
  if (cookie.partitioned) field.append("; Partitioned");
  return field;
}

}  // namespace turbo::http
