#include "framework/shard/shard_set.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "framework/loop/sleep.h"
#include "framework/shard/cpu_set.h"
#include "tests/shard/run_task.h"

namespace turbo {
namespace {

ShardSetOptions with_shards(size_t shards) {
  ShardSetOptions options;
  options.shards = shards;
  return options;
}

class ShardSetTest : public ::testing::Test {
 protected:
  ShardSetTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ShardSetTest, every_shard_has_a_thread_and_a_loop_of_its_own) {
  ShardSet shards(with_shards(3));
  EXPECT_EQ(shards.size(), 3u);
  ASSERT_TRUE(shards.start().ok());
  std::set<std::thread::id> threads = {std::this_thread::get_id()};
  for (size_t i = 0; i < 3; ++i) {
    auto id = shards.call_blocking(i, [&shards, i] {
      EXPECT_EQ(ShardSet::this_shard(), i);
      EXPECT_EQ(ShardSet::current(), &shards);
      EXPECT_EQ(IOLoop::current(), &shards.loop(i));
      return std::this_thread::get_id();
    });
    ASSERT_TRUE(id.ok());
    EXPECT_TRUE(threads.insert(*id).second);
  }
  EXPECT_EQ(ShardSet::current(), nullptr);
  EXPECT_EQ(ShardSet::this_shard(), std::nullopt);
}

TEST_F(ShardSetTest, the_default_is_one_shard_for_each_usable_core) {
  EXPECT_EQ(ShardSet().size(), usable_cores());
}

TEST_F(ShardSetTest, a_set_starts_once) {
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  EXPECT_EQ(shards.start().code(), absl::StatusCode::kFailedPrecondition);
  shards.stop();
  shards.stop();
  shards.join();
  shards.join();
  EXPECT_EQ(shards.start().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ShardSetTest, calls_before_the_start_and_after_the_stop_are_unavailable) {
  ShardSet shards(with_shards(1));
  EXPECT_EQ(shards.run_on(0, [] { FAIL(); }).code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(shards.start().ok());
  shards.stop();
  EXPECT_EQ(shards.run_on(0, [] { FAIL(); }).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(shards.call_blocking(0, [] { return 1; }).status().code(),
            absl::StatusCode::kUnavailable);
  shards.join();
  EXPECT_EQ(shards.run_on(0, [] { FAIL(); }).code(), absl::StatusCode::kUnavailable);
}

TEST_F(ShardSetTest, signals_are_blocked_on_shards_and_untouched_elsewhere) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signo = 1; signo < NSIG; ++signo) {
    EXPECT_EQ(sigismember(&before, signo), sigismember(&after, signo)) << signo;
  }
  auto checked = shards.call_blocking(0, [] {
    sigset_t here;
    pthread_sigmask(SIG_SETMASK, nullptr, &here);
    for (int signo : {SIGTERM, SIGINT, SIGPIPE, SIGHUP, SIGCHLD}) {
      EXPECT_TRUE(sigismember(&here, signo)) << signo;
    }
    EXPECT_FALSE(sigismember(&here, SIGSEGV));
  });
  EXPECT_TRUE(checked.ok());
}

int cores_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return CPU_COUNT(&set);
}

TEST_F(ShardSetTest, shards_are_pinned_when_there_is_a_core_for_each) {
  const size_t cores = affinity_cores().size();
  const bool whole = usable_cores() == cores;
  ShardSet fits(with_shards(1));
  ASSERT_TRUE(fits.start().ok());
  EXPECT_EQ(*fits.call_blocking(0, cores_of_this_thread), whole ? 1 : static_cast<int>(cores));
  ShardSet crowded(with_shards(cores + 1));
  ASSERT_TRUE(crowded.start().ok());
  EXPECT_EQ(*crowded.call_blocking(0, cores_of_this_thread), static_cast<int>(cores));
  ShardSetOptions free_options = with_shards(1);
  free_options.pinning = Pinning::kNone;
  ShardSet free_set(free_options);
  ASSERT_TRUE(free_set.start().ok());
  EXPECT_EQ(*free_set.call_blocking(0, cores_of_this_thread), static_cast<int>(cores));
}

TEST_F(ShardSetTest, run_on_keeps_the_order_of_each_sender) {
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(shards.run_on(0, [&order, i] { order.push_back(i); }).ok());
  }
  ASSERT_TRUE(shards.call_blocking(0, [] {}).ok());
  std::vector<int> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

TEST_F(ShardSetTest, run_on_refuses_above_the_mailbox_limit_and_recovers) {
  ShardSetOptions options = with_shards(1);
  options.mailbox_limit = 3;
  ShardSet shards(options);
  ASSERT_TRUE(shards.start().ok());
  BlockingWait begun, go;
  std::atomic<int> ran{0};
  ASSERT_TRUE(shards
                  .run_on(0,
                          [&] {
                            begun.done();
                            go.wait();
                          })
                  .ok());
  begun.wait();
  EXPECT_TRUE(shards.run_on(0, [&] { ++ran; }).ok());  // limit - 1
  EXPECT_TRUE(shards.run_on(0, [&] { ++ran; }).ok());  // limit
  EXPECT_EQ(shards.run_on(0, [&] { ++ran; }).code(), absl::StatusCode::kResourceExhausted);
  go.done();
  // The places come back: at some moment a fourth call is taken.
  while (!shards.call_blocking(0, [] {}).ok()) std::this_thread::yield();
  EXPECT_EQ(ran, 2);
}

TEST_F(ShardSetTest, an_exception_of_run_on_goes_to_the_loops_hook_and_gives_its_place_back) {
  ShardSetOptions options = with_shards(1);
  options.mailbox_limit = 1;
  ShardSet shards(options);
  ASSERT_TRUE(shards.start().ok());
  std::atomic<int> reported{0};
  const auto retry = [&shards](auto functor) {
    while (!shards.run_on(0, functor).ok()) std::this_thread::yield();
  };
  retry([&reported] {
    IOLoop::current()->set_exception_hook([&reported](std::exception_ptr) { ++reported; });
  });
  retry([] { throw std::runtime_error("from a functor"); });
  retry([] {});
  shards.stop();
  shards.join();
  EXPECT_EQ(reported, 1);
}

// ---- calls ----

TEST_F(ShardSetTest, a_call_brings_values_statuses_and_nothing_home) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    auto value = shards.call(1, [] { return *ShardSet::this_shard() + 10; });
    absl::StatusOr<size_t> eleven = co_await value;
    EXPECT_EQ(*eleven, 11u);
    auto text = shards.call(1, []() -> absl::StatusOr<std::string> { return "text"; });
    EXPECT_EQ(*co_await text, "text");
    auto failed =
        shards.call(1, []() -> absl::StatusOr<int> { return absl::NotFoundError("none"); });
    EXPECT_EQ((co_await failed).status().code(), absl::StatusCode::kNotFound);
    auto status = shards.call(1, [] { return absl::AbortedError("status"); });
    EXPECT_EQ((co_await status).code(), absl::StatusCode::kAborted);
    auto nothing = shards.call(1, [] {});
    EXPECT_TRUE((co_await nothing).ok());
    auto myself = shards.call(0, [] { return *ShardSet::this_shard(); });
    EXPECT_EQ(*co_await myself, 0u);
    EXPECT_EQ(ShardSet::this_shard(), 0u);
  });
}

