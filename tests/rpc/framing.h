// Messages as they are on the wire, made by hand, and all that a reader finds in some pieces.
#ifndef TURBO_TESTS_RPC_FRAMING_H_
#define TURBO_TESTS_RPC_FRAMING_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/rpc/compression.h"
#include "framework/rpc/message_reader.h"

namespace turbo::rpc {

inline std::string prefix(size_t bytes, char flags = 0) {
  return {flags, static_cast<char>(bytes >> 24), static_cast<char>(bytes >> 16),
          static_cast<char>(bytes >> 8), static_cast<char>(bytes)};
}

inline std::string framed(std::string_view message) {
  return prefix(message.size()) + std::string(message);
}

inline std::string framed_compressed(std::string_view message, Compression compression) {
  const std::string packed = compress(Buffer::copy_of(message), compression).to_string();
  return prefix(packed.size(), 1) + packed;
}

struct Reading {
  std::vector<std::string> messages;
  absl::Status status;  // of check_end(), or what next() failed with
};

inline Reading read_pieces(MessageReader reader, std::span<const std::string_view> pieces) {
  Reading reading;
  for (const std::string_view piece : pieces) {
    reader.add(Buffer::copy_of(piece));
    absl::StatusOr<std::optional<Buffer>> message = reader.next();
    for (; message.ok() && message->has_value(); message = reader.next()) {
      reading.messages.push_back((*message)->to_string());
    }
    reading.status = message.status();
  }
  if (reading.status.ok()) reading.status = reader.check_end();
  return reading;
}

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_FRAMING_H_
