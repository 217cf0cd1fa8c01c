#include "framework/loop/task.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "framework/loop/io_loop.h"
#include "framework/loop/sleep.h"

namespace turbo {
namespace {

// Suspends until told; says whether it was destroyed while it waited.
struct Door {
  std::coroutine_handle<> waiting;
  int withdrawn = 0;

  void open() { std::exchange(waiting, nullptr).resume(); }
};

class DoorAwaiter {
 public:
  explicit DoorAwaiter(Door& door) : door_(door) {}
  DoorAwaiter(const DoorAwaiter&) = delete;
  DoorAwaiter& operator=(const DoorAwaiter&) = delete;
  ~DoorAwaiter() {
    if (door_.waiting == nullptr) return;
    door_.waiting = nullptr;
    ++door_.withdrawn;
  }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) { door_.waiting = awaiter; }
  void await_resume() const {}

 private:
  Door& door_;
};

Task<int> value(int number) { co_return number; }
Task<int> throwing() {
  throw std::runtime_error("the reason");
  co_return 0;
}
Task<int> through(Door& door, int number) {
  DoorAwaiter wait(door);
  co_await wait;
  co_return number;
}
Task<> nothing() { co_return; }

// Runs a task that must end without being suspended.
template <class T>
T run(Task<T> task) {
  bool ended = false;
  task.start([&ended] { ended = true; });
  EXPECT_TRUE(ended);
  return task.result();
}

TEST(TaskTest, starts_only_when_it_is_awaited) {
  bool began = false;
  const auto body = [](bool& flag) -> Task<> {
    flag = true;
    co_return;
  };
  Task<> task = body(began);
  EXPECT_FALSE(began);
  EXPECT_FALSE(task.done());
  task.start([] {});
  EXPECT_TRUE(began);
  EXPECT_TRUE(task.done());
}

TEST(TaskTest, yields_values_of_any_kind) {
  EXPECT_EQ(run(value(7)), 7);
  run(nothing());
  const auto moved = [](int number) -> Task<std::unique_ptr<int>> {
    co_return std::make_unique<int>(number);
  };
  EXPECT_EQ(*run(moved(5)), 5);
  const auto converted = []() -> Task<std::string> { co_return "text"; };
  EXPECT_EQ(run(converted()), "text");
}

TEST(TaskTest, awaits_another_task) {
  const auto sum = []() -> Task<int> {
    Task<int> first = value(3);
    const int a = co_await first;
    const int b = co_await value(4);
    co_return a + b;
  };
  EXPECT_EQ(run(sum()), 7);
}

TEST(TaskTest, an_exception_is_thrown_where_the_task_is_awaited) {
  const auto catching = []() -> Task<std::string> {
    std::string seen = "nothing";
    try {
      co_await throwing();
    } catch (const std::runtime_error& error) {
      seen = error.what();
    }
    co_return seen;
  };
  EXPECT_EQ(run(catching()), "the reason");
  EXPECT_THROW(run(throwing()), std::runtime_error);
}

TEST(TaskTest, resumes_the_awaiter_when_it_ends_later) {
  Door door;
  const auto outer = [](Door& inner_door) -> Task<int> {
    const int number = co_await through(inner_door, 20);
    co_return number + 1;
  };
  Task<int> task = outer(door);
  int ended = 0;
  task.start([&ended] { ++ended; });
  EXPECT_EQ(ended, 0);
  EXPECT_FALSE(task.done());
  door.open();
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(task.result(), 21);
}

// Contract 3.10: destroying a coroutine withdraws what it awaits, however deep.
TEST(TaskTest, destroying_it_destroys_what_it_awaits) {
  Door door;
  auto local = std::make_shared<int>();
  const auto outer = [](Door& inner_door, std::shared_ptr<int> kept) -> Task<int> {
    Task<int> inner = through(inner_door, *kept);
    co_return co_await inner;
  };
  {
    Task<int> task = outer(door, local);
    task.start([] { ADD_FAILURE(); });
    EXPECT_EQ(local.use_count(), 2);
  }
  EXPECT_EQ(door.withdrawn, 1);
  EXPECT_EQ(local.use_count(), 1);
}

TEST(TaskTest, one_that_never_began_is_destroyed_like_any) {
  auto local = std::make_shared<int>();
  const auto body = [](std::shared_ptr<int>) -> Task<> { co_return; };
  {
    Task<> task = body(local);
    EXPECT_EQ(local.use_count(), 2);
  }
  EXPECT_EQ(local.use_count(), 1);
}

TEST(TaskTest, moves_and_the_frame_it_replaces_is_destroyed) {
  Door door;
  Task<int> first = through(door, 1);
  first.start([] { ADD_FAILURE(); });
  Task<int> second = value(2);
  first = std::move(second);
  EXPECT_EQ(door.withdrawn, 1);
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(run(std::move(first)), 2);
  EXPECT_FALSE(Task<int>().valid());
}

TEST(TaskTest, on_done_may_destroy_the_task) {
  Door door;
  auto late = std::make_unique<Task<int>>(through(door, 1));
  late->start([&late] { late.reset(); });
  door.open();
  EXPECT_EQ(late, nullptr);
  auto at_once = std::make_unique<Task<int>>(value(1));
  at_once->start([&at_once] { at_once.reset(); });
  EXPECT_EQ(at_once, nullptr);
}

TEST(TaskTest, misuse_is_refused) {
  EXPECT_DEATH(Task<int>().start([] {}), "cannot be awaited");
  Door door;
  Task<int> task = through(door, 1);
  task.start([] {});
  EXPECT_DEATH((void)task.result(), "has not ended");
}

// How far down the stack a function called from here is.
__attribute__((noinline)) uintptr_t stack_place() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}

