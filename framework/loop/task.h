// Task<T>: a coroutine that runs on one loop, starts when it is awaited, and is cancelled by being
// destroyed.
//
//   Task<absl::Status> greet(IOStream& stream) {
//     auto read = stream.read_until("\n");
//     auto line = co_await read;
//     if (!line.ok()) co_return line.status();
//     auto write = stream.write("hello\n");  // g++ 12: name awaitables
//     co_return co_await write;
//   }
//
// Owner:   the Task owns its frame; destroying it, while it is suspended, destroys the frame and so
//          withdraws what it awaits. To let one run by itself hand it to a Gate (shard/gate.h). A
//          coroutine lambda must not capture: its captures die with the lambda, not with the frame;
//          pass arguments.
// Threads: one loop; a Task never migrates.
// Errors:  an exception that leaves the body is thrown by the co_await of it, or by result().
// Limits:  a loop of awaits of any length uses constant stack, also without optimisation: a task
//          that ends without having been suspended hands over by return, not by nested call. Tasks
//          that await each other n deep use stack like n nested calls.
// Cost:    one frame from the BlockPool.
#ifndef TURBO_LOOP_TASK_H_
#define TURBO_LOOP_TASK_H_

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "framework/base/check.h"
#include "framework/buffer/block_pool.h"
#include "framework/loop/callback.h"

namespace turbo {

template <class T>
class Task;

// What the promises of all Tasks share. Not for use by itself.
class TaskPromiseBase {
 public:
  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept {
    BlockPool::local().deallocate(frame, bytes);
  }

  // Tells whoever waits, once: an awaiting coroutine, or the owner that called start(). Neither is
  // there yet when the task ends inside of the co_await that started it; that one sees it by
  // done().
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      TaskPromiseBase& promise = ended.promise();
      if (promise.awaiter_ != nullptr) return promise.awaiter_;
      // May destroy the frame, so it must not be called in it.
      if (Callback on_done = std::move(promise.on_done_)) on_done();
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  void set_awaiter(std::coroutine_handle<> awaiter) { awaiter_ = awaiter; }
  void set_on_done(Callback on_done) { on_done_ = std::move(on_done); }
  void rethrow() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  std::coroutine_handle<> awaiter_;
  Callback on_done_;
  std::exception_ptr exception_;
};

template <class T>
class TaskPromise final : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() {
    rethrow();
    TURBO_CHECK(value_.has_value(), "the result of a Task that has not ended");
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> final : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const { rethrow(); }
};

template <class T = void>
class [[nodiscard]] Task {
  static_assert(!std::is_reference_v<T>, "a Task returns a value; return a pointer instead");

 public:
  using promise_type = TaskPromise<T>;

  Task() = default;
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    // Last, so that what the old frame's destruction reaches finds this Task whole.
    Task old(std::exchange(frame_, std::exchange(other.frame_, nullptr)));
    return *this;
  }
  ~Task() {
    if (frame_ != nullptr) frame_.destroy();
  }

  bool valid() const { return frame_ != nullptr; }
  // True when the body has returned or thrown.
  bool done() const { return frame_ != nullptr && frame_.done(); }

  // Awaitable once. The awaiting coroutine is resumed where the task ends.
  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> frame) : frame_(frame) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter) const {
      frame_.resume();
      if (frame_.done()) return false;
      frame_.promise().set_awaiter(awaiter);
      return true;
    }
    T await_resume() const { return frame_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> frame_;
  };
  Awaiter operator co_await() && { return Awaiter(startable()); }
  Awaiter operator co_await() & { return Awaiter(startable()); }

  // For owners that are not coroutines: runs the task until its first suspension; `on_done` is
  // called once when it ends (inline if it ends at once); then result() gives its value or throws.
  // `on_done` may destroy the task, and must not throw. Allocates nothing if `on_done` captures two
  // pointers or less.
  void start(Callback on_done) {
    const auto frame = startable();
    frame.promise().set_on_done(std::move(on_done));
    frame.resume();
  }
  // Requires: done. Once.
  T result() {
    TURBO_CHECK(done(), "the result of a Task that has not ended");
    return frame_.promise().take();
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}

  std::coroutine_handle<promise_type> startable() const {
    TURBO_CHECK(frame_ != nullptr && !frame_.done(), "an empty or finished Task cannot be awaited");
    return frame_;
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

}  // namespace turbo

#endif  // TURBO_LOOP_TASK_H_
