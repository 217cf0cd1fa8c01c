// ManualClock: the time of the loop's own tests. It passes when told to, and, if asked, by what a
// poll would sleep.
#ifndef TURBO_TESTS_LOOP_MANUAL_CLOCK_H_
#define TURBO_TESTS_LOOP_MANUAL_CLOCK_H_

#include <vector>

#include "framework/base/clock.h"

namespace turbo {

class ManualClock final : public Clock {
 public:
  enum class Sleeping { kStandsStill, kPasses };
  explicit ManualClock(Sleeping sleeping = Sleeping::kStandsStill) : sleeping_(sleeping) {}

  TimePoint now() const override { return now_; }
  Duration poll_wait(Duration wait) const override {
    waits_.push_back(wait);
    if (sleeping_ == Sleeping::kPasses) now_ += wait;
    return Duration::zero();
  }

  void advance(Duration by) { now_ += by; }
  // What the loop would have slept, poll by poll.
  const std::vector<Duration>& waits() const { return waits_; }

 private:
  const Sleeping sleeping_;
  mutable TimePoint now_{std::chrono::hours(1)};
  mutable std::vector<Duration> waits_;
};

}  // namespace turbo

#endif  // TURBO_TESTS_LOOP_MANUAL_CLOCK_H_