TEST_F(ShardSetTest, a_value_that_only_moves_comes_home) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    auto call = shards.call(1, [] { return std::make_unique<int>(7); });
    auto seven = co_await call;
    EXPECT_EQ(**seven, 7);
  });
}

struct ThreadOfDeath {
  explicit ThreadOfDeath(std::thread::id* where) : where_(where) {}
  ~ThreadOfDeath() { *where_ = std::this_thread::get_id(); }
  std::thread::id* where_;
};

TEST_F(ShardSetTest, the_functor_of_a_call_dies_at_home) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    std::thread::id died, ran;
    auto call = shards.call(1, [&ran, probe = std::make_unique<ThreadOfDeath>(&died)] {
      ran = std::this_thread::get_id();
    });
    auto answer = co_await call;
    EXPECT_TRUE(answer.ok());
    auto back = yield(*IOLoop::current());
    co_await back;
    EXPECT_EQ(died, std::this_thread::get_id());
    EXPECT_NE(ran, died);
  });
}

TEST_F(ShardSetTest, an_exception_travels_home) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    bool caught = false;
    try {
      auto call = shards.call(1, []() -> int { throw std::runtime_error("over there"); });
      auto answer = co_await call;
      EXPECT_FALSE(answer.ok());
    } catch (const std::runtime_error& error) {
      caught = std::string(error.what()) == "over there";
    }
    EXPECT_TRUE(caught);
  });
  EXPECT_THROW((void)shards.call_blocking(0, [] { throw std::runtime_error("here"); }),
               std::runtime_error);
}

