// Logging: one front for the framework's own few messages.
//
// The framework logs what somebody must act on, once, where it is decided. Messages go to an
// asynchronous spdlog logger on stderr; a program may send them elsewhere with set_log_sink().
//
//   log(LogLevel::kWarning, absl::StrCat("accept failed: ", why));
//
//   static LogLimiter limiter(std::chrono::minutes(1));
//   if (auto held = limiter.admit()) log_limited(LogLevel::kWarning, "out of descriptors", *held);
//
// Owner:   process-wide; the logger's thread starts at the first message, with all signals blocked.
// Threads: any.
// Errors:  a message that does not fit the queue is dropped and counted, never waited for.
// Limits:  queue of 8,192 messages.
// Cost:    never on a request's path. A limiter that refuses costs one relaxed atomic load and a
//          clock read.
#ifndef TURBO_BASE_LOG_H_
#define TURBO_BASE_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "framework/base/clock.h"

namespace turbo {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// Control bytes are shown as \xNN: a message is one line whatever it quotes.
void log(LogLevel level, std::string_view message);

// Messages below `level` are dropped. Default: kInfo.
void set_log_level(LogLevel level);

using LogSink = std::function<void(LogLevel, std::string_view)>;

// Sends every message to `sink`, on the thread that logs, instead of stderr; an empty sink restores
// stderr. Returns the sink that was set before. Tests use it to fail on messages they do not
// expect.
LogSink set_log_sink(LogSink sink);

// Waits until every message logged so far has been written, at most three seconds: a stderr that
// nobody reads must not keep a program from ending. At exit() it is called by itself.
void flush_log();

// Admits one message an interval and counts the ones held back.
class LogLimiter {
 public:
  explicit LogLimiter(Duration interval, const Clock& clock = Clock::steady())
      : interval_(interval), clock_(clock) {}

  // The number of messages held back since the last one admitted, or nullopt: hold this one back
  // too.
  std::optional<uint64_t> admit();

 private:
  const Duration interval_;
  const Clock& clock_;
  std::atomic<int64_t> next_ns_{INT64_MIN};
  std::atomic<uint64_t> held_{0};
};

// log() with " (N similar messages held back)" added when `held` is not 0.
void log_limited(LogLevel level, std::string_view message, uint64_t held);

}  // namespace turbo

#endif  // TURBO_BASE_LOG_H_
