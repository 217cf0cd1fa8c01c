#include "framework/http2/flood_guard.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace turbo::http2 {
namespace {

constexpr size_t index_of(Abuse abuse) { return static_cast<size_t>(abuse); }

}  // namespace

std::string_view abuse_name(Abuse abuse) {
  static constexpr std::array<std::string_view, kAbuseCount> kNames = {
      "resets",     "stream_errors",  "refused_streams", "headers",        "settings",      "pings",
      "priorities", "window_updates", "empty_data",      "unknown_frames", "unread_replies"};
  return kNames[index_of(abuse)];
}

const Rate& FloodGuard::rate_of(Abuse abuse) const {
  static constexpr Rate kNever = {0, 0};
  switch (abuse) {
    case Abuse::kResets:
      return limits_.resets;
    case Abuse::kStreamErrors:
      return limits_.stream_errors;
    case Abuse::kRefusedStreams:
      return limits_.refused_streams;
    case Abuse::kHeaders:
      return limits_.headers;
    case Abuse::kSettings:
      return limits_.settings;
    case Abuse::kPings:
      return limits_.pings;
    case Abuse::kPriorities:
      return limits_.priorities;
    case Abuse::kWindowUpdates:
      return limits_.window_updates;
    case Abuse::kEmptyData:
      return limits_.empty_data;
    case Abuse::kUnknownFrames:
      return limits_.unknown_frames;
    case Abuse::kUnreadReplies:
      break;
  }
  return kNever;
}

void FloodGuard::set_time(TimePoint now) {
  if (now - emptied_at_ < std::chrono::seconds(1)) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - emptied_at_);
  emptied_at_ += seconds;
  for (size_t i = 0; i < kAbuseCount; ++i) {
    const uint64_t drained =
        rate_of(static_cast<Abuse>(i)).per_second * static_cast<uint64_t>(seconds.count());
    levels_[i] -= static_cast<uint32_t>(std::min<uint64_t>(levels_[i], drained));
  }
}

bool FloodGuard::take_window_update_credit() {
  const uint64_t earned = std::exchange(unpaid_data_, 0) * limits_.window_updates_per_data;
  window_update_credit_ =
      std::min<uint64_t>(window_update_credit_ + earned, limits_.window_updates.burst);
  if (window_update_credit_ == 0) return false;
  --window_update_credit_;
  return true;
}

bool FloodGuard::count(Abuse abuse) {
  if (abuse == Abuse::kWindowUpdates && take_window_update_credit()) return true;
  uint32_t& level = levels_[index_of(abuse)];
  if (level >= rate_of(abuse).burst) return false;
  ++level;
  return true;
}

}  // namespace turbo::http2
