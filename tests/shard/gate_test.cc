#include "framework/shard/gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>

namespace turbo {
namespace {

// Something a coroutine waits for until the test opens it; tells whether it was withdrawn.
class Latch {
 public:
  struct Awaiter {
    Latch& latch;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) { latch.waiting_ = waiting; }
    void await_resume() const {}
  };
  Awaiter wait() { return Awaiter{*this}; }
  void open() { waiting_.resume(); }

 private:
  std::coroutine_handle<> waiting_;
};

struct Alive {
  explicit Alive(int& count) : count_(&count) { ++count; }
  Alive(const Alive& other) : count_(other.count_) { ++*count_; }
  ~Alive() { --*count_; }
  int* count_;
};

Task<> wait_for(Latch& latch, Alive) { co_await latch.wait(); }
Task<> end_at_once(int& runs) {
  ++runs;
  co_return;
}
Task<> throw_after(Latch& latch) {
  co_await latch.wait();
  throw std::runtime_error("from the task");
}
Task<> close_gate(Gate& gate, std::optional<absl::Status>& result) {
  auto closing = gate.close();
  result = co_await closing;
}

class GateTest : public ::testing::Test {
 protected:
  void iterate() { loop_.run_once(); }
  IOLoop loop_;
  int alive_ = 0;
};

TEST_F(GateTest, an_empty_gate_closes_later_and_never_inline) {
  Gate gate(loop_);
  int closed = 0;
  gate.close([&] { ++closed; });
  EXPECT_TRUE(gate.closed());
  EXPECT_EQ(closed, 0);
  iterate();
  iterate();
  EXPECT_EQ(closed, 1);
}

TEST_F(GateTest, close_waits_for_the_last_pass) {
  Gate gate(loop_);
  Gate::Pass first = gate.enter();
  Gate::Pass second = gate.enter();
  EXPECT_EQ(gate.count(), 2u);
  int closed = 0;
  gate.close([&] { ++closed; });
  first.leave();
  iterate();
  EXPECT_EQ(closed, 0);
  { Gate::Pass moved = std::move(second); }
  iterate();
  iterate();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(gate.count(), 0u);
}

TEST_F(GateTest, a_closed_gate_refuses_and_destroys_the_task_unrun) {
  Gate gate(loop_);
  gate.close([] {});
  EXPECT_FALSE(gate.enter());
  Latch latch;
  EXPECT_EQ(gate.spawn(wait_for(latch, Alive(alive_))).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(alive_, 0);
  int runs = 0;
  EXPECT_FALSE(gate.spawn(end_at_once(runs)).ok());
  EXPECT_EQ(runs, 0);
  iterate();
}

TEST_F(GateTest, a_task_that_ends_frees_its_frame_and_leaves) {
  Gate gate(loop_);
  Latch latch;
  ASSERT_TRUE(gate.spawn(wait_for(latch, Alive(alive_))).ok());
  EXPECT_EQ(alive_, 1);
  EXPECT_EQ(gate.count(), 1u);
  latch.open();
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(gate.count(), 0u);
}

TEST_F(GateTest, a_task_that_ends_at_once_leaves_no_trace) {
  Gate gate(loop_);
  int runs = 0;
  ASSERT_TRUE(gate.spawn(end_at_once(runs)).ok());
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(gate.count(), 0u);
}

// Row 10 of the stream contract: its uncaught exception goes to the loop's hook.
TEST_F(GateTest, an_exception_of_a_task_goes_to_the_hook_and_the_task_leaves) {
  Gate gate(loop_);
  int reported = 0;
  loop_.set_exception_hook([&](std::exception_ptr) { ++reported; });
  Latch latch;
  ASSERT_TRUE(gate.spawn(throw_after(latch)).ok());
  latch.open();
  EXPECT_EQ(reported, 1);
  EXPECT_EQ(gate.count(), 0u);
}

// Row 10: destroying the owner cancels.
TEST_F(GateTest, destroying_the_gate_destroys_its_tasks) {
  Latch latch;
  {
    Gate gate(loop_);
    ASSERT_TRUE(gate.spawn(wait_for(latch, Alive(alive_))).ok());
    ASSERT_TRUE(gate.spawn(wait_for(latch, Alive(alive_))).ok());
    EXPECT_EQ(alive_, 2);
  }
  EXPECT_EQ(alive_, 0);
}

TEST_F(GateTest, cancel_tasks_lets_a_closing_gate_close) {
  Gate gate(loop_);
  Latch latch;
  ASSERT_TRUE(gate.spawn(wait_for(latch, Alive(alive_))).ok());
  int closed = 0;
  gate.close([&] { ++closed; });
  iterate();
  EXPECT_EQ(closed, 0);
  gate.cancel_tasks();
  EXPECT_EQ(alive_, 0);
  iterate();
  iterate();
  EXPECT_EQ(closed, 1);
}

TEST_F(GateTest, a_coroutine_awaits_the_close) {
  Gate gate(loop_);
  Gate::Pass pass = gate.enter();
  std::optional<absl::Status> result;
  Task<> closing = close_gate(gate, result);
  closing.start([] {});
  iterate();
  EXPECT_FALSE(result.has_value());
  pass.leave();
  EXPECT_FALSE(result.has_value());
  iterate();
  iterate();
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->ok());
}

// Row 10: a coroutine awaiting on a destroyed object is resumed later with kCancelled.
TEST_F(GateTest, an_awaited_close_of_a_destroyed_gate_is_cancelled_later) {
  std::optional<absl::Status> result;
  auto gate = std::make_unique<Gate>(loop_);
  Latch latch;
  ASSERT_TRUE(gate->spawn(wait_for(latch, Alive(alive_))).ok());
  Task<> closing = close_gate(*gate, result);
  closing.start([] {});
  gate.reset();
  EXPECT_FALSE(result.has_value());
  iterate();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->code(), absl::StatusCode::kCancelled);
}

TEST_F(GateTest, destroying_the_coroutine_withdraws_its_close) {
  Gate gate(loop_);
  std::optional<absl::Status> result;
  {
    Task<> closing = close_gate(gate, result);
    closing.start([] {});
  }
  iterate();
  EXPECT_FALSE(result.has_value());
}

TEST_F(GateTest, every_closer_hears_and_one_may_destroy_the_gate) {
  auto gate = std::make_unique<Gate>(loop_);
  int closed = 0;
  gate->close([&] {
    ++closed;
    gate.reset();
  });
  gate->close([&] { ++closed; });
  iterate();
  iterate();
  EXPECT_EQ(closed, 2);
  EXPECT_EQ(gate, nullptr);
}

TEST_F(GateTest, a_pass_that_outlives_the_gate_ends_the_program_with_a_message) {
  EXPECT_DEATH(
      {
        auto gate = std::make_unique<Gate>(loop_);
        Gate::Pass pass = gate->enter();
        gate.reset();
      },
      "a Gate was destroyed while a Pass was out");
}

TEST_F(GateTest, a_closing_gate_does_not_spin_the_loop) {
  Gate gate(loop_);
  Gate::Pass pass = gate.enter();
  gate.close([] {});
  iterate();
  const uint64_t completions = loop_.counters().completions;
  for (int i = 0; i < 10; ++i) iterate();
  EXPECT_EQ(loop_.counters().completions, completions);
}

}  // namespace
}  // namespace turbo
