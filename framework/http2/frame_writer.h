// FrameWriter: frames that wait to be sent, all but DATA, laid behind each other. Private to the
// room.
//
// Owner:   the session.
// Threads: one.
// Errors:  none.
// Limits:  whoever writes bounds them, by size() and acks().
// Cost:    a frame is written once; move_to() hands over its blocks.
#ifndef TURBO_HTTP2_FRAME_WRITER_H_
#define TURBO_HTTP2_FRAME_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "framework/buffer/buffer.h"
#include "framework/http2/error_code.h"
#include "framework/http2/frame.h"
#include "framework/http2/peer_settings.h"

namespace turbo::http2 {

struct Setting {
  SettingID id;
  uint32_t value;
};

class FrameWriter {
 public:
  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  // Answers among them to SETTINGS and PING.
  size_t acks() const { return acks_; }

  void preface(std::string_view bytes) {
    waiting_.append(bytes);
    preface_ = bytes.size();
  }
  void settings(std::span<const Setting> settings);
  void settings_ack();
  void ping() { numbers(FrameType::kPing, 0, 0, {0, 0}); }
  // `payload`: eight bytes.
  void ping_ack(std::string_view payload);
  void reset(int32_t stream, ErrorCode why) {
    numbers(FrameType::kReset, 0, stream, {static_cast<uint32_t>(why)});
  }
  void window_update(int32_t stream, uint32_t bytes) {
    numbers(FrameType::kWindowUpdate, 0, stream, {bytes});
  }
  void go_away(int32_t last, ErrorCode why, std::string_view debug = {});

  // HEADERS of a block of at most kMaxFramePayload bytes: room for them, to be written there, and
  // how many they became.
  char* begin_head(size_t max_bytes) {
    head_ = waiting_.reserve(kFrameHeadSize + max_bytes).data();
    return head_ + kFrameHeadSize;
  }
  void end_head(int32_t stream, bool ends_stream, const char* end) {
    const auto bytes = static_cast<size_t>(end - head_) - kFrameHeadSize;
    write_frame_head(head_, {.length = static_cast<uint32_t>(bytes),
                             .type = FrameType::kHeaders,
                             .flags = head_flags(ends_stream, true),
                             .stream = stream});
    waiting_.commit(kFrameHeadSize + bytes);
  }
  // A larger one, as HEADERS and CONTINUATIONs.
  void large_head(int32_t stream, bool ends_stream, std::string_view block);

  // Whole frames, until `out` has `end` bytes or a frame more.
  void move_to(Buffer& out, size_t end);

 private:
  static uint8_t head_flags(bool ends_stream, bool ends_head) {
    return static_cast<uint8_t>((ends_stream ? kFlagEndStream : 0) |
                                (ends_head ? kFlagEndHeaders : 0));
  }
  void numbers(FrameType type, uint8_t flags, int32_t stream,
               std::initializer_list<uint32_t> numbers);
  void frame(const FrameHead& head, std::string_view payload);

  Buffer waiting_;
  size_t acks_ = 0;
  char* head_ = nullptr;
  size_t preface_ = 0;  // bytes in front that are no frame
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FRAME_WRITER_H_
