// After warm-up the loop's own work takes nothing from malloc: timers, own posts, completions,
// flushes, deletes, tasks and awaited operations.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "framework/loop/async_operation.h"
#include "framework/loop/sleep.h"
#include "framework/loop/task.h"

namespace {
std::atomic<uint64_t> allocations{0};
}

void* operator new(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const piece = std::malloc(bytes);
  if (piece == nullptr) std::abort();
  return piece;
}
void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, size_t) noexcept { std::free(piece); }

namespace turbo {
namespace {

// What `work` allocates once it has run a few times.
template <class Work>
uint64_t allocations_after_warm_up(Work&& work) {
  for (int i = 0; i < 5; ++i) work();
  const uint64_t before = allocations.load();
  for (int i = 0; i < 100; ++i) work();
  return allocations.load() - before;
}

class AllocationTest : public ::testing::Test {
 protected:
  IOLoop loop_;
  int ran_ = 0;
};

TEST_F(AllocationTest, the_counter_counts) {
  EXPECT_EQ(allocations_after_warm_up([] { std::vector<int> filled(5); }), 100u);
}

TEST_F(AllocationTest, timers_take_none) {
  EXPECT_EQ(allocations_after_warm_up([this] {
              const TimerHandle never = loop_.call_later(std::chrono::hours(1), [this] { ++ran_; });
              loop_.call_later(Duration::zero(), [this] { ++ran_; });
              loop_.cancel(never);
              loop_.run_once();
            }),
            0u);
  EXPECT_EQ(ran_, 105);
}

TEST_F(AllocationTest, an_interval_ticks_without) {
  loop_.call_every(Duration(1), [this] { ++ran_; });
  EXPECT_EQ(allocations_after_warm_up([this] { loop_.run_once(std::chrono::milliseconds(1)); }),
            0u);
  EXPECT_GT(ran_, 50);
}

TEST_F(AllocationTest, posts_of_the_own_thread_take_none) {
  EXPECT_EQ(allocations_after_warm_up([this] {
              for (int i = 0; i < 10; ++i) loop_.add_callback([this] { ++ran_; });
              loop_.run_once();
            }),
            0u);
  EXPECT_EQ(ran_, 1050);
}

class Twice final : public Completion, public Flushable {
 public:
  void complete() override { ++calls; }
  void flush() override { ++calls; }
  int calls = 0;
};

TEST_F(AllocationTest, completions_and_flushes_take_none) {
  Twice twice;
  EXPECT_EQ(allocations_after_warm_up([&] {
              loop_.schedule(static_cast<Completion&>(twice));
              loop_.schedule(static_cast<Flushable&>(twice));
              loop_.run_once();
            }),
            0u);
  EXPECT_EQ(twice.calls, 210);
}

TEST_F(AllocationTest, tasks_that_sleep_and_await_take_none) {
  absl::AnyInvocable<void(absl::Status)> pending;
  const auto operate = [](IOLoop& loop, auto& into) -> Task<absl::Status> {
    auto turn = yield(loop);
    co_await turn;
    auto operation = make_async_operation<absl::Status>(
        loop, [&into](auto callback) { into = std::move(callback); }, [] {});
    co_return co_await operation;
  };
  const auto outer = [](auto inner, IOLoop& loop, auto& into) -> Task<absl::Status> {
    Task<absl::Status> task = inner(loop, into);
    co_return co_await task;
  };
  EXPECT_EQ(allocations_after_warm_up([&] {
              Task<absl::Status> task = outer(operate, loop_, pending);
              task.start([this] { ++ran_; });
              loop_.run_once();
              std::exchange(pending, nullptr)(absl::OkStatus());
            }),
            0u);
  EXPECT_EQ(ran_, 105);
}

}  // namespace
}  // namespace turbo
