// HTTP dates (RFC 9110 5.6.7), written and read; and the lines all responses share, the Date field
// among them, written at most once a second.
//
// Owner:   values; of CommonLines one per loop.
// Threads: any; CommonLines one.
// Errors:  nullopt for what is no date.
// Limits:  none.
// Cost:    a comparison; once a second a formatting. No time zone, no locale, no system call beyond
//          the clock.
#ifndef TURBO_HTTP_DATE_H_
#define TURBO_HTTP_DATE_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace turbo::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7), always 29 bytes. Valid for years 1 to 9999.
std::array<char, 29> format_date(std::chrono::sys_seconds time);

// Reads the three forms a recipient must know:
//
//   Sun, 06 Nov 1994 08:49:37 GMT      what is sent today
//   Sunday, 06-Nov-94 08:49:37 GMT     RFC 850: two digits of the year
//   Sun Nov  6 08:49:37 1994           asctime()
//
// Strictly: letters in their case, days that exist; the day's name is not compared with the date. A
// leap second counts as the one before it. Two digits mean the year that ends so and is at most 50
// years after `now`; without `now` the wall clock is asked, for that form alone.
std::optional<std::chrono::sys_seconds> parse_date(
    std::string_view text, std::optional<std::chrono::sys_seconds> now = std::nullopt);

// How nearly every response begins, as it stands on the wire: the status line of 200, the Server
// line and the Date line.
class CommonLines {
 public:
  static constexpr std::string_view kStatusLine = "HTTP/1.1 200 OK\r\n";

  // An empty `server`: no Server line.
  explicit CommonLines(std::string_view server);

  // "HTTP/1.1 200 OK\r\nServer: turbo\r\nDate: ...\r\n". `monotonic`: the loop's time. The wall
  // clock is read when it has moved to another 100 ms than last time.
  std::string_view get(std::chrono::nanoseconds monotonic) {
    if (monotonic >= look_at_) [[unlikely]]
      refresh(monotonic);
    return lines_;
  }
  // The same as it was when get() was called last.
  std::string_view lines() const { return lines_; }
  // How many of those bytes are the Server line.
  size_t server_bytes() const { return server_bytes_; }
  // The values in it alone, as get() left them; no Server: empty.
  std::string_view server() const {
    if (server_bytes_ == 0) return {};
    return std::string_view(lines_).substr(kStatusLine.size() + kServerName.size(),
                                           server_bytes_ - kServerName.size() - kLineEndBytes);
  }
  std::string_view date() const {
    return std::string_view(lines_).substr(lines_.size() - kLineEndBytes - kDateBytes, kDateBytes);
  }

 private:
  static constexpr std::string_view kServerName = "Server: ";
  static constexpr size_t kDateBytes = 29;
  static constexpr size_t kLineEndBytes = 2;

  void refresh(std::chrono::nanoseconds monotonic);

  std::string lines_;
  size_t server_bytes_ = 0;
  std::chrono::nanoseconds look_at_ = std::chrono::nanoseconds::min();
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_DATE_H_
