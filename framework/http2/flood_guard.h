// FloodGuard: counts what a peer sends that costs it little and us more, and says when it is
// enough.
//
// Each kind has a bucket: what comes fills it, time empties it, and one that runs over ends the
// session with ENHANCE_YOUR_CALM. So a client may cancel a page of pictures at once, and one that
// does nothing else is cut off.
//
// Owner:   the session.
// Threads: one.
// Errors:  none.
// Limits:  these are they.
// Cost:    an addition and a comparison an event; the clock is handed in.
// Source:  CVE-2023-44487 (rapid reset), CVE-2025-8671 (MadeYouReset), CVE-2024-27316
//          (CONTINUATION), CVE-2019-9511 to 9518 (PING, SETTINGS, PRIORITY, empty DATA).
#ifndef TURBO_HTTP2_FLOOD_GUARD_H_
#define TURBO_HTTP2_FLOOD_GUARD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/base/clock.h"

namespace turbo::http2 {

enum class Abuse : uint8_t {
  kResets,          // streams the peer opened and reset: rapid reset
  kStreamErrors,    // streams we had to reset for what the peer sent: MadeYouReset
  kRefusedStreams,  // streams opened beyond max_concurrent_streams
  kHeaders,         // header blocks beyond the limits: CONTINUATION floods, HPACK bombs
  kSettings,
  kPings,
  kPriorities,     // PRIORITY and PRIORITY_UPDATE
  kWindowUpdates,  // more than our DATA calls for
  kEmptyData,      // DATA without bytes that ends nothing, or of a few that no stream takes
  kUnknownFrames,  // and GOAWAY
  kUnreadReplies,  // answers to SETTINGS and PING pile up, since the peer does not read
};
inline constexpr size_t kAbuseCount = 11;

// "resets", "stream_errors": as metrics call it.
std::string_view abuse_name(Abuse abuse);

// So many at once, and so many a second for ever.
struct Rate {
  uint32_t burst;
  uint32_t per_second;
};

struct FloodLimits {
  // A browser that leaves a page resets all its streams at once, at most max_concurrent_streams.
  Rate resets = {400, 40};
  Rate stream_errors = {100, 10};
  // Those that were on their way when the client learned of the limit.
  Rate refused_streams = {400, 40};
  Rate headers = {20, 1};
  Rate settings = {100, 1};
  // Clients measure the round trip by PING while data flows.
  Rate pings = {500, 50};
  Rate priorities = {1000, 100};
  // Each DATA frame sent allows window_updates_per_data more, but a tiny one that a window cut
  // short does not; up to a burst of them may wait. gRPC's clients answer every message with two.
  Rate window_updates = {1000, 100};
  uint32_t window_updates_per_data = 4;
  Rate empty_data = {200, 20};
  Rate unknown_frames = {200, 20};
};

class FloodGuard {
 public:
  explicit FloodGuard(const FloodLimits& limits) : limits_(limits) {}

  // Before what one read brought is looked at. Buckets are emptied once a second.
  void set_time(TimePoint now);
  // What was said last, or up to a second before.
  TimePoint time() const { return emptied_at_; }
  // False: that was one too many.
  [[nodiscard]] bool count(Abuse abuse);
  void data_sent() { ++unpaid_data_; }

 private:
  const Rate& rate_of(Abuse abuse) const;
  bool take_window_update_credit();

  const FloodLimits& limits_;
  TimePoint emptied_at_{};
  std::array<uint32_t, kAbuseCount> levels_{};
  uint64_t unpaid_data_ = 0;  // DATA frames sent since the credit was looked at
  uint64_t window_update_credit_ = 0;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FLOOD_GUARD_H_
