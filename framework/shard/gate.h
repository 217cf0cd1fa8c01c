// Gate: counts the work of one loop, holds its detached tasks, and says when the last of it has
// ended.
//
// Whoever must not go away under running work owns a Gate: work enters it, shutdown closes it and
// waits.
//
//   gate.spawn(serve(std::move(connection)));           // runs by itself; the gate owns the frame
//   if (Gate::Pass pass = gate.enter()) { ... }         // or count a piece of work that is no task
//   co_await gate.close();                              // refuses newcomers, resumes when all have
//   left
//
// Owner:   its owner on the loop. Destroying it destroys (cancels) the tasks it holds; a Pass still
//          out then ends the program with a message.
// Threads: the loop's.
// Errors:  an exception that leaves a task goes to the loop's exception hook. A closed gate
//          refuses: enter() gives an empty Pass, spawn() kUnavailable.
// Limits:  none of its own: count() is there to be compared with yours. A task must not destroy its
//          own gate, and one that awaits close() of its own gate waits for itself.
// Cost:    a Pass is a pointer and two additions; spawn() allocates one small record from the
//          BlockPool.
#ifndef TURBO_SHARD_GATE_H_
#define TURBO_SHARD_GATE_H_

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "framework/base/intrusive_list.h"
#include "framework/loop/io_loop.h"
#include "framework/loop/task.h"

namespace turbo {

class Gate final : private Completion {
 public:
  // One piece of work inside. Move-only; leaves the gate when destroyed.
  class [[nodiscard]] Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Pass() { leave(); }

    // False: the gate was closed, do not begin.
    explicit operator bool() const { return gate_ != nullptr; }
    void leave() {
      if (gate_ != nullptr) std::exchange(gate_, nullptr)->left();
    }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Gate* gate_ = nullptr;
  };

  // Awaiting it yields OK when the gate is closed and empty, kCancelled if the gate is destroyed
  // first.
  class CloseAwaiter;

  explicit Gate(IOLoop& loop);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  Pass enter();

  // Runs `task` until its first suspension, then keeps it until it ends. If the gate is closed the
  // task is destroyed without having run, and kUnavailable returned.
  absl::Status spawn(Task<> task);

  // Closes the gate; `empty` is called later, once all work has left. May be called again: every
  // caller hears.
  void close(Callback empty);
  CloseAwaiter close();

  // Destroys the tasks held. For a shutdown whose patience has ended.
  void cancel_tasks();

  bool closed() const { return closed_; }
  // Passes out and tasks held.
  size_t count() const { return count_; }

 private:
  struct TaskTag;
  struct CloserTag;
  struct HeldTask;

  void left();
  void task_ended(HeldTask& held);
  void complete() override;
  void begin_close();

  IOLoop& loop_;
  size_t count_ = 0;
  bool closed_ = false;
  IntrusiveList<HeldTask, TaskTag> tasks_;
  std::vector<Callback> closers_;
  IntrusiveList<CloseAwaiter, CloserTag> awaiting_;

 public:
  class [[nodiscard]] CloseAwaiter final : private Completion, private ListNode<CloserTag> {
   public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting);
    absl::Status await_resume() { return std::move(status_); }

   private:
    friend class Gate;
    template <class T, class U>
    friend class IntrusiveList;
    explicit CloseAwaiter(Gate& gate) : gate_(gate) {}
    void complete() override { waiting_.resume(); }

    Gate& gate_;
    std::coroutine_handle<> waiting_;
    absl::Status status_;
  };
};

}  // namespace turbo

#endif  // TURBO_SHARD_GATE_H_
