// AccessLog: a line for each request, written by a thread of its own, never by the loops.
//
//   auto log = web::AccessLog::open({.path = "access.log", .format = AccessLogFormat::kJSON});
//   if (!log.ok()) return log.status();
//   web::LoggedService logged(app, **log);              // any Service
//   HTTPServer server(shards.loops(), logged);
//
// or ServeOptions::access_log for web::serve(), which reopens the file at SIGHUP (logrotate).
//
// Each loop formats into a buffer of its own and hands it over when it is full or flush_interval
// old. A line is made when the answer has ended, whoever gave it (handlers, 404, the pages for
// errors), or when the connection ends before the answer does. access_log_format.h has the formats.
//
// Owner:   the program; outlives the server, whose end hands over what the loops still hold. The
//          destructor then waits, at most three seconds, until it is written.
// Threads: open(), reopen() and lost() from any; an AccessLogger belongs to its loop.
// Errors:  open() and reopen() answer a status. A disk that is full, or a reader of stderr that
//          stands still, never holds a request up: lines that do not fit are dropped, counted, and
//          their number is told in the log where they would stand.
// Limits:  max_waiting_bytes in all, beyond the 64 KiB that each loop fills. Fields of a line are
//          cut, see access_log_format.h.
// Cost:    about a microsecond a request: a fifth of it for the line, the rest for asking the
//          client's address and the time, and for looking at the answer. No allocation and no lock;
//          a lock a batch (benchmarks/micro/access_log_benchmark.cc).
#ifndef TURBO_WEB_ACCESS_LOG_H_
#define TURBO_WEB_ACCESS_LOG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/clock.h"
#include "framework/http/forwarded.h"
#include "framework/loop/io_loop.h"
#include "framework/server/dispatcher.h"
#include "framework/server/exchange.h"
#include "framework/web/access_log_format.h"
#include "framework/web/access_log_sink.h"

namespace turbo::web {

struct AccessLogOptions {
  std::string path;  // empty: stderr
  AccessLogFormat format = AccessLogFormat::kCombined;
  // How long a line may wait in its loop's buffer. Longer saves little: a write a second is cheap.
  Duration flush_interval = std::chrono::seconds(1);
  // Outlasts a disk that stands still for a moment: 100,000 lines.
  size_t max_waiting_bytes = size_t{16} << 20;
  // Whose word counts about the client's address; give it the application's.
  http::TrustedProxies trusted_proxies;
  // The answer's field that holds the request's id.
  std::string request_id_field = "X-Request-ID";
  // The user who was verified, as what the dispatcher attached tells; valid until the next call.
  // Asked when the answer ends, not for one that was given up. Null: none, or for web::serve()
  // authenticated_user_of().
  std::string_view (*user_of)(Exchange&) = nullptr;
};

class AccessLog {
 public:
  // Creates the file if there is none, readable by owner and group.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<AccessLog>> open(
      AccessLogOptions options = {});
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Opens the path again, after it was renamed: lines that have not been written yet go there. If
  // that fails the old file stays in use.
  [[nodiscard]] absl::Status reopen() { return sink_->reopen(); }

  // Lines lost so far.
  uint64_t lost() const { return sink_->lost(); }

  const AccessLogOptions& options() const { return options_; }

 private:
  friend class AccessLogger;
  AccessLog(AccessLogOptions options, std::unique_ptr<AccessLogSink> sink);

  const AccessLogOptions options_;
  std::unique_ptr<AccessLogSink> sink_;
};

// One loop's part: for dispatchers that are not served through a LoggedService.
class AccessLogger {
 public:
  AccessLogger(AccessLog& log, IOLoop& loop);
  AccessLogger(const AccessLogger&) = delete;
  AccessLogger& operator=(const AccessLogger&) = delete;
  // Hands over what it holds. Requires: no exchange it watches is left.
  ~AccessLogger();

  // Logs the exchange when it ends. First thing in on_head(): what is added to an exchange later
  // (compression) changes the bytes before they are counted.
  void watch(Exchange& exchange);

 private:
  class Filter;

  void add(AccessRecord& record, TimePoint begun);
  bool hand_over();
  void arm_flush();
  std::chrono::sys_time<std::chrono::milliseconds> wall_time(TimePoint time);

  AccessLog& log_;
  IOLoop& loop_;
  AccessLogFormatter formatter_;
  AccessLogBatch batch_;
  uint64_t lost_ = 0;  // lines that belong behind batch_
  TimerHandle flush_timer_;
  bool flush_armed_ = false;
  // The wall clock is asked once a second; in between the loop's time says how late it is.
  std::chrono::nanoseconds wall_offset_{0};
  TimePoint ask_wall_at_ = TimePoint::min();
};

// Has the exchanges of another service logged.
class LoggedService final : public Service {
 public:
  // Both outlive the server.
  LoggedService(Service& service, AccessLog& log) : service_(service), log_(log) {}
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override;

 private:
  Service& service_;
  AccessLog& log_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ACCESS_LOG_H_