struct StackRange {
  uintptr_t lowest = UINTPTR_MAX;
  uintptr_t highest = 0;
  void note() {
    lowest = std::min(lowest, stack_place());
    highest = std::max(highest, stack_place());
  }
  uintptr_t size() const { return highest - lowest; }
};

constexpr int kMillion = 1'000'000;

// Contract 3.1: also without optimisation, as this test is built by default.
TEST(TaskTest, a_million_steps_that_end_at_once_use_constant_stack) {
  const auto step = [](StackRange& range) -> Task<int> {
    range.note();
    co_return 1;
  };
  const auto chain = [](auto next, StackRange& range) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < kMillion; ++i) {
      Task<int> task = next(range);
      sum += co_await task;
    }
    co_return sum;
  };
  StackRange range;
  EXPECT_EQ(run(chain(step, range)), kMillion);
  EXPECT_LT(range.size(), 1024u);
}

class PausedStep final : public Completion {
 public:
  explicit PausedStep(IOLoop& loop) : loop_(loop) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    awaiter_ = awaiter;
    loop_.schedule(*this);
  }
  void await_resume() const {}
  void complete() override { awaiter_.resume(); }

 private:
  IOLoop& loop_;
  std::coroutine_handle<> awaiter_;
};

TEST(TaskTest, a_million_steps_that_each_wait_for_the_loop_use_constant_stack) {
  IOLoop loop;
  const auto step = [](IOLoop& home, StackRange& range) -> Task<int> {
    PausedStep pause(home);
    co_await pause;
    range.note();
    co_return 1;
  };
  const auto chain = [](auto next, IOLoop& home, StackRange& range) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < kMillion; ++i) {
      Task<int> task = next(home, range);
      sum += co_await task;
    }
    co_return sum;
  };
  StackRange range;
  Task<int> task = chain(step, loop, range);
  task.start([&loop] { loop.stop(); });
  loop.start();
  EXPECT_EQ(task.result(), kMillion);
  EXPECT_LT(range.size(), 4096u);
}

Task<int> nested(Door& door, int depth) {
  if (depth == 0) {
    DoorAwaiter wait(door);
    co_await wait;
    co_return 0;
  }
  co_return 1 + co_await nested(door, depth - 1);
}

TEST(TaskTest, tasks_await_each_other_a_thousand_deep) {
  Door door;
  Task<int> task = nested(door, 1000);
  task.start([] {});
  door.open();
  EXPECT_EQ(task.result(), 1000);
}

TEST(TaskTest, frames_come_from_the_block_pool_and_go_back) {
  run(value(1));
  const BlockPoolCounters before = BlockPool::local().counters();
  for (int i = 0; i < 100; ++i) run(value(1));
  const BlockPoolCounters& after = BlockPool::local().counters();
  EXPECT_EQ(after.hits - before.hits, 100u);
  EXPECT_EQ(after.misses, before.misses);
}

TEST(TaskTest, sleeps_and_yields_on_the_loop) {
  IOLoop loop;
  std::vector<int> order;
  const auto sleeper = [](IOLoop& home, std::vector<int>& seen) -> Task<> {
    auto turn = yield(home);
    co_await turn;
    seen.push_back(1);
    auto pause = sleep_for(home, std::chrono::milliseconds(1));
    co_await pause;
    seen.push_back(2);
  };
  Task<> task = sleeper(loop, order);
  task.start([&loop] { loop.stop(); });
  EXPECT_TRUE(order.empty());
  loop.start();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(TaskTest, destroying_a_sleeper_cancels_its_timer) {
  IOLoop loop;
  const auto sleeper = [](IOLoop& home) -> Task<> {
    auto pause = sleep_for(home, std::chrono::hours(1));
    co_await pause;
  };
  {
    Task<> task = sleeper(loop);
    task.start([] { ADD_FAILURE(); });
    EXPECT_EQ(loop.armed_timers(), 1u);
  }
  EXPECT_EQ(loop.armed_timers(), 0u);
}

}  // namespace
}  // namespace turbo
