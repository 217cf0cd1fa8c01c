// ReceiveWindow and SendWindow: how much may still come, and go (RFC 9113 5.2). Private to the
// room.
//
// Owner:   the session or a stream.
// Threads: one.
// Errors:  false: the peer exceeds the window, or makes it too large.
// Limits:  2^31 - 1.
// Cost:    an addition and a comparison.
#ifndef TURBO_HTTP2_FLOW_WINDOW_H_
#define TURBO_HTTP2_FLOW_WINDOW_H_

#include <cstdint>
#include <utility>

#include "framework/http2/frame.h"

namespace turbo::http2 {

// What every window begins with.
inline constexpr uint32_t kFirstWindow = 65535;

class ReceiveWindow {
 public:
  void start(uint32_t bytes) {
    limit_ = left_ = bytes;
    consumed_ = 0;
  }
  // Is to be kept so large from now on, which the peer will hear by WINDOW_UPDATE.
  void aim(uint32_t bytes) {
    consumed_ += int64_t{bytes} - limit_;
    limit_ = bytes;
  }
  // The same, and the peer knows by settings.
  void shift(int64_t change) {
    left_ += change;
    limit_ += change;
  }

  [[nodiscard]] bool receive(uint32_t bytes) {
    if (bytes > 0 && bytes > left_) return false;  // none needs no window (RFC 9113 6.9.1)
    left_ -= bytes;
    return true;
  }
  void consume(uint64_t bytes) { consumed_ += static_cast<int64_t>(bytes); }
  // So that not every few bytes are told.
  bool update_due() const { return consumed_ > 0 && consumed_ >= limit_ / 2; }
  // The WINDOW_UPDATE that opens it again. Requires: there is something to tell.
  uint32_t update() {
    left_ += consumed_;
    return static_cast<uint32_t>(std::exchange(consumed_, 0));
  }

 private:
  int64_t limit_ = kFirstWindow;
  int64_t left_ = kFirstWindow;
  int64_t consumed_ = 0;  // and not told
};

// May be negative, by a setting.
class SendWindow {
 public:
  void start(int64_t bytes) { left_ = bytes; }
  int64_t left() const { return left_; }
  void send(uint64_t bytes) { left_ -= static_cast<int64_t>(bytes); }
  [[nodiscard]] bool change(int64_t bytes) {
    left_ += bytes;
    return left_ <= kMax31Bits;
  }

 private:
  int64_t left_ = kFirstWindow;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FLOW_WINDOW_H_
