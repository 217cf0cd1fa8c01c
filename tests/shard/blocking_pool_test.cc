#include "framework/shard/blocking_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace turbo {
namespace {

BlockingPoolOptions limited(size_t threads, size_t queue) {
  BlockingPoolOptions options;
  options.max_threads = threads;
  options.queue_limit = queue;
  return options;
}

class BlockingPoolTest : public ::testing::Test {
 protected:
  void run_until(absl::AnyInvocable<bool()> done) {
    ASSERT_TRUE(loop_.run_until(std::move(done), std::chrono::seconds(30)));
  }
  IOLoop loop_;
};

TEST_F(BlockingPoolTest, the_call_runs_elsewhere_and_its_answer_comes_home) {
  BlockingPool pool(limited(2, 8));
  std::optional<absl::StatusOr<std::thread::id>> answer;
  std::thread::id home;
  pool.run([] { return std::this_thread::get_id(); },
           [&](absl::StatusOr<std::thread::id> id) {
             answer = id;
             home = std::this_thread::get_id();
           });
  EXPECT_FALSE(answer.has_value());
  run_until([&] { return answer.has_value(); });
  EXPECT_NE(**answer, std::this_thread::get_id());
  EXPECT_EQ(home, std::this_thread::get_id());
}

Task<> ask_all_kinds(BlockingPool& pool, int& passed) {
  auto text = pool.run([] { return std::string("text"); });
  passed += *co_await text == "text";
  auto failed = pool.run([]() -> absl::StatusOr<int> { return absl::NotFoundError("none"); });
  passed += (co_await failed).status().code() == absl::StatusCode::kNotFound;
  auto nothing = pool.run([] {});
  passed += (co_await nothing).ok();
  auto moved = pool.run([held = std::make_unique<int>(3)] { return *held; });
  passed += *co_await moved == 3;
  try {
    auto thrower = pool.run([]() -> int { throw std::runtime_error("blocked"); });
    (void)co_await thrower;
  } catch (const std::runtime_error& error) {
    passed += std::string(error.what()) == "blocked";
  }
}

TEST_F(BlockingPoolTest, a_coroutine_awaits_values_statuses_and_exceptions) {
  BlockingPool pool(limited(1, 8));
  int passed = 0;
  Task<> task = ask_all_kinds(pool, passed);
  task.start([] {});
  run_until([&] { return task.done(); });
  EXPECT_EQ(passed, 5);
}

TEST_F(BlockingPoolTest, the_callback_form_gets_an_exception_as_internal) {
  BlockingPool pool(limited(1, 8));
  absl::Status answer;
  pool.run([] { throw std::runtime_error("what it said"); },
           [&](absl::Status status) { answer = std::move(status); });
  run_until([&] { return !answer.ok(); });
  EXPECT_EQ(answer.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(answer.message(), "what it said");
}

TEST_F(BlockingPoolTest, threads_start_as_needed_up_to_the_limit) {
  BlockingPool pool(limited(2, 8));
  EXPECT_EQ(pool.threads(), 0u);
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  int done = 0;
  const auto ask = [&] { pool.run([gone] { gone.wait(); }, [&](absl::Status) { ++done; }); };
  ask();
  EXPECT_EQ(pool.threads(), 1u);
  ask();
  EXPECT_EQ(pool.threads(), 2u);
  ask();
  EXPECT_EQ(pool.threads(), 2u);
  go.set_value();
  run_until([&] { return done == 3; });
}

TEST_F(BlockingPoolTest, the_queue_refuses_at_its_limit_later_and_recovers) {
  BlockingPool pool(limited(1, 2));
  std::promise<void> go;
  std::promise<void> begun;
  std::shared_future<void> gone = go.get_future().share();
  std::vector<absl::StatusCode> answers;
  const auto note = [&](absl::Status status) { answers.push_back(status.code()); };
  pool.run(
      [gone, &begun] {
        begun.set_value();
        gone.wait();
      },
      note);
  begun.get_future().wait();
  pool.run([] {}, note);  // limit - 1
  pool.run([] {}, note);  // limit
  EXPECT_EQ(pool.queued(), 2u);
  pool.run([] { FAIL(); }, note);
  EXPECT_TRUE(answers.empty());
  loop_.run_once();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0], absl::StatusCode::kResourceExhausted);
  go.set_value();
  run_until([&] { return answers.size() == 4; });
  pool.run([] {}, note);
  run_until([&] { return answers.size() == 5; });
  EXPECT_EQ(answers[4], absl::StatusCode::kOk);
}

