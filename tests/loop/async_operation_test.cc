#include "framework/loop/async_operation.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/loop/task.h"

namespace turbo {
namespace {

// An object with one callback-style operation, as a stream has.
template <class Result>
struct Source {
  explicit Source(IOLoop& home) : loop(home) {}

  auto read() {
    return make_async_operation<Result>(
        loop, [this](auto callback) { pending = std::move(callback); }, [this] { withdraw(); });
  }
  void withdraw() {
    ++withdrawn;
    pending = nullptr;
  }
  void finish(Result result) { std::exchange(pending, nullptr)(std::move(result)); }

  IOLoop& loop;
  absl::AnyInvocable<void(Result)> pending;
  int withdrawn = 0;
};

using Text = absl::StatusOr<std::string>;

template <class Result>
Task<Result> read_once(Source<Result>& source) {
  auto operation = source.read();
  co_return co_await operation;
}

class AsyncOperationTest : public ::testing::Test {
 protected:
  template <class T>
  void start(Task<T>& task) {
    task.start([this] { ++ended_; });
  }
  IOLoop loop_;
  int ended_ = 0;
};

TEST_F(AsyncOperationTest, resumes_where_the_callback_is_called_with_its_argument) {
  Source<Text> source(loop_);
  Task<Text> task = read_once(source);
  start(task);
  ASSERT_NE(source.pending, nullptr);
  EXPECT_EQ(ended_, 0);
  source.finish(std::string("text"));
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(*task.result(), "text");
  EXPECT_EQ(source.withdrawn, 0);
}

TEST_F(AsyncOperationTest, does_nothing_until_it_is_awaited) {
  Source<Text> source(loop_);
  {
    auto operation = source.read();
    EXPECT_EQ(source.pending, nullptr);
  }
  EXPECT_EQ(source.withdrawn, 0);
}

// Contract 3.10: from the loop, not from the destructor, and with kCancelled.
TEST_F(AsyncOperationTest, a_callback_destroyed_uncalled_resumes_later_with_cancelled) {
  auto source = std::make_unique<Source<Text>>(loop_);
  Task<Text> task = read_once(*source);
  start(task);
  source.reset();
  EXPECT_EQ(ended_, 0);
  loop_.run_once();
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(task.result().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(AsyncOperationTest, a_plain_status_is_cancelled_too) {
  auto source = std::make_unique<Source<absl::Status>>(loop_);
  Task<absl::Status> task = read_once(*source);
  start(task);
  source.reset();
  loop_.run_once();
  EXPECT_EQ(task.result().code(), absl::StatusCode::kCancelled);
}

// Contract 3.10: destroying a coroutine withdraws what it awaits.
TEST_F(AsyncOperationTest, destroying_the_coroutine_withdraws_the_operation) {
  Source<Text> source(loop_);
  {
    Task<Text> task = read_once(source);
    start(task);
  }
  EXPECT_EQ(source.withdrawn, 1);
  loop_.run_once();
  EXPECT_EQ(ended_, 0);
}

// The owner of the callback may keep it; it does nothing any more.
TEST_F(AsyncOperationTest, a_callback_that_outlives_its_coroutine_does_nothing) {
  absl::AnyInvocable<void(absl::Status)> kept;
  const auto body = [](IOLoop& loop, absl::AnyInvocable<void(absl::Status)>& into) -> Task<> {
    auto operation = make_async_operation<absl::Status>(
        loop, [&into](auto callback) { into = std::move(callback); }, [] {});
    (void)co_await operation;
  };
  {
    Task<> task = body(loop_, kept);
    start(task);
  }
  kept(absl::OkStatus());
  kept = nullptr;
  loop_.run_once();
  EXPECT_EQ(ended_, 0);
}

TEST_F(AsyncOperationTest, a_coroutine_destroyed_after_its_source_is_not_resumed) {
  auto source = std::make_unique<Source<Text>>(loop_);
  {
    Task<Text> task = read_once(*source);
    start(task);
    source.reset();
  }
  loop_.run_once();
  EXPECT_EQ(ended_, 0);
  EXPECT_EQ(loop_.counters().completions, 0u);
}

TEST_F(AsyncOperationTest, the_callback_may_move_while_it_waits) {
  Source<Text> source(loop_);
  Task<Text> task = read_once(source);
  start(task);
  auto elsewhere = std::make_unique<absl::AnyInvocable<void(Text)>>(std::move(source.pending));
  absl::AnyInvocable<void(Text)> last = std::move(*elsewhere);
  elsewhere.reset();
  last(std::string("moved"));
  EXPECT_EQ(*task.result(), "moved");
}

TEST_F(AsyncOperationTest, a_callback_called_inside_of_start_is_no_harm) {
  const auto body = [](IOLoop& loop) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < 100'000; ++i) {
      auto operation = make_async_operation<absl::StatusOr<int>>(
          loop, [](auto callback) { callback(1); }, [] { ADD_FAILURE(); });
      sum += *(co_await operation);
    }
    co_return sum;
  };
  Task<int> task = body(loop_);
  start(task);
  EXPECT_EQ(task.result(), 100'000);
}

TEST_F(AsyncOperationTest, a_callback_dropped_inside_of_start_is_cancelled) {
  const auto body = [](IOLoop& loop) -> Task<absl::Status> {
    auto operation = make_async_operation<absl::Status>(
        loop, [](auto) {}, [] {});
    co_return co_await operation;
  };
  Task<absl::Status> task = body(loop_);
  start(task);
  EXPECT_EQ(ended_, 0);
  loop_.run_once();
  EXPECT_EQ(task.result().code(), absl::StatusCode::kCancelled);
}

struct Filled {
  absl::Status status;
  size_t count = 0;
  static Filled cancelled() { return {absl::CancelledError("mine"), 3}; }
};

TEST_F(AsyncOperationTest, several_arguments_make_one_result) {
  absl::AnyInvocable<void(absl::Status, size_t)> pending;
  const auto body = [](IOLoop& loop, auto& into) -> Task<Filled> {
    auto operation = make_async_operation<Filled>(
        loop, [&into](auto callback) { into = std::move(callback); }, [] {});
    co_return co_await operation;
  };
  Task<Filled> called = body(loop_, pending);
  start(called);
  std::exchange(pending, nullptr)(absl::OkStatus(), 42);
  EXPECT_EQ(called.result().count, 42u);
  Task<Filled> dropped = body(loop_, pending);
  start(dropped);
  pending = nullptr;
  loop_.run_once();
  EXPECT_EQ(dropped.result().count, 3u);
}

TEST_F(AsyncOperationTest, results_may_be_move_only) {
  using Pointer = absl::StatusOr<std::unique_ptr<int>>;
  Source<Pointer> source(loop_);
  Task<Pointer> task = read_once(source);
  start(task);
  source.finish(std::make_unique<int>(9));
  Pointer result = task.result();
  EXPECT_EQ(**result, 9);
}

TEST_F(AsyncOperationTest, is_awaited_as_a_temporary_too) {
  Source<Text> source(loop_);
  const auto body = [](Source<Text>& from) -> Task<Text> { co_return co_await from.read(); };
  Task<Text> task = body(source);
  start(task);
  source.finish(std::string("text"));
  EXPECT_EQ(*task.result(), "text");
}

TEST_F(AsyncOperationTest, the_resumed_coroutine_may_destroy_the_source) {
  auto source = std::make_unique<Source<Text>>(loop_);
  const auto body = [](std::unique_ptr<Source<Text>>& from) -> Task<std::string> {
    auto operation = from->read();
    Text text = co_await operation;
    from.reset();
    co_return *text;
  };
  Task<std::string> task = body(source);
  start(task);
  source->finish(std::string("last words"));
  EXPECT_EQ(source, nullptr);
  EXPECT_EQ(task.result(), "last words");
}

}  // namespace
}  // namespace turbo
