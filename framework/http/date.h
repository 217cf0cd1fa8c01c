// HttpDate: the Date field, written at most once a second.
//
// Owner:   one per loop. Threads: one. Errors: none. Limits: none.
// Cost:    a comparison; once a second a formatting. No time zone, no locale, no system call beyond
// the clock.
#ifndef TURBO_HTTP_DATE_H_
#define TURBO_HTTP_DATE_H_

#include <array>
#include <chrono>
#include <string_view>

namespace turbo::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7), always 29 bytes. Valid for years 1 to 9999.
std::array<char, 29> format_date(std::chrono::sys_seconds time);

class DateCache {
 public:
  // `monotonic`: the loop's time. The wall clock is read when it has moved to another 100 ms than
  // last time.
  std::string_view get(std::chrono::nanoseconds monotonic);

 private:
  std::array<char, 29> text_{};
  std::chrono::sys_seconds shown_{};
  std::chrono::nanoseconds read_at_{-1};
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_DATE_H_
