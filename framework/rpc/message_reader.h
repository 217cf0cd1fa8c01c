// MessageReader: finds the messages in the bytes of a call, whatever pieces they come in.
//
//   reader.add(std::move(piece));
//   while ((message = reader.next()).ok() && message->has_value()) ...
//   at the end of the bytes: reader.check_end()
//
// A message is a byte that says whether it is compressed, four bytes of length, big-endian, and so
// many bytes.
//
// Owner:   the call.
// Threads: one.
// Errors:  next(): kResourceExhausted for a length above max_message_bytes, before its bytes are
//          waited for; kInternal for a flag but 0 and 1, for a compressed message without an
//          encoding, and for one that is damaged. It stays with that. check_end(): kInternal inside
//          of a message.
// Limits:  max_message_bytes, of a message as sent and as decompressed.
// Cost:    bytes are moved, not copied, but for pieces of up to kSmallPieceBytes behind others,
//          each of which would keep the block alive that it was received in. No allocation, except
//          for messages that share a block or are compressed.
// Source:  gRPC over HTTP/2, "Length-Prefixed-Message".
#ifndef TURBO_RPC_MESSAGE_READER_H_
#define TURBO_RPC_MESSAGE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/buffer/buffer.h"
#include "framework/rpc/compression.h"

namespace turbo::rpc {

inline constexpr size_t kMessagePrefixBytes = 5;

class MessageReader {
 public:
  // gRPC's own default.
  static constexpr size_t kDefaultMaxMessageBytes = size_t{4} << 20;
  static constexpr size_t kSmallPieceBytes = 512;

  explicit MessageReader(size_t max_message_bytes = kDefaultMaxMessageBytes)
      : max_message_bytes_(max_message_bytes) {}

  // What a compressed message is compressed with.
  void set_compression(Compression compression) { compression_ = compression; }

  void add(Buffer piece);
  // The next message's bytes, decompressed; nothing: not all of it is there.
  absl::StatusOr<std::optional<Buffer>> next();
  // No bytes follow. Requires: next() gave nothing.
  absl::Status check_end() const;

  // Whether the message that next() gave last came compressed.
  bool was_compressed() const { return was_compressed_; }
  // Bytes that were added and not yet given by next().
  size_t size() const { return input_.size(); }

 private:
  void read_prefix();

  const size_t max_message_bytes_;
  Compression compression_ = Compression::kIdentity;
  bool has_prefix_ = false;
  bool compressed_ = false;
  bool was_compressed_ = false;
  uint32_t length_ = 0;  // of the message whose prefix was read
  absl::Status failure_;
  Buffer input_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_MESSAGE_READER_H_
