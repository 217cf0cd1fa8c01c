// Clock: where a loop takes the time from. The real one is monotonic; tests hand in a fake one.
//
// Owner:   the caller; a clock outlives the loops that use it.
// Threads: now() may be called from any thread.
// Errors:  none.
// Limits:  none.
// Cost:    one virtual call and, for the real clock, one vDSO call; loops read it once or twice an
//          iteration.
#ifndef TURBO_BASE_CLOCK_H_
#define TURBO_BASE_CLOCK_H_

#include <chrono>

namespace turbo {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;

  // Monotonic: wall clock jumps do not show.
  virtual TimePoint now() const = 0;

  // How long a poll may really block when the next deadline is `wait` away. A fake clock answers
  // zero, since waiting would not make its time pass.
  virtual Duration poll_wait(Duration wait) const { return wait; }

  // The process-wide steady clock.
  static const Clock& steady();
};

}  // namespace turbo

#endif  // TURBO_BASE_CLOCK_H_
