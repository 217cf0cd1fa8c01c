// Task<T>: a coroutine that runs on one loop, starts when it is awaited, and is cancelled by being destroyed.
//
//   Task<absl::Status> greet(IOStream& stream) {
//     auto line = co_await stream.read_until("\n");
//     if (!line.ok()) co_return line.status();
//     auto write = stream.write("hello\n");     // g++ 12: name awaitables, do not nest them in the expression
//     co_return co_await write;
//   }
//
// Owner:   the Task owns its frame; destroying it destroys the frame and so withdraws what it awaits. To let one run
//          by itself hand it to a Gate (shard/gate.h).
// Threads: one loop; a Task never migrates.
// Errors:  an exception that leaves the body is thrown by the co_await of it.
// Limits:  chains of any length use constant stack, also without optimisation: a task that ends without having
//          been suspended hands over by return, not by nested call.
// Cost:    one frame from the BlockPool.
#ifndef TURBO_LOOP_TASK_H_
#define TURBO_LOOP_TASK_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "framework/buffer/block_pool.h"

namespace turbo {

template <class T = void>
class [[nodiscard]] Task {
 public:
  class promise_type;

  Task() = default;
  Task(Task&& other) noexcept;
  Task& operator=(Task&& other) noexcept;
  ~Task();

  bool valid() const;
  // True when the body has returned or thrown.
  bool done() const;

  // Awaitable once. The awaiting coroutine is resumed where the task ends.
  auto operator co_await() &&;
  auto operator co_await() &;

  // For owners that are not coroutines: runs the task until its first suspension; `on_done` is called once when it
  // ends (inline if it ends at once); then result() gives its value or throws. `on_done` may destroy the task.
  // Allocates nothing if `on_done` is a pointer-sized capture.
  void start(absl::AnyInvocable<void()> on_done);
  T result();
};

}  // namespace turbo

#endif  // TURBO_LOOP_TASK_H_