Task<size_t> three_turns_then(size_t value) {
  for (int i = 0; i < 3; ++i) {
    auto turn = yield(*IOLoop::current());
    co_await turn;
  }
  co_return value + *ShardSet::this_shard();
}

Task<> throws_at_once() {
  throw std::runtime_error("from the task");
  co_return;
}

TEST_F(ShardSetTest, a_task_runs_on_the_target_to_its_end) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    auto call = shards.call(1, [base = size_t{100}] { return three_turns_then(base); });
    auto answer = co_await call;
    EXPECT_EQ(*answer, 101u);
    bool caught = false;
    try {
      auto thrower = shards.call(1, throws_at_once);
      (void)co_await thrower;
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
  });
}

TEST_F(ShardSetTest, any_thread_with_a_loop_may_call) {
  IOLoop loop;
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  absl::StatusOr<int> answer = absl::UnknownError("none yet");
  const auto ask = [](ShardSet& set, absl::StatusOr<int>& result) -> Task<> {
    auto call = set.call(0, [] { return 5; });
    result = co_await call;
  };
  Task<> task = ask(shards, answer);
  task.start([] {});
  EXPECT_FALSE(answer.ok());
  EXPECT_TRUE(loop.run_until([&] { return task.done(); }, std::chrono::seconds(30)));
  EXPECT_EQ(*answer, 5);
}

TEST_F(ShardSetTest, a_refused_call_is_answered_later_never_inline) {
  ShardSet shards(with_shards(1));
  IOLoop loop;
  absl::Status answer = absl::UnknownError("none yet");
  const auto ask = [](ShardSet& set, absl::Status& result) -> Task<> {
    auto call = set.call(0, [] {});
    result = co_await call;
  };
  Task<> task = ask(shards, answer);
  task.start([] {});
  EXPECT_EQ(answer.code(), absl::StatusCode::kUnknown);
  loop.run_once();
  EXPECT_EQ(answer.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ShardSetTest, destroying_the_awaiting_coroutine_drops_the_answer_not_the_run) {
  IOLoop loop;
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  std::atomic<int> ran{0};
  bool resumed = false;
  const auto ask = [](ShardSet& set, std::atomic<int>& count, bool& after) -> Task<> {
    auto call = set.map([&count] { return ++count; });
    (void)co_await call;
    after = true;
  };
  {
    Task<> task = ask(shards, ran, resumed);
    task.start([] {});
  }
  EXPECT_TRUE(loop.run_until([&] { return ran == 2; }, std::chrono::seconds(30)));
  shards.stop();
  shards.join();
  loop.run_once();
  EXPECT_FALSE(resumed);
}

TEST_F(ShardSetTest, answers_on_their_way_to_a_loop_that_dies_are_dropped) {
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  const auto ask = [](ShardSet& set) -> Task<> {
    auto call = set.call(0, [] { return std::make_unique<int>(1); });
    (void)co_await call;
  };
  Task<> task;
  {
    IOLoop loop;
    task = ask(shards);
    task.start([] {});
    // When the set has ended, the answer has been posted.
    shards.stop();
    shards.join();
  }
  EXPECT_FALSE(task.done());
}

TEST_F(ShardSetTest, broadcast_map_and_sum_reach_every_shard_in_order) {
  ShardSet shards(with_shards(4));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 2, [&shards]() -> Task<> {
    auto mapping = shards.map([] { return *ShardSet::this_shard(); });
    auto ids = co_await mapping;
    EXPECT_EQ(*ids, (std::vector<size_t>{0, 1, 2, 3}));
    auto summing = shards.sum([] { return static_cast<int>(*ShardSet::this_shard()); });
    auto total = co_await summing;
    EXPECT_EQ(*total, 6);
    std::atomic<int> reached{0};
    auto telling = shards.broadcast([&reached] { ++reached; });
    EXPECT_TRUE((co_await telling).ok());
    EXPECT_EQ(reached, 4);
    auto failing = shards.broadcast([] {
      return *ShardSet::this_shard() < 2
                 ? absl::OkStatus()
                 : absl::AbortedError(std::to_string(*ShardSet::this_shard()));
    });
    absl::Status first = co_await failing;
    EXPECT_EQ(first.message(), "2");
    auto tasks = shards.map([] { return three_turns_then(1); });
    auto from_tasks = co_await tasks;
    EXPECT_EQ(*from_tasks, (std::vector<size_t>{1, 2, 3, 4}));
  });
}

