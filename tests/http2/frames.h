// Raw frames: written field by field, right or wrong, and read back as lines of text.
#ifndef TURBO_TESTS_HTTP2_FRAMES_H_
#define TURBO_TESTS_HTTP2_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/http2/error_code.h"
#include "framework/http2/session.h"

namespace turbo::http2 {

enum : uint8_t {
  kDataFrame,
  kHeadersFrame,
  kPriorityFrame,
  kResetFrame,
  kSettingsFrame,
  kPushFrame,
  kPingFrame,
  kGoAwayFrame,
  kWindowUpdateFrame,
  kContinuationFrame,
  kPriorityUpdateFrame = 0x10,
};

inline constexpr uint8_t kAck = 1;
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kEndHeaders = 4;
inline constexpr uint8_t kPadded = 8;
inline constexpr uint8_t kPriority = 0x20;

inline std::string number(uint32_t value, int bytes = 4) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(value >> shift));
  }
  return text;
}

inline std::string frame(uint8_t type, uint8_t flags, uint32_t stream,
                         std::string_view payload = {}) {
  std::string text = number(static_cast<uint32_t>(payload.size()), 3);
  return text + number(type, 1) + number(flags, 1) + number(stream) + std::string(payload);
}

// An HPACK integer with a prefix of so many bits (RFC 7541 5.1).
inline std::string hpack_number(size_t value, int bits) {
  const size_t most = (size_t{1} << bits) - 1;
  if (value < most) return number(static_cast<uint32_t>(value), 1);
  std::string text = number(static_cast<uint32_t>(most), 1);
  for (value -= most; value >= 128; value >>= 7) text.push_back(static_cast<char>(value | 128));
  return text + static_cast<char>(value);
}

// A literal without indexing and without Huffman coding: what stands here is what arrives.
inline std::string literal(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + hpack_number(name.size(), 7) + std::string(name) +
         hpack_number(value.size(), 7) + std::string(value);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string block(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += literal(name, value);
  return text;
}

// The pseudo-header fields of a request and what is to follow.
inline Fields request_fields(std::string method, const Fields& more = {}, std::string path = "/") {
  Fields fields = {{":method", std::move(method)},
                   {":scheme", "https"},
                   {":path", std::move(path)},
                   {":authority", "a.example"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline std::string headers(uint32_t stream, const Fields& fields, uint8_t flags = kEndStream) {
  return frame(kHeadersFrame, flags | kEndHeaders, stream, block(fields));
}

inline std::string get(uint32_t stream, const Fields& more = {}) {
  return headers(stream, request_fields("GET", more));
}

inline std::string data(uint32_t stream, std::string_view bytes, uint8_t flags = 0) {
  return frame(kDataFrame, flags, stream, bytes);
}

inline std::string settings(const std::vector<std::pair<uint32_t, uint32_t>>& entries = {}) {
  std::string payload;
  for (const auto& [id, value] : entries) payload += number(id, 2) + number(value);
  return frame(kSettingsFrame, 0, 0, payload);
}

// What a client begins with.
inline std::string greeting() { return std::string(kPreface) + settings(); }

inline std::string repeat(std::string_view text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

struct SeenFrame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string_view payload;
};

inline uint32_t number_in(std::string_view text, size_t at, size_t bytes = 4) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(text[at + i]);
  return value;
}

// Takes one whole frame off the front.
inline bool next_frame(std::string_view& bytes, SeenFrame& seen) {
  if (bytes.size() < 9) return false;
  const size_t length = number_in(bytes, 0, 3);
  if (bytes.size() < 9 + length) return false;
  seen = {static_cast<uint8_t>(bytes[3]), static_cast<uint8_t>(bytes[4]), number_in(bytes, 5),
          bytes.substr(9, length)};
  bytes.remove_prefix(9 + length);
  return true;
}

inline std::string error_in(std::string_view payload, size_t at) {
  return std::string(error_name(static_cast<ErrorCode>(number_in(payload, at))));
}

// "DATA 1 [5] end", "RST_STREAM 1 CANCEL", "GOAWAY 3 NO_ERROR".
inline std::string text_of(const SeenFrame& seen) {
  const std::string stream = std::to_string(seen.stream);
  const std::string end = (seen.flags & kEndStream) != 0 ? " end" : "";
  const std::string ack = (seen.flags & kAck) != 0 ? " ack" : "";
  switch (seen.type) {
    case kDataFrame:
      return "DATA " + stream + " [" + std::to_string(seen.payload.size()) + "]" + end;
    case kHeadersFrame:
      return "HEADERS " + stream + end;
    case kResetFrame:
      return "RST_STREAM " + stream + " " + error_in(seen.payload, 0);
    case kSettingsFrame:
      return "SETTINGS" + ack;
    case kPingFrame:
      return "PING" + ack;
    case kGoAwayFrame:
      return "GOAWAY " + std::to_string(number_in(seen.payload, 0)) + " " +
             error_in(seen.payload, 4);
    case kWindowUpdateFrame:
      return "WINDOW_UPDATE " + stream + " " + std::to_string(number_in(seen.payload, 0));
    case kContinuationFrame:
      return "CONTINUATION " + stream;
    default:
      return "frame " + std::to_string(seen.type);
  }
}

// All of them, and " + n bytes" for what is not whole.
inline std::vector<std::string> frames_in(std::string_view bytes) {
  std::vector<std::string> lines;
  for (SeenFrame seen; next_frame(bytes, seen);) lines.push_back(text_of(seen));
  if (!bytes.empty()) lines.push_back("+ " + std::to_string(bytes.size()) + " bytes");
  return lines;
}

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_FRAMES_H_
