// AsyncOperation: turns one callback-style operation into something a coroutine awaits.
//
// It is the bridge between the two faces of every operation: the callback form is the
// implementation, the awaitable form is this. The callback it hands to the operation is one
// pointer, kept inline by AnyInvocable.
//
//   auto IOStream::read_bytes(size_t count) {
//     return make_async_operation<absl::StatusOr<Buffer>>(
//         loop_, [this, count](auto callback) { read_bytes(count, std::move(callback)); },
//         [this] { withdraw_read(); });
//   }
//
// What can happen, and what the coroutine sees:
//
//   the callback is called      resumes there, with its arguments as the result
//   it is destroyed uncalled    (the stream died) resumes later, from the loop, with kCancelled
//   the coroutine is destroyed  `withdraw` is called; the callback does nothing from then on
//
// `start` is called when the coroutine awaits, once; a callback called inside of it is no harm.
// `withdraw` is called only while the operation holds the callback, so what it touches is still
// there. Result is absl::Status, absl::StatusOr<T>, or a type with a static cancelled(). A callback
// with several arguments makes Result{arguments...}.
//
// Owner:   the awaiting coroutine's frame; it never moves.
// Threads: the loop's.
// Errors:  those of the operation; kCancelled as above.
// Limits:  awaited once; dies before its loop.
// Cost:    no allocation.
#ifndef TURBO_LOOP_ASYNC_OPERATION_H_
#define TURBO_LOOP_ASYNC_OPERATION_H_

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "framework/loop/io_loop.h"

namespace turbo {

template <class Result, class Start, class Withdraw>
class [[nodiscard]] AsyncOperation final : private Completion {
 public:
  // What `start` gets: callable once, with what makes a Result.
  class Resumer {
   public:
    explicit Resumer(AsyncOperation& operation) : operation_(&operation) {
      operation.resumer_ = this;
    }
    Resumer(Resumer&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {
      if (operation_ != nullptr) operation_->resumer_ = this;
    }
    Resumer& operator=(Resumer&&) = delete;
    ~Resumer() {
      if (AsyncOperation* operation = detach()) operation->abandoned();
    }

    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
      if (AsyncOperation* operation = detach()) {
        operation->finish(std::forward<Arguments>(arguments)...);
      }
    }

   private:
    friend class AsyncOperation;
    AsyncOperation* detach() {
      AsyncOperation* operation = std::exchange(operation_, nullptr);
      if (operation != nullptr) operation->resumer_ = nullptr;
      return operation;
    }

    AsyncOperation* operation_;
  };

  AsyncOperation(IOLoop& loop, Start start, Withdraw withdraw)
      : loop_(loop), start_(std::move(start)), withdraw_(std::move(withdraw)) {}
  AsyncOperation(const AsyncOperation&) = delete;
  AsyncOperation& operator=(const AsyncOperation&) = delete;
  ~AsyncOperation() {
    if (resumer_ == nullptr) return;
    resumer_->detach();
    withdraw_();
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) {
    starting_ = true;
    start_(Resumer(*this));
    starting_ = false;
    if (result_.has_value()) return false;
    awaiter_ = awaiter;
    return true;
  }
  Result await_resume() { return std::move(*result_); }

 private:
  template <class... Arguments>
  void finish(Arguments&&... arguments) {
    if constexpr (sizeof...(Arguments) == 1) {
      result_.emplace(std::forward<Arguments>(arguments)...);
    } else {
      result_.emplace(Result{std::forward<Arguments>(arguments)...});
    }
    if (!starting_) awaiter_.resume();
  }

  // The callback died uncalled, perhaps in a destructor: nobody may be resumed from there.
  void abandoned() { loop_.schedule(static_cast<Completion&>(*this)); }

  void complete() override {
    if constexpr (requires {
                    { Result::cancelled() } -> std::same_as<Result>;
                  }) {
      result_.emplace(Result::cancelled());
    } else {
      result_.emplace(absl::CancelledError("the object was destroyed before the operation ended"));
    }
    awaiter_.resume();
  }

  IOLoop& loop_;
  Start start_;
  Withdraw withdraw_;
  std::coroutine_handle<> awaiter_;
  Resumer* resumer_ = nullptr;  // where the callback is now; nullptr: called, dead, or not started
  std::optional<Result> result_;
  bool starting_ = false;
};

// An AsyncOperation with its types deduced. `start` is called with a move-only callable, `withdraw`
// without.
template <class Result, class Start, class Withdraw>
AsyncOperation<Result, Start, Withdraw> make_async_operation(IOLoop& loop, Start start,
                                                             Withdraw withdraw) {
  return AsyncOperation<Result, Start, Withdraw>(loop, std::move(start), std::move(withdraw));
}

}  // namespace turbo

#endif  // TURBO_LOOP_ASYNC_OPERATION_H_
