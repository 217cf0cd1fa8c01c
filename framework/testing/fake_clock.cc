#include "framework/testing/fake_clock.h"

#include "framework/base/check.h"

namespace turbo {

FakeClock::FakeClock() : now_(Duration(std::chrono::hours(1)).count()) {}

TimePoint FakeClock::now() const { return TimePoint(Duration(now_.load())); }

Duration FakeClock::poll_wait(Duration) const { return Duration::zero(); }

void FakeClock::advance(Duration by) {
  TURBO_CHECK(by >= Duration::zero(), "time does not go back");
  now_ += by.count();
}

}  // namespace turbo
