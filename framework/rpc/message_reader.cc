#include "framework/rpc/message_reader.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace turbo::rpc {

void MessageReader::add(Buffer piece) {
  if (input_.empty() || piece.size() > kSmallPieceBytes) return input_.append(std::move(piece));
  for (const std::string_view bytes : piece) input_.append(bytes);
}

absl::StatusOr<std::optional<Buffer>> MessageReader::next() {
  if (failure_.ok() && !has_prefix_ && input_.size() >= kMessagePrefixBytes) read_prefix();
  if (!failure_.ok()) return failure_;
  if (!has_prefix_ || input_.size() < length_) return std::nullopt;
  has_prefix_ = false;
  was_compressed_ = compressed_;
  Buffer message = input_.split(length_);
  if (!compressed_) return message;
  absl::StatusOr<Buffer> plain = decompress(std::move(message), compression_, max_message_bytes_);
  if (plain.ok()) return *std::move(plain);
  return failure_ = plain.status();
}

void MessageReader::read_prefix() {
  std::array<char, kMessagePrefixBytes> prefix;
  input_.copy_to(0, prefix);
  input_.drain(kMessagePrefixBytes);
  has_prefix_ = true;
  const auto byte_at = [&prefix](size_t i) { return uint32_t{static_cast<uint8_t>(prefix[i])}; };
  length_ = byte_at(1) << 24 | byte_at(2) << 16 | byte_at(3) << 8 | byte_at(4);
  compressed_ = byte_at(0) == 1;
  if (byte_at(0) > 1) {
    failure_ = absl::InternalError(absl::StrCat("a message with the flags ", byte_at(0)));
  } else if (compressed_ && compression_ == Compression::kIdentity) {
    failure_ = absl::InternalError("a compressed message in a call without grpc-encoding");
  } else if (length_ > max_message_bytes_) {
    failure_ = absl::ResourceExhaustedError(absl::StrCat("a message of ", length_, " bytes, where ",
                                                         max_message_bytes_, " are allowed"));
  }
}

absl::Status MessageReader::check_end() const {
  if (!failure_.ok()) return failure_;
  if (!has_prefix_ && input_.empty()) return absl::OkStatus();
  return absl::InternalError("the end inside of a message");
}

}  // namespace turbo::rpc
