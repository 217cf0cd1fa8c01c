// Frames as they stand on the wire (RFC 9113 4.1). Private to the room.
//
// Owner:   none.
// Threads: any.
// Errors:  none.
// Limits:  none: whoever reads a head judges it.
// Cost:    a few loads and shifts.
#ifndef TURBO_HTTP2_FRAME_H_
#define TURBO_HTTP2_FRAME_H_

#include <cstddef>
#include <cstdint>

namespace turbo::http2 {

enum class FrameType : uint8_t {
  kData = 0x0,
  kHeaders = 0x1,
  kPriority = 0x2,
  kReset = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kPing = 0x6,
  kGoAway = 0x7,
  kWindowUpdate = 0x8,
  kContinuation = 0x9,
  kPriorityUpdate = 0x10,
};

inline constexpr uint8_t kFlagAck = 0x1;
inline constexpr uint8_t kFlagEndStream = 0x1;
inline constexpr uint8_t kFlagEndHeaders = 0x4;
inline constexpr uint8_t kFlagPadded = 0x8;
inline constexpr uint8_t kFlagPriority = 0x20;

inline constexpr size_t kFrameHeadSize = 9;
// What every peer takes, and we announce no more (RFC 9113 4.2).
inline constexpr size_t kMaxFramePayload = 16384;
// Of a window, a stream's number, and most other numbers.
inline constexpr uint32_t kMax31Bits = 0x7fffffff;

struct FrameHead {
  uint32_t length = 0;
  FrameType type = FrameType::kData;
  uint8_t flags = 0;
  int32_t stream = 0;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
};

inline uint32_t read_number(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

inline char* write_number(char* out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<char>(value >> shift);
  return out;
}

// Requires: kFrameHeadSize bytes.
inline FrameHead read_frame_head(const char* bytes) {
  const uint32_t first = read_number(bytes);
  return {.length = first >> 8,
          .type = static_cast<FrameType>(first & 0xff),
          .flags = static_cast<uint8_t>(bytes[4]),
          .stream = static_cast<int32_t>(read_number(bytes + 5) & kMax31Bits)};
}

inline char* write_frame_head(char* out, const FrameHead& head) {
  out = write_number(out, head.length << 8 | static_cast<uint8_t>(head.type));
  *out++ = static_cast<char>(head.flags);
  return write_number(out, static_cast<uint32_t>(head.stream));
}

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FRAME_H_
