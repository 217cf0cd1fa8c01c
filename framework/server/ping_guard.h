// PingGuard: whether a client pings oftener than it has reason to. Inside of an HTTP/2 connection.
//
// A PING that follows another too soon is a strike. What is asked or answered in between wipes them
// out: clients measure the round trip while data flows.
//
// Owner:   the connection.
// Threads: one.
// Errors:  none.
// Limits:  HTTP2Options::min_ping_interval, max_ping_strikes.
// Cost:    some instructions a PING.
#ifndef TURBO_SERVER_PING_GUARD_H_
#define TURBO_SERVER_PING_GUARD_H_

#include <cstdint>
#include <utility>

#include "framework/base/clock.h"
#include "framework/http2/session.h"
#include "framework/server/http_server_options.h"

namespace turbo {

class PingGuard {
 public:
  // What was asked and answered so far.
  struct Activity {
    http2::StreamID last_stream = 0;
    uint64_t body_bytes = 0;
    bool operator==(const Activity&) const = default;
  };

  // A PING has come. False: that is one too many.
  [[nodiscard]] bool admit(TimePoint now, const Activity& activity, const HTTP2Options& options) {
    if (options.min_ping_interval == Duration::zero()) return true;
    const bool early = std::exchange(last_, now) > now - options.min_ping_interval;
    if (std::exchange(activity_, activity) != activity) {
      strikes_ = 0;
      return true;
    }
    return !early || ++strikes_ <= options.max_ping_strikes;
  }

 private:
  TimePoint last_ = TimePoint::min();
  Activity activity_;  // at the last one
  uint32_t strikes_ = 0;
};

}  // namespace turbo

#endif  // TURBO_SERVER_PING_GUARD_H_
