// SpinGuard: how often a loop woke up since the guard was made. A stream that waits must not keep
// its loop awake, and this is how a test shows it.
//
//   SpinGuard guard(loop);
//   for (int i = 0; i < 50; ++i) loop.run_once();  // a level-triggered spin wakes every time
//   EXPECT_LE(guard.wakeups(), 3u);
//
// Owner:   the test's stack.
// Threads: the loop's.
// Errors:  none. It judges nothing: the test compares.
// Limits:  none.
// Cost:    two numbers.
#ifndef TURBO_TESTING_SPIN_GUARD_H_
#define TURBO_TESTING_SPIN_GUARD_H_

#include <cstdint>

#include "framework/loop/io_loop.h"

namespace turbo {

class SpinGuard {
 public:
  explicit SpinGuard(const IOLoop& loop)
      : loop_(loop), wakeups_(loop.counters().wakeups), completions_(loop.counters().completions) {}

  // Polls that came back with at least one event.
  uint64_t wakeups() const { return loop_.counters().wakeups - wakeups_; }

  // Completions run: a spin that does without the poller shows here.
  uint64_t completions() const { return loop_.counters().completions - completions_; }

 private:
  const IOLoop& loop_;
  const uint64_t wakeups_;
  const uint64_t completions_;
};

}  // namespace turbo

#endif  // TURBO_TESTING_SPIN_GUARD_H_
