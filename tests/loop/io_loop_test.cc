#include "framework/loop/io_loop.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "framework/base/fd.h"
#include "tests/loop/manual_clock.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int open_descriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

class NotedCompletion final : public Completion {
 public:
  explicit NotedCompletion(Callback on_complete) : on_complete_(std::move(on_complete)) {}
  void complete() override { on_complete_(); }

 private:
  Callback on_complete_;
};

class NotedFlushable final : public Flushable {
 public:
  explicit NotedFlushable(Callback on_flush) : on_flush_(std::move(on_flush)) {}
  void flush() override { on_flush_(); }

 private:
  Callback on_flush_;
};

class NotedDeletable final : public Deletable {
 public:
  explicit NotedDeletable(Callback on_delete) : on_delete_(std::move(on_delete)) {}
  ~NotedDeletable() override { on_delete_(); }

 private:
  Callback on_delete_;
};

class IOLoopTest : public ::testing::Test {
 protected:
  Callback note(std::string what) {
    return [this, what = std::move(what)] { order_.push_back(what); };
  }
  std::unique_ptr<Deletable> noted_deletable(std::string what) {
    return std::make_unique<NotedDeletable>(note(std::move(what)));
  }

  ManualClock clock_;
  IOLoop loop_{{.clock = &clock_}};
  std::vector<std::string> order_;
};

// LOOP-6
TEST_F(IOLoopTest, runs_its_phases_in_order) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  UniqueFd reader(pipe_ends[0]), writer(pipe_ends[1]);
  NotedCompletion completion(note("completion"));
  NotedFlushable flush(note("flush"));
  ASSERT_TRUE(loop_
                  .add_handler(writer.get(), kWritable,
                               [&](int, uint32_t) {
                                 loop_.delete_later(noted_deletable("delete"));
                                 loop_.schedule(flush);
                                 loop_.schedule(completion);
                                 loop_.call_later(Duration::zero(), note("timer of the next"));
                                 loop_.add_callback(note("post of the next"));
                                 order_.push_back("event");
                                 loop_.remove_handler(writer.get());
                               })
                  .ok());
  loop_.call_later(Duration::zero(), note("timer"));
  loop_.add_callback(note("post"));
  loop_.run_once();
  EXPECT_EQ(order_,
            (std::vector<std::string>{"post", "timer", "event", "completion", "flush", "delete"}));
  order_.clear();
  loop_.run_once();
  EXPECT_EQ(order_, (std::vector<std::string>{"post of the next", "timer of the next"}));
}

// 11.4 add_callback_return_sequence, LOOP-6: no starvation of I/O by posts that post.
TEST_F(IOLoopTest, a_post_of_a_post_runs_in_the_next_iteration) {
  loop_.add_callback([this] {
    order_.push_back("first");
    loop_.add_callback(note("second"));
  });
  loop_.run_once();
  EXPECT_EQ(order_, std::vector<std::string>{"first"});
  EXPECT_EQ(loop_.pending_callbacks(), 1u);
  loop_.run_once();
  EXPECT_EQ(order_, (std::vector<std::string>{"first", "second"}));
}

// IOS 3.1: FIFO, budgeted, chains included.
TEST_F(IOLoopTest, completions_run_in_order_up_to_the_budget_and_then_wait_for_io) {
  IOLoop loop({.clock = &clock_, .completion_budget = 3});
  std::vector<int> seen;
  std::vector<std::unique_ptr<NotedCompletion>> completions;
  for (int i = 0; i < 4; ++i) {
    completions.push_back(std::make_unique<NotedCompletion>([&seen, i] { seen.push_back(i); }));
    loop.schedule(*completions.back());
    loop.schedule(*completions.back());  // queued once
  }
  loop.run_once();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
  loop.run_once(seconds(5));
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_TRUE(clock_.waits().empty()) << "slept over a completion";
}

