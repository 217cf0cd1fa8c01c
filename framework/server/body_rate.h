// BodyRate: whether a request's body comes fast enough: in each body_timeout min_body_bytes must
// arrive, or the body's end (a slow POST).
//
// Owner:   who receives the body.
// Threads: one.
// Errors:  none.
// Limits:  HTTPServerOptions.
// Cost:    8 bytes; an addition a piece.
#ifndef TURBO_SERVER_BODY_RATE_H_
#define TURBO_SERVER_BODY_RATE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "framework/server/http_server_options.h"

namespace turbo {

class BodyRate {
 public:
  enum class Next : uint8_t { kNewWait, kSameWait, kTooLate };

  void restart() { bytes_ = waited_ms_ = 0; }
  void add(size_t bytes) { bytes_ += static_cast<uint32_t>(bytes); }

  // More of the body is waited for; `waiting`: it was so already. Single bytes do not begin a new
  // wait, nor does a handler that pauses the body in between.
  Next wait(const HTTPServerOptions& options, bool waiting) {
    if (bytes_ >= options.min_body_bytes) {
      restart();
    } else if (waiting) {
      return Next::kSameWait;
    } else if (std::chrono::milliseconds(waited_ms_) >= options.body_timeout &&
               options.body_timeout > Duration::zero()) {
      return Next::kTooLate;
    }
    return Next::kNewWait;
  }

  // The wait was left for the handler's sake.
  void paused(Duration waited) {
    waited_ms_ +=
        static_cast<uint32_t>(std::chrono::floor<std::chrono::milliseconds>(waited).count());
  }

 private:
  uint32_t bytes_ = 0;      // of the min_body_bytes that are waited for, have come
  uint32_t waited_ms_ = 0;  // for them, until the handler last paused the body
};

}  // namespace turbo

#endif  // TURBO_SERVER_BODY_RATE_H_