TEST_F(ShardSetTest, map_answers_with_the_first_error) {
  ShardSet shards(with_shards(3));
  ASSERT_TRUE(shards.start().ok());
  run_task(shards, 0, [&shards]() -> Task<> {
    auto mapping = shards.map([]() -> absl::StatusOr<int> {
      if (*ShardSet::this_shard() == 1) return absl::NotFoundError("on 1");
      return 1;
    });
    EXPECT_EQ((co_await mapping).status().code(), absl::StatusCode::kNotFound);
    auto summing = shards.sum([]() -> absl::StatusOr<int> { return absl::AbortedError("all"); });
    EXPECT_EQ((co_await summing).status().code(), absl::StatusCode::kAborted);
  });
}

// ---- stop ----

TEST_F(ShardSetTest, stop_runs_what_was_accepted) {
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  BlockingWait go;
  int ran = 0;
  ASSERT_TRUE(shards.run_on(0, [&go] { go.wait(); }).ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(shards.run_on(0, [&ran] { ++ran; }).ok());
  shards.stop();
  go.done();
  shards.join();
  EXPECT_EQ(ran, 100);
}

Task<> turn_and_set(std::atomic<bool>& done) {
  for (int i = 0; i < 20; ++i) {
    auto turn = yield(*IOLoop::current());
    co_await turn;
  }
  done = true;
}

// Row 10 of the stream contract: the gate of its loop waits for a detached task at shutdown.
TEST_F(ShardSetTest, stop_waits_for_the_tasks_in_the_gates) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  std::atomic<bool> done{false};
  auto spawned =
      shards.call_blocking(1, [&] { return ShardSet::gate().spawn(turn_and_set(done)); });
  ASSERT_TRUE(spawned.ok());
  shards.stop();
  shards.join();
  EXPECT_TRUE(done);
}

Task<> never_ends(std::shared_ptr<int> held) {
  struct Never {
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<>) const {}
    void await_resume() const {}
  } never;
  co_await never;
  *held = 1;
}

TEST_F(ShardSetTest, after_the_drain_timeout_tasks_are_destroyed_and_their_callers_answered) {
  ShardSetOptions options = with_shards(2);
  options.drain_timeout = Duration::zero();
  IOLoop loop;
  ShardSet shards(options);
  ASSERT_TRUE(shards.start().ok());
  auto held = std::make_shared<int>(0);
  std::atomic<int> code{-1};
  const auto ask = [](ShardSet& set, std::shared_ptr<int> value,
                      std::atomic<int>& result) -> Task<> {
    auto call = set.call(1, [value] { return never_ends(value); });
    absl::Status answer = co_await call;
    result = static_cast<int>(answer.code());
  };
  Task<> caller = ask(shards, held, code);
  caller.start([] {});
  auto spawned = shards.call_blocking(1, [&] { return ShardSet::gate().spawn(never_ends(held)); });
  ASSERT_TRUE(spawned.ok());
  EXPECT_GE(held.use_count(), 3);
  shards.stop();
  shards.join();
  EXPECT_TRUE(loop.run_until([&] { return caller.done(); }, std::chrono::seconds(30)));
  EXPECT_EQ(code, static_cast<int>(absl::StatusCode::kUnavailable));
  caller = {};
  loop.run_once();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(ShardSetTest, a_shard_may_stop_its_set) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  ASSERT_TRUE(shards.run_on(1, [&shards] { shards.stop(); }).ok());
  shards.join();
}

