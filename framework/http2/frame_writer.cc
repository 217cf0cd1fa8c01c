#include "framework/http2/frame_writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace turbo::http2 {
namespace {

constexpr size_t kFewBytes = 512;

}  // namespace

void FrameWriter::settings(std::span<const Setting> settings) {
  const size_t bytes = settings.size() * PeerSettings::kEntryBytes;
  char* const out = waiting_.reserve(kFrameHeadSize + bytes).data();
  char* at =
      write_frame_head(out, {.length = static_cast<uint32_t>(bytes), .type = FrameType::kSettings});
  for (const Setting& setting : settings) {
    const auto id = static_cast<uint16_t>(setting.id);
    *at++ = static_cast<char>(id >> 8);
    *at++ = static_cast<char>(id);
    at = write_number(at, setting.value);
  }
  waiting_.commit(kFrameHeadSize + bytes);
}

void FrameWriter::settings_ack() {
  ++acks_;
  numbers(FrameType::kSettings, kFlagAck, 0, {});
}

void FrameWriter::ping_ack(std::string_view payload) {
  ++acks_;
  frame({.length = static_cast<uint32_t>(payload.size()),
         .type = FrameType::kPing,
         .flags = kFlagAck},
        payload);
}

void FrameWriter::go_away(int32_t last, ErrorCode why, std::string_view debug) {
  std::array<char, kFrameHeadSize + 8> bytes;
  char* at = write_frame_head(bytes.data(), {.length = static_cast<uint32_t>(8 + debug.size()),
                                             .type = FrameType::kGoAway});
  at = write_number(at, static_cast<uint32_t>(last));
  write_number(at, static_cast<uint32_t>(why));
  waiting_.append({bytes.data(), bytes.size()});
  waiting_.append(debug);
}

void FrameWriter::numbers(FrameType type, uint8_t flags, int32_t stream,
                          std::initializer_list<uint32_t> numbers) {
  const size_t bytes = 4 * numbers.size();
  char* const out = waiting_.reserve(kFrameHeadSize + bytes).data();
  char* at = write_frame_head(
      out,
      {.length = static_cast<uint32_t>(bytes), .type = type, .flags = flags, .stream = stream});
  for (const uint32_t number : numbers) at = write_number(at, number);
  waiting_.commit(kFrameHeadSize + bytes);
}

void FrameWriter::frame(const FrameHead& head, std::string_view payload) {
  std::array<char, kFrameHeadSize> bytes;
  write_frame_head(bytes.data(), head);
  waiting_.append({bytes.data(), bytes.size()});
  waiting_.append(payload);
}

void FrameWriter::large_head(int32_t stream, bool ends_stream, std::string_view block) {
  FrameType type = FrameType::kHeaders;
  do {
    const std::string_view part = block.substr(0, kMaxFramePayload);
    block.remove_prefix(part.size());
    frame({.length = static_cast<uint32_t>(part.size()),
           .type = type,
           .flags = head_flags(ends_stream && type == FrameType::kHeaders, block.empty()),
           .stream = stream},
          part);
    type = FrameType::kContinuation;
  } while (!block.empty());
}

void FrameWriter::move_to(Buffer& out, size_t end) {
  if (out.size() + waiting_.size() <= end) {
    // Few bytes in a block of their own would hold it all for a peer that does not read.
    if (!out.empty() && waiting_.size() <= kFewBytes) {
      for (const std::string_view piece : waiting_) out.append(piece);
      waiting_.clear();
    } else {
      out.append(std::move(waiting_));
    }
    acks_ = preface_ = 0;
    return;
  }
  size_t bytes = std::exchange(preface_, 0);
  while (out.size() + bytes < end && bytes < waiting_.size()) {
    std::array<char, kFrameHeadSize> head;
    waiting_.copy_to(bytes, head);
    bytes += kFrameHeadSize + read_frame_head(head.data()).length;
  }
  out.append(waiting_.split(bytes));
  if (waiting_.empty()) acks_ = 0;
}

}  // namespace turbo::http2
