// Backoff: how long to wait before the next try: longer each time, up to a bound, and never quite
// the same, so that many clients of one server do not come back together.
//
// Owner:   a value.
// Threads: one.
// Errors:  none.
// Limits:  BackoffOptions::max, jitter included.
// Cost:    none.
// Source:  gRPC connection-backoff.md.
#ifndef TURBO_RPC_BACKOFF_H_
#define TURBO_RPC_BACKOFF_H_

#include <chrono>
#include <cstdint>

#include "framework/base/clock.h"

namespace turbo::rpc {

struct BackoffOptions {
  Duration initial = std::chrono::seconds(1);
  double multiplier = 1.6;
  // Up to that share longer or shorter: 0 to 1.
  double jitter = 0.2;
  Duration max = std::chrono::seconds(120);
};

class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options);

  // Of the try that failed now.
  Duration next();
  // One succeeded.
  void reset() { wait_ = options_.initial; }

 private:
  double random();  // 0 to 1

  BackoffOptions options_;
  Duration wait_;
  uint64_t state_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_BACKOFF_H_