TEST_F(IOLoopTest, a_chain_of_completions_starves_nobody) {
  int steps = 0;
  NotedCompletion* self = nullptr;
  NotedCompletion endless([&] {
    ++steps;
    loop_.schedule(*self);
  });
  self = &endless;
  loop_.schedule(endless);
  loop_.add_callback(note("post"));
  loop_.run_once();
  EXPECT_EQ(steps, 1024);
  loop_.add_callback(note("post"));
  loop_.run_once();
  EXPECT_EQ(order_.size(), 2u);
  EXPECT_EQ(loop_.counters().completions, 2048u);
}

TEST_F(IOLoopTest, a_completion_that_dies_leaves_the_queue) {
  auto doomed = std::make_unique<NotedCompletion>([] { ADD_FAILURE(); });
  NotedCompletion killer([&] { doomed.reset(); });
  loop_.schedule(killer);
  loop_.schedule(*doomed);
  loop_.run_once();
  EXPECT_EQ(doomed, nullptr);
}

TEST_F(IOLoopTest, a_flush_scheduled_by_a_flush_runs_in_the_next_iteration) {
  NotedFlushable second(note("second"));
  NotedFlushable first([&] {
    order_.push_back("first");
    loop_.schedule(second);
    loop_.schedule(first);
  });
  loop_.schedule(first);
  loop_.run_once();
  EXPECT_EQ(order_, std::vector<std::string>{"first"});
  loop_.run_once(seconds(1));
  EXPECT_EQ(order_, (std::vector<std::string>{"first", "second", "first"}));
  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(IOLoopTest, a_flushable_destroyed_by_another_flush_leaves_the_queue) {
  auto doomed = std::make_unique<NotedFlushable>([] { ADD_FAILURE(); });
  NotedFlushable killer([&] { doomed.reset(); });
  loop_.schedule(killer);
  loop_.schedule(*doomed);
  loop_.run_once();
  EXPECT_EQ(doomed, nullptr);
}

TEST_F(IOLoopTest, deletes_in_order_also_what_a_destructor_hands_over) {
  loop_.delete_later(std::make_unique<NotedDeletable>([this] {
    order_.push_back("first");
    loop_.delete_later(noted_deletable("third"));
  }));
  loop_.delete_later(noted_deletable("second"));
  EXPECT_TRUE(order_.empty());
  loop_.run_once(seconds(1));
  EXPECT_EQ(order_, (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_TRUE(clock_.waits().empty());
}

// LOOP-5: each kind of callback may throw; the others and the loop go on.
TEST_F(IOLoopTest, an_exception_goes_to_the_hook_and_ends_nothing_else) {
  std::vector<std::string> caught;
  loop_.set_exception_hook([&](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::runtime_error& error) {
      caught.push_back(error.what());
    }
  });
  const auto throwing = [](const char* what) { return [what] { throw std::runtime_error(what); }; };
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  UniqueFd reader(pipe_ends[0]), writer(pipe_ends[1]);
  NotedCompletion completion(throwing("completion")), good_completion(note("completion"));
  NotedFlushable flush(throwing("flush")), good_flush(note("flush"));
  loop_.add_callback(throwing("post"));
  loop_.add_callback(note("post"));
  loop_.call_later(Duration::zero(), throwing("timer"));
  loop_.call_later(Duration::zero(), note("timer"));
  ASSERT_TRUE(loop_
                  .add_handler(writer.get(), kWritable,
                               [](int, uint32_t) { throw std::runtime_error("event"); })
                  .ok());
  loop_.schedule(completion);
  loop_.schedule(good_completion);
  loop_.schedule(flush);
  loop_.schedule(good_flush);
  loop_.run_once();
  EXPECT_EQ(caught, (std::vector<std::string>{"post", "timer", "event", "completion", "flush"}));
  EXPECT_EQ(order_, (std::vector<std::string>{"post", "timer", "completion", "flush"}));
  EXPECT_EQ(loop_.counters().exceptions, 5u);
  loop_.run_once();
  EXPECT_EQ(caught.size(), 6u) << "a handler that threw stays registered";
  loop_.remove_handler(writer.get());
}

// 11.4 exception_logging
TEST_F(IOLoopTest, without_a_hook_an_exception_is_logged) {
  std::vector<std::string> lines;
  LogSink before = set_log_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  loop_.add_callback([] { throw std::runtime_error("the reason"); });
  loop_.add_callback([] { throw 5; });
  loop_.run_once();
  set_log_sink(std::move(before));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("the reason"), std::string::npos);
}

TEST_F(IOLoopTest, a_hook_that_throws_is_logged_too) {
  std::vector<std::string> lines;
  LogSink before = set_log_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  loop_.set_exception_hook([](std::exception_ptr) { throw std::runtime_error("the hook's"); });
  loop_.add_callback([] { throw 5; });
  loop_.run_once();
  set_log_sink(std::move(before));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("the hook's"), std::string::npos);
}

