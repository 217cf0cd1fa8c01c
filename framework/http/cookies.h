// Cookies of a request, read as RFC 6265 section 5.4 writes them.
//
// Owner:   views into the field's value.
// Threads: any.
// Errors:  pairs without '=' and with empty names are skipped, as browsers' own servers do.
// Limits:  the parser's header limits bound the input; iteration is linear (no quadratic
//          unquoting).
// Cost:    no allocation.
#ifndef TURBO_HTTP_COOKIES_H_
#define TURBO_HTTP_COOKIES_H_

#include <optional>
#include <string_view>

namespace turbo::http {

struct Cookie {
  std::string_view name;
  std::string_view value;  // without surrounding double quotes
};

// Goes through "a=1; b=2".
class CookieReader {
 public:
  explicit CookieReader(std::string_view field_value) : rest_(field_value) {}
  std::optional<Cookie> next();

 private:
  std::string_view rest_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_COOKIES_H_
