// FrameWatch: reads the heads of frames beside nghttp2, to count what nghttp2 lets pass or answers
// in silence: every kind of cheap frame, whichever stream it is for, and the CONTINUATIONs of one
// head.
//
// Owner:   the session.
// Threads: one.
// Errors:  none: what is malformed is nghttp2's to find.
// Limits:  kMaxContinuations, kMaxSettings, and the FloodGuard's.
// Cost:    some twenty instructions a frame.
#ifndef TURBO_HTTP2_FRAME_WATCH_H_
#define TURBO_HTTP2_FRAME_WATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framework/http2/flood_guard.h"

namespace turbo::http2 {

class FrameWatch {
 public:
  // CONTINUATIONs of one head, empty ones too; entries of one SETTINGS.
  static constexpr uint32_t kMaxContinuations = 8;
  static constexpr uint32_t kMaxSettings = 32;

  FrameWatch(FloodGuard& guard, size_t preface_bytes) : guard_(guard), skip_(preface_bytes) {}

  // How many bytes of `piece`, which follows the one before, may be handed on: fewer than all if a
  // frame is one too many, of which abuse() tells then.
  size_t watch(std::string_view piece);
  std::optional<Abuse> abuse() const { return abuse_; }
  // A header block has begun and not ended.
  bool in_head() const { return in_head_; }

 private:
  static constexpr size_t kHeadBytes = 9;

  struct FrameHead {
    uint32_t length;
    uint8_t type;
    uint8_t flags;
  };

  FrameHead parse() const;
  bool admit(const FrameHead& frame);
  bool admit_head(const FrameHead& frame);
  bool count(Abuse abuse);
  void end_frame();

  FloodGuard& guard_;
  size_t skip_;  // of a payload, or of the preface
  std::array<uint8_t, kHeadBytes> head_{};
  size_t head_bytes_ = 0;
  bool in_head_ = false;
  bool head_ends_ = false;  // with this frame
  uint32_t continuations_ = 0;
  std::optional<Abuse> abuse_;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FRAME_WATCH_H_
