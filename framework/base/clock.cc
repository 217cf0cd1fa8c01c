#include "framework/base/clock.h"

namespace turbo {
namespace {

class SteadyClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& Clock::steady() {
  // Never destroyed: static destructors and threads that outlive main may still ask for the time.
  static const SteadyClock* const clock = new SteadyClock;
  return *clock;
}

}  // namespace turbo
