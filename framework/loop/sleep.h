// sleep_for() and yield(): a coroutine waits for time, or for everybody else.
//
//   auto pause = sleep_for(loop, std::chrono::milliseconds(50));
//   co_await pause;
//
// Owner:   the awaiting coroutine's frame; destroying it cancels the timer.
// Threads: the loop's.
// Errors:  none; a sleep whose loop ends first never resumes.
// Limits:  awaited once.
// Cost:    one timer, no allocation.
#ifndef TURBO_LOOP_SLEEP_H_
#define TURBO_LOOP_SLEEP_H_

#include <coroutine>

#include "framework/loop/io_loop.h"

namespace turbo {

class [[nodiscard]] Sleep {
 public:
  Sleep(IOLoop& loop, Duration duration) : loop_(loop), duration_(duration) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  ~Sleep() {
    if (timer_ != TimerHandle()) loop_.cancel(timer_);
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    timer_ = loop_.call_later(duration_, [this, awaiter] {
      timer_ = TimerHandle();
      awaiter.resume();
    });
  }
  void await_resume() const noexcept {}

 private:
  IOLoop& loop_;
  const Duration duration_;
  TimerHandle timer_;
};

// Resumes once `duration` has passed.
inline Sleep sleep_for(IOLoop& loop, Duration duration) { return {loop, duration}; }

// Resumes in the loop's next timers phase: posts that wait and, unless a post asks, I/O come first.
inline Sleep yield(IOLoop& loop) { return {loop, Duration::zero()}; }

}  // namespace turbo

#endif  // TURBO_LOOP_SLEEP_H_
