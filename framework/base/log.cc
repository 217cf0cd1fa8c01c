#include "framework/base/log.h"

#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>
#include <algorithm>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace turbo {
namespace {

constexpr size_t kQueueMessages = 8192;
// How long flush_log() waits in all, in steps, for a stderr that nobody reads: a program must be
// able to exit.
constexpr std::chrono::milliseconds kFlushStep{100};
constexpr int kFlushSteps = 30;

void write_stderr(const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(STDERR_FILENO, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody can be told that stderr is gone
    data += written;
    size -= static_cast<size_t>(written);
  }
}

// Writes to stderr on the logger's thread and tells flush_log() how far it has come.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  uint64_t flushes() {
    std::lock_guard lock(flush_mutex_);
    return flushes_;
  }

  // True if a flush later than number `seen` came within the time.
  bool wait_flush_after(uint64_t seen, std::chrono::milliseconds time) {
    std::unique_lock lock(flush_mutex_);
    return flushed_.wait_for(lock, time, [&] { return flushes_ > seen; });
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_stderr(line.data(), line.size());
  }

  void flush_() override {
    std::lock_guard lock(flush_mutex_);
    ++flushes_;
    flushed_.notify_all();
  }

 private:
  std::mutex flush_mutex_;
  std::condition_variable flushed_;
  uint64_t flushes_ = 0;
};

// Threads inherit the mask of the thread that makes them: a signal must go to the loop that waits
// for it.
class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

class StderrLog {
 public:
  StderrLog() {
    BlockSignals blocked;
    try {
      sink_ = std::make_shared<StderrSink>();
      pool_ = std::make_shared<spdlog::details::thread_pool>(kQueueMessages, size_t{1});
      logger_ = std::make_shared<spdlog::async_logger>(
          "turbo", sink_, pool_, spdlog::async_overflow_policy::overrun_oldest);
      logger_->set_level(spdlog::level::debug);
      logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    } catch (const std::exception&) {
      logger_.reset();  // no thread to be had: messages are written by who logs them
    }
  }

  void write(LogLevel level, std::string_view message) {
    if (logger_ != nullptr && thread_is_here()) {
      logger_->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
      return;
    }
    const std::string line = std::string(message) + "\n";
    write_stderr(line.data(), line.size());
  }

  void flush() {
    if (logger_ == nullptr || !thread_is_here()) return;
    std::lock_guard lock(flush_mutex_);
    report_dropped();
    // Asked again until answered: the request itself can fall out of a queue that overflows.
    const uint64_t seen = sink_->flushes();
    for (int step = 0; step < kFlushSteps; ++step) {
      logger_->flush();
      if (sink_->wait_flush_after(seen, kFlushStep)) return;
    }
  }

 private:
  // A fork() leaves the logger's thread behind: the child writes by itself and has nothing to wait
  // for.
  bool thread_is_here() const { return ::getpid() == process_; }

  void report_dropped() {
    const uint64_t dropped = pool_->overrun_counter();
    if (dropped == reported_) return;
    write(LogLevel::kWarning, std::to_string(dropped - reported_) + " log messages were dropped");
    reported_ = dropped;
  }

  const pid_t process_ = ::getpid();
  std::shared_ptr<StderrSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
  std::mutex flush_mutex_;
  uint64_t reported_ = 0;
};

// What log() needs of the process. Never destroyed: static destructors and late threads may still
// log.
struct LogState {
  std::atomic<LogLevel> level{LogLevel::kInfo};
  std::mutex mutex;
  std::shared_ptr<LogSink> sink;  // null: stderr
  std::unique_ptr<StderrLog> stderr_log;

  std::shared_ptr<LogSink> current_sink() {
    std::lock_guard lock(mutex);
    return sink;
  }

  StderrLog& start_stderr_log() {
    std::lock_guard lock(mutex);
    if (stderr_log == nullptr) {
      stderr_log = std::make_unique<StderrLog>();
      std::atexit(flush_log);
    }
    return *stderr_log;
  }
};

LogState& state() {
  static LogState* const state = new LogState;
  return *state;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Messages quote what strangers sent: a line break or an escape in it must not forge another line
// or reach a terminal.
std::string with_controls_escaped(std::string_view message) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string escaped;
  for (char c : message) {
    if (is_control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      escaped.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

void log(LogLevel level, std::string_view message) {
  LogState& log_state = state();
  if (level < log_state.level.load(std::memory_order_relaxed)) return;
  if (std::any_of(message.begin(), message.end(), is_control)) {
    return log(level, with_controls_escaped(message));
  }
  // The sink is called without the lock, so that it may log or set another sink.
  if (const std::shared_ptr<LogSink> sink = log_state.current_sink()) {
    (*sink)(level, message);
    return;
  }
  log_state.start_stderr_log().write(level, message);
}

void set_log_level(LogLevel level) { state().level.store(level, std::memory_order_relaxed); }

LogSink set_log_sink(LogSink sink) {
  std::shared_ptr<LogSink> next;
  if (sink) next = std::make_shared<LogSink>(std::move(sink));
  {
    std::lock_guard lock(state().mutex);
    std::swap(state().sink, next);
  }
  return next == nullptr ? LogSink() : *next;
}

void flush_log() {
  StderrLog* started = nullptr;
  {
    std::lock_guard lock(state().mutex);
    started = state().stderr_log.get();
  }
  if (started != nullptr) started->flush();
}

std::optional<uint64_t> LogLimiter::admit() {
  const int64_t now = clock_.now().time_since_epoch().count();
  int64_t next = next_ns_.load(std::memory_order_relaxed);
  // Of several threads that find the interval over, one wins the exchange and logs.
  if (now < next ||
      !next_ns_.compare_exchange_strong(next, now + interval_.count(), std::memory_order_relaxed)) {
    held_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return held_.exchange(0, std::memory_order_relaxed);
}

void log_limited(LogLevel level, std::string_view message, uint64_t held) {
  if (held == 0) return log(level, message);
  log(level, std::string(message) + " (" + std::to_string(held) + " similar messages held back)");
}

}  // namespace turbo