TEST_F(ShardSetTest, stopping_one_loop_stops_the_set_and_strands_no_call) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  shards.loop(0).stop();
  // Accepted and run, or refused: never left waiting.
  for (size_t i = 0; i < shards.size(); ++i) {
    while (shards.call_blocking(i, [] {}).ok()) std::this_thread::yield();
  }
  shards.join();
}

TEST_F(ShardSetTest, stop_before_the_start_leaves_nothing_to_join) {
  ShardSet shards(with_shards(1));
  shards.stop();
  EXPECT_FALSE(shards.start().ok());
  shards.join();
}

TEST_F(ShardSetTest, a_blocking_call_on_a_shard_ends_the_program_with_a_message) {
  EXPECT_DEATH(
      {
        ShardSet shards(with_shards(1));
        if (shards.start().ok()) {
          (void)shards.run_on(0, [&shards] { (void)shards.call_blocking(0, [] {}); });
          shards.join();
        }
      },
      "call_blocking\\(\\) on a shard would stop its loop");
}

TEST_F(ShardSetTest, an_awaited_call_without_a_loop_ends_the_program_with_a_message) {
  EXPECT_DEATH(
      {
        ShardSet shards(with_shards(1));
        auto call = shards.call(0, [] {});
      },
      "needs a loop on this thread");
}

TEST_F(ShardSetTest, an_idle_set_does_not_spin) {
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  const auto iterations = [&shards] {
    return *shards.call_blocking(0, [] { return IOLoop::current()->counters().iterations; });
  };
  const uint64_t before = iterations();
  // A hundred calls of the other shard are enough time for a loop that spins to show it.
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(shards.call_blocking(1, [] {}).ok());
  EXPECT_LE(iterations() - before, 4u);
}

// ---- stress ----

Task<> chatter(ShardSet& shards, uint32_t seed, int calls, std::atomic<uint64_t>& answered,
               std::atomic<uint64_t>& refused) {
  for (int i = 0; i < calls; ++i) {
    seed = seed * 1664525u + 1013904223u;
    auto call = shards.call((seed >> 16) % shards.size(),
                            [text = std::to_string(seed)] { return text.size(); });
    auto answer = co_await call;
    if (answer.ok()) {
      EXPECT_EQ(*answer, std::to_string(seed).size());
      ++answered;
    } else {
      ++refused;
    }
  }
}

TEST_F(ShardSetTest, calls_among_all_shards_are_each_answered_once) {
  constexpr int kTalkers = 8, kCalls = 300;
  ShardSet shards(with_shards(4));
  ASSERT_TRUE(shards.start().ok());
  std::atomic<uint64_t> answered{0}, refused{0};
  for (size_t shard = 0; shard < shards.size(); ++shard) {
    for (uint32_t i = 0; i < kTalkers; ++i) {
      ASSERT_TRUE(shards
                      .run_on(shard,
                              [&, i] {
                                EXPECT_TRUE(ShardSet::gate()
                                                .spawn(chatter(shards, i * 977 + 13, kCalls,
                                                               answered, refused))
                                                .ok());
                              })
                      .ok());
    }
  }
  while (answered + refused < 4u * kTalkers * kCalls) std::this_thread::yield();
  shards.stop();
  shards.join();
  EXPECT_EQ(answered, 4u * kTalkers * kCalls);
}

TEST_F(ShardSetTest, a_stop_amid_calls_answers_every_one) {
  constexpr int kTalkers = 4, kCalls = 1000;
  for (int round = 0; round < 10; ++round) {
    ShardSet shards(with_shards(3));
    ASSERT_TRUE(shards.start().ok());
    std::atomic<uint64_t> answered{0}, refused{0};
    uint64_t talkers = 0;
    for (size_t shard = 0; shard < shards.size(); ++shard) {
      for (uint32_t i = 0; i < kTalkers; ++i) {
        auto spawned = shards.call_blocking(shard, [&, i] {
          return ShardSet::gate().spawn(chatter(shards, i, kCalls, answered, refused));
        });
        talkers += spawned.ok();
      }
    }
    std::thread sender([&shards] {
      while (shards.run_on(1, [] {}).code() != absl::StatusCode::kUnavailable) {
      }
    });
    while (answered < 100) std::this_thread::yield();
    shards.stop();
    shards.join();
    sender.join();
    EXPECT_EQ(answered + refused, talkers * kCalls);
  }
}

}  // namespace
}  // namespace turbo
