#include "framework/base/log.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace turbo {
namespace {

using Logged = std::vector<std::pair<LogLevel, std::string>>;

// Collects what is logged while it lives.
class Collector {
 public:
  Collector() {
    before_ = set_log_sink(
        [this](LogLevel level, std::string_view message) { logged.emplace_back(level, message); });
  }
  ~Collector() { set_log_sink(std::move(before_)); }
  Logged logged;

 private:
  LogSink before_;
};

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time{};
};

TEST(LogTest, a_sink_gets_level_and_message) {
  Collector collector;
  log(LogLevel::kError, "it broke");
  EXPECT_EQ(collector.logged, (Logged{{LogLevel::kError, "it broke"}}));
}

TEST(LogTest, control_bytes_cannot_forge_a_line) {
  std::string seen;
  LogSink before = set_log_sink([&](LogLevel, std::string_view message) { seen = message; });
  log(LogLevel::kError, "path /a\r\nforged \x1b[31m\x7f end");
  set_log_sink(std::move(before));
  EXPECT_EQ(seen, "path /a\\x0d\\x0aforged \\x1b[31m\\x7f end");
}

TEST(LogTest, messages_below_the_level_are_dropped) {
  Collector collector;
  log(LogLevel::kDebug, "unasked for");
  set_log_level(LogLevel::kWarning);
  log(LogLevel::kInfo, "below");
  log(LogLevel::kWarning, "at");
  set_log_level(LogLevel::kInfo);
  EXPECT_EQ(collector.logged, (Logged{{LogLevel::kWarning, "at"}}));
}

TEST(LogTest, setting_a_sink_returns_the_one_before) {
  int first = 0;
  EXPECT_FALSE(set_log_sink([&](LogLevel, std::string_view) { ++first; }));
  LogSink before = set_log_sink(nullptr);
  ASSERT_TRUE(before);
  before(LogLevel::kInfo, "");
  EXPECT_EQ(first, 1);
}

TEST(LogTest, a_sink_may_log_itself) {
  int calls = 0;
  set_log_sink([&](LogLevel level, std::string_view) {
    if (++calls == 1) log(level, "again");
  });
  log(LogLevel::kInfo, "once");
  set_log_sink(nullptr);
  EXPECT_EQ(calls, 2);
}

TEST(LogTest, a_limiter_admits_one_an_interval_and_counts_the_rest) {
  FakeClock clock;
  LogLimiter limiter(std::chrono::seconds(60), clock);
  EXPECT_EQ(limiter.admit(), 0u);
  EXPECT_EQ(limiter.admit(), std::nullopt);
  clock.time += std::chrono::seconds(60) - Duration(1);
  EXPECT_EQ(limiter.admit(), std::nullopt);
  clock.time += Duration(1);
  EXPECT_EQ(limiter.admit(), 2u);
  EXPECT_EQ(limiter.admit(), std::nullopt);
}

TEST(LogTest, held_back_messages_are_told_with_the_next) {
  Collector collector;
  log_limited(LogLevel::kWarning, "full", 0);
  log_limited(LogLevel::kWarning, "full", 3);
  EXPECT_EQ(collector.logged,
            (Logged{{LogLevel::kWarning, "full"},
                    {LogLevel::kWarning, "full (3 similar messages held back)"}}));
}

TEST(LogTest, flush_waits_until_stderr_has_it) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) log(LogLevel::kWarning, "message " + std::to_string(i));
  flush_log();
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_NE(written.find("warning"), written.npos);
  EXPECT_NE(written.find("message 0\n"), written.npos);
  EXPECT_NE(written.find("message 999\n"), written.npos);
}

// The logger's thread stays behind with the parent.
TEST(LogTest, a_forked_child_logs_and_exits) {
  testing::internal::CaptureStderr();
  log(LogLevel::kWarning, "the parent's");
  flush_log();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a child that waits for the thread would never end
    log(LogLevel::kWarning, "the child's");
    std::exit(7);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the child's\n"), std::string::npos);
}

// Spec section 5: signals are blocked in the logger's thread too.
TEST(LogTest, the_loggers_thread_has_every_signal_blocked) {
  testing::internal::CaptureStderr();
  log(LogLevel::kWarning, "start");
  flush_log();
  testing::internal::GetCapturedStderr();
  int others = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(getpid())) continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      const unsigned long long blocked = std::stoull(line.substr(7), nullptr, 16);
      for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1}) {
        EXPECT_TRUE(blocked >> (signal - 1) & 1) << signal;
      }
      ++others;
    }
  }
  EXPECT_GE(others, 1);
}

}  // namespace
}  // namespace turbo
