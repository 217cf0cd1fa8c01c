// FakeClock: time that passes only when a test says so.
//
//   FakeClock clock;
//   IOLoop loop({.clock = &clock});
//   stream.set_read_deadline(std::chrono::seconds(30));
//   clock.advance(std::chrono::seconds(30));
//   loop.run_once();  // the read has failed with kDeadlineExceeded
//
// Owner:   the test; outlives the loops that use it.
// Threads: any.
// Errors:  none.
// Limits:  a loop on this clock never sleeps, so IOLoop::run_until() with a condition that stays
//          false never ends; run_loop_until() in stream_pair.h does.
// Cost:    one atomic load.
#ifndef TURBO_TESTING_FAKE_CLOCK_H_
#define TURBO_TESTING_FAKE_CLOCK_H_

#include <atomic>
#include <chrono>

#include "framework/base/clock.h"

namespace turbo {

class FakeClock final : public Clock {
 public:
  // Begins well away from zero, so that deadlines before the start are representable.
  FakeClock();

  TimePoint now() const override;
  // Waiting would not make time pass.
  Duration poll_wait(Duration wait) const override;

  // Requires: not negative.
  void advance(Duration by);

 private:
  std::atomic<Duration::rep> now_;
};

}  // namespace turbo

#endif  // TURBO_TESTING_FAKE_CLOCK_H_
