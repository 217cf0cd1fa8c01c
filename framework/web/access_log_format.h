// AccessLogFormatter: one request as one line of an access log.
//
//   common    127.0.0.1 - ada [06/Nov/1994:08:49:37 +0000] "GET /a?b HTTP/1.1" 200 13
//   combined  the same and  "https://example.org/" "curl/8.5"      referer and user agent
//   JSON      {"time":"1994-11-06T08:49:37.042Z","client":"127.0.0.1","user":"ada","method":"GET",
//              "target":"/a?b","protocol":"HTTP/1.1","status":200,"bytes":13,"duration_us":1042,
//              "host":"example.org","referer":"https://example.org/","user_agent":"curl/8.5",
//              "request_id":"5f2c","tls":"TLSv1.3","aborted":true}
//
// Times are UTC. Text that is empty is "-" in the first two and left out of JSON, as is "aborted"
// where the answer was complete. Everything else is in every JSON line:
//
//   time         when the request's head had arrived
//   client       the address of the other end of the connection
//   bytes        of the body, as handed to the connection: compressed, but without heads and chunk
//                framing. A client that leaves then has not taken all of them
//   duration_us  from `time` to the last byte's leaving the handler
//   tls          the protocol that was agreed on
//   aborted      the connection ended before the handler's answer did; the status is 499 if none
//                had been sent
//
// A client chooses most of these bytes, and none can forge a line or talk to a terminal: in the
// first two quotes and backslashes have a backslash, other bytes that are not printable ASCII are
// \xNN, as Apache writes them; a space in the user is "_". JSON keeps well-formed UTF-8; control
// characters are \u00NN, bytes that are no UTF-8 are U+FFFD.
//
// Owner:   a value, one a loop.
// Threads: one.
// Errors:  none.
// Limits:  kMaxFieldBytes of a field as it is written; a longer one is cut and ends with "...".
// Cost:    linear in the line; a date is formatted once a second. No allocation.
#ifndef TURBO_WEB_ACCESS_LOG_FORMAT_H_
#define TURBO_WEB_ACCESS_LOG_FORMAT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace turbo::web {

enum class AccessLogFormat : uint8_t { kCommon, kCombined, kJSON };

struct AccessRecord {
  std::chrono::sys_time<std::chrono::milliseconds> time{};
  std::string_view client;
  std::string_view user;
  std::string_view method;
  std::string_view target;
  std::string_view protocol;
  int status = 0;
  uint64_t bytes = 0;
  std::chrono::microseconds duration{0};
  std::string_view host;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view tls;
  bool aborted = false;
};

class AccessLogFormatter {
 public:
  static constexpr size_t kMaxFieldBytes = 2048;
  // Ten fields of text, and what stands between them.
  static constexpr size_t kMaxLineBytes = 10 * kMaxFieldBytes + 512;

  explicit AccessLogFormatter(AccessLogFormat format) : format_(format) {}

  // Writes the line and its "\n" to `out`, which has room for kMaxLineBytes. Returns its end.
  char* write(const AccessRecord& record, char* out);
  // The line that stands where `lines` are missing: "# 5 lines lost" or {"time":...,"lost":5}.
  char* write_loss(std::chrono::sys_time<std::chrono::milliseconds> time, uint64_t lines,
                   char* out);

 private:
  char* write_text(const AccessRecord& record, char* out);
  char* write_json(const AccessRecord& record, char* out);
  void set_second(std::chrono::sys_seconds second);

  const AccessLogFormat format_;
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, 26> text_time_;  // 06/Nov/1994:08:49:37 +0000
  std::array<char, 19> json_time_;  // 1994-11-06T08:49:37
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ACCESS_LOG_FORMAT_H_