// 11.4 Periodic: an interval survives its exceptions.
TEST_F(IOLoopTest, an_interval_that_throws_goes_on) {
  int ticks = 0;
  loop_.set_exception_hook([](std::exception_ptr) {});
  loop_.call_every(milliseconds(10), [&] {
    ++ticks;
    throw std::runtime_error("x");
  });
  for (int i = 0; i < 3; ++i) {
    clock_.advance(milliseconds(10));
    loop_.run_once();
  }
  EXPECT_EQ(ticks, 3);
}

// The poll sleeps to the next deadline and no longer than asked; the time that posts took counts.
TEST_F(IOLoopTest, a_poll_waits_until_the_next_deadline) {
  loop_.call_later(milliseconds(30), note("timer"));
  loop_.run_once(milliseconds(20));
  loop_.run_once(seconds(1));
  EXPECT_EQ(clock_.waits(), (std::vector<Duration>{milliseconds(20), milliseconds(30)}));
}

TEST_F(IOLoopTest, the_time_that_posts_take_shortens_the_wait) {
  ManualClock clock(ManualClock::Sleeping::kPasses);
  IOLoop loop({.clock = &clock});
  loop.call_later(milliseconds(30), [&] { loop.stop(); });
  loop.add_callback([&] { clock.advance(milliseconds(12)); });
  loop.start();
  EXPECT_EQ(clock.waits(), std::vector<Duration>{milliseconds(18)});
}

// The caller sees what a post or a timer did before anybody sleeps over it.
TEST_F(IOLoopTest, run_once_does_not_wait_when_posts_or_timers_ran) {
  loop_.add_callback(note("post"));
  loop_.run_once(seconds(1));
  loop_.call_later(Duration::zero(), note("timer"));
  loop_.run_once(seconds(1));
  EXPECT_TRUE(clock_.waits().empty());
  EXPECT_EQ(order_, (std::vector<std::string>{"post", "timer"}));
}

// Nothing spins: a loop that waits for a timer polls once for it.
TEST_F(IOLoopTest, an_idle_loop_sleeps_from_timer_to_timer) {
  ManualClock clock(ManualClock::Sleeping::kPasses);
  IOLoop loop({.clock = &clock});
  int ticks = 0;
  loop.call_every(milliseconds(10), [&] {
    if (++ticks == 100) loop.stop();
  });
  loop.start();
  EXPECT_EQ(ticks, 100);
  EXPECT_LE(loop.counters().iterations, 102u);
  EXPECT_EQ(loop.counters().wakeups, 0u);
}

TEST_F(IOLoopTest, time_stands_still_within_an_iteration_and_is_the_clocks_outside) {
  const TimePoint begin = loop_.time();
  clock_.advance(milliseconds(5));
  EXPECT_EQ(loop_.time(), begin + milliseconds(5));
  loop_.add_callback([&] {
    clock_.advance(milliseconds(5));
    EXPECT_EQ(loop_.time(), begin + milliseconds(5));
  });
  NotedCompletion completion([&] { EXPECT_EQ(loop_.time(), begin + milliseconds(10)); });
  loop_.schedule(completion);
  loop_.run_once();
}

