#include "framework/http2/frame_watch.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

namespace turbo::http2 {
namespace {

constexpr size_t kSettingBytes = 6;

}  // namespace

size_t FrameWatch::watch(std::string_view piece) {
  size_t at = 0;
  while (at < piece.size()) {
    if (skip_ > 0) {
      const size_t passed = std::min(skip_, piece.size() - at);
      at += passed;
      skip_ -= passed;
      if (skip_ == 0) end_frame();
      continue;
    }
    const size_t part = std::min(kHeadBytes - head_bytes_, piece.size() - at);
    std::memcpy(head_.data() + head_bytes_, piece.data() + at, part);
    head_bytes_ += part;
    if (head_bytes_ < kHeadBytes) return piece.size();
    head_bytes_ = 0;
    const FrameHead frame = parse();
    if (!admit(frame)) return at;
    at += part;
    skip_ = frame.length;
    if (skip_ == 0) end_frame();
  }
  return at;
}

FrameWatch::FrameHead FrameWatch::parse() const {
  return {.length = uint32_t{head_[0]} << 16 | uint32_t{head_[1]} << 8 | head_[2],
          .type = head_[3],
          .flags = head_[4]};
}

void FrameWatch::end_frame() {
  if (!head_ends_) return;
  head_ends_ = false;
  in_head_ = false;
  continuations_ = 0;
}

bool FrameWatch::count(Abuse abuse) {
  if (guard_.count(abuse)) return true;
  abuse_ = abuse;
  return false;
}

bool FrameWatch::admit_head(const FrameHead& frame) {
  in_head_ = true;
  head_ends_ = (frame.flags & NGHTTP2_FLAG_END_HEADERS) != 0;
  if (frame.type == NGHTTP2_CONTINUATION && ++continuations_ > kMaxContinuations) {
    abuse_ = Abuse::kHeaders;
  }
  return !abuse_.has_value();
}

bool FrameWatch::admit(const FrameHead& frame) {
  const bool ack = (frame.flags & NGHTTP2_FLAG_ACK) != 0;
  const bool ends = (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.type) {
    case NGHTTP2_DATA:
      return frame.length > 0 || ends || count(Abuse::kEmptyData);
    case NGHTTP2_HEADERS:
    case NGHTTP2_PUSH_PROMISE:
    case NGHTTP2_CONTINUATION:
      return admit_head(frame);
    case NGHTTP2_RST_STREAM:
      return true;  // counted by who reset what
    case NGHTTP2_SETTINGS:
      if (frame.length > kMaxSettings * kSettingBytes) abuse_ = Abuse::kSettings;
      return !abuse_.has_value() && (ack || count(Abuse::kSettings));
    case NGHTTP2_PING:
      return ack || count(Abuse::kPings);
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PRIORITY_UPDATE:
      return count(Abuse::kPriorities);
    case NGHTTP2_WINDOW_UPDATE:
      return count(Abuse::kWindowUpdates);
    default:
      return count(Abuse::kUnknownFrames);
  }
}

}  // namespace turbo::http2