TEST_F(BlockingPoolTest, signals_are_blocked_in_the_pools_threads) {
  BlockingPool pool(limited(1, 8));
  std::optional<absl::StatusOr<bool>> blocked;
  pool.run(
      [] {
        sigset_t here;
        pthread_sigmask(SIG_SETMASK, nullptr, &here);
        return sigismember(&here, SIGTERM) == 1 && sigismember(&here, SIGINT) == 1;
      },
      [&](absl::StatusOr<bool> answer) { blocked = answer; });
  run_until([&] { return blocked.has_value(); });
  EXPECT_TRUE(**blocked);
}

TEST_F(BlockingPoolTest, destruction_waits_for_what_runs_and_cancels_what_waits) {
  std::vector<absl::StatusCode> answers;
  const auto note = [&](absl::Status status) { answers.push_back(status.code()); };
  std::promise<void> go;
  std::promise<void> begun;
  std::atomic<bool> finished{false};
  std::thread releaser;
  {
    BlockingPool pool(limited(1, 8));
    pool.run(
        [&] {
          begun.set_value();
          go.get_future().wait();
          finished = true;
        },
        note);
    begun.get_future().wait();
    pool.run([] { FAIL(); }, note);
    // The pool's destructor empties the queue first, and then waits for the call that runs.
    releaser = std::thread([&] {
      while (pool.queued() > 0) std::this_thread::yield();
      go.set_value();
    });
  }
  EXPECT_TRUE(finished);
  EXPECT_TRUE(answers.empty());
  releaser.join();
  run_until([&] { return answers.size() == 2; });
  EXPECT_EQ(std::count(answers.begin(), answers.end(), absl::StatusCode::kCancelled), 1);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), absl::StatusCode::kOk), 1);
}

Task<> await_once(BlockingPool& pool, std::promise<void>& begun, std::shared_future<void> gone,
                  bool& resumed) {
  auto call = pool.run([&begun, gone] {
    begun.set_value();
    gone.wait();
  });
  (void)co_await call;
  resumed = true;
}

TEST_F(BlockingPoolTest, destroying_the_awaiting_coroutine_is_safe) {
  std::promise<void> go, begun;
  bool resumed = false;
  {
    BlockingPool pool(limited(1, 8));
    {
      Task<> task = await_once(pool, begun, go.get_future().share(), resumed);
      task.start([] {});
      begun.get_future().wait();
    }
    go.set_value();
  }
  loop_.run_once();
  EXPECT_FALSE(resumed);
}

TEST_F(BlockingPoolTest, answers_a_loop_never_runs_die_with_it) {
  auto held = std::make_shared<int>(0);
  std::thread([&held] {
    IOLoop loop;
    BlockingPool pool(limited(2, 64));
    for (int i = 0; i < 16; ++i) pool.run([held] {}, [held](absl::Status) { FAIL(); });
    EXPECT_GT(held.use_count(), 16);
  }).join();
  EXPECT_EQ(held.use_count(), 1);
}

// The loops outlive the pool, as they must: a thread that has posted the last answer may still be
// waking the loop.
TEST_F(BlockingPoolTest, many_calls_of_two_loops_are_each_answered_once_at_home) {
  std::optional<BlockingPool> pool(std::in_place, limited(4, 4096));
  const auto ask_many = [&pool](IOLoop& loop) {
    int answered = 0;
    for (int i = 0; i < 1000; ++i) {
      pool->run([i] { return i; },
                [&answered, i, home = std::this_thread::get_id()](absl::StatusOr<int> answer) {
                  EXPECT_EQ(*answer, i);
                  EXPECT_EQ(std::this_thread::get_id(), home);
                  ++answered;
                });
    }
    EXPECT_TRUE(loop.run_until([&] { return answered == 1000; }, std::chrono::seconds(60)));
  };
  std::promise<void> asked, pool_gone;
  std::thread other([&] {
    IOLoop loop;
    ask_many(loop);
    asked.set_value();
    pool_gone.get_future().wait();
  });
  ask_many(loop_);
  asked.get_future().wait();
  pool.reset();
  pool_gone.set_value();
  other.join();
}

}  // namespace
}  // namespace turbo