// The stall monitor: counted each time, logged at most once a second.
TEST_F(IOLoopTest, an_iteration_above_the_threshold_is_counted_and_logged_once_a_second) {
  std::vector<std::string> lines;
  LogSink before = set_log_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  const auto iterate_for = [this](Duration post_time, Duration completion_time) {
    NotedCompletion completion([&] { clock_.advance(completion_time); });
    loop_.schedule(completion);
    loop_.add_callback([&] { clock_.advance(post_time); });
    loop_.run_once();
  };
  iterate_for(milliseconds(50), milliseconds(50));
  EXPECT_EQ(loop_.counters().stalls, 0u);
  iterate_for(milliseconds(50), milliseconds(51));
  iterate_for(milliseconds(150), milliseconds(3));
  EXPECT_EQ(loop_.counters().stalls, 2u);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("101 ms"), std::string::npos) << lines[0];
  clock_.advance(seconds(1));
  iterate_for(milliseconds(150), milliseconds(3));
  set_log_sink(std::move(before));
  EXPECT_EQ(loop_.counters().stalls, 3u);
  EXPECT_EQ(lines.size(), 2u);
}

// What a poll sleeps is no stall.
TEST_F(IOLoopTest, sleeping_is_no_stall) {
  ManualClock clock(ManualClock::Sleeping::kPasses);
  IOLoop loop({.clock = &clock});
  loop.call_later(seconds(10), [&] { loop.stop(); });
  loop.start();
  EXPECT_EQ(loop.counters().stalls, 0u);
}

TEST_F(IOLoopTest, a_threshold_of_zero_turns_the_stall_monitor_off) {
  IOLoop loop({.clock = &clock_, .stall_threshold = Duration::zero()});
  loop.add_callback([this] { clock_.advance(seconds(3)); });
  loop.run_once();
  EXPECT_EQ(loop.counters().stalls, 0u);
}

// 11.4 remove_timeout_after_fire, remove_timeout_from_timeout
TEST_F(IOLoopTest, timers_are_cancelled_through_the_loop) {
  const TimerHandle first = loop_.call_at(loop_.time(), note("first"));
  TimerHandle third;
  loop_.call_later(Duration::zero(), [&] { EXPECT_TRUE(loop_.cancel(third)); });
  third = loop_.call_later(Duration::zero(), note("third"));
  EXPECT_EQ(loop_.armed_timers(), 3u);
  loop_.run_once();
  EXPECT_FALSE(loop_.cancel(first));
  EXPECT_EQ(order_, std::vector<std::string>{"first"});
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

// LOOP-9: the destructor frees what it holds and calls nothing, and what captures do in their
// destructors is right.
TEST_F(IOLoopTest, its_end_destroys_callbacks_uncalled_and_closes_its_descriptors) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC));
  const int before = open_descriptors();
  int destroyed = 0;
  {
    IOLoop loop;
    auto capture = std::shared_ptr<int>(new int, [&](int* number) {
      ++destroyed;
      loop.add_callback([] { ADD_FAILURE(); });
      loop.call_later(Duration::zero(), [] { ADD_FAILURE(); });
      delete number;
    });
    loop.add_callback([capture] { ADD_FAILURE(); });
    loop.call_later(Duration::zero(), [capture] { ADD_FAILURE(); });
    loop.call_every(milliseconds(1), [capture] { ADD_FAILURE(); });
    ASSERT_TRUE(loop.add_handler(event.get(), kReadable, [capture](int, uint32_t) {}).ok());
    EXPECT_GT(open_descriptors(), before);
  }
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(IOLoopOwnTest, an_exception_hook_may_replace_itself) {
  IOLoop loop;
  auto token = std::make_shared<int>(5);
  int seen = 0;
  loop.set_exception_hook([&loop, token, &seen](std::exception_ptr) {
    loop.set_exception_hook([&seen](std::exception_ptr) { seen = 6; });
    seen = *token;
  });
  loop.add_callback([] { throw 1; });
  loop.run_once();
  EXPECT_EQ(seen, 5);
  loop.add_callback([] { throw 1; });
  loop.run_once();
  EXPECT_EQ(seen, 6);
}

TEST(IOLoopOwnTest, blocks_sigpipe_on_its_thread_when_it_first_runs) {
  IOLoop loop;
  sigset_t before;
  sigemptyset(&before);
  sigaddset(&before, SIGPIPE);
  pthread_sigmask(SIG_UNBLOCK, &before, nullptr);
  loop.run_once();
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, nullptr, &now);
  EXPECT_EQ(sigismember(&now, SIGPIPE), 1);
}

}  // namespace
}  // namespace turbo
