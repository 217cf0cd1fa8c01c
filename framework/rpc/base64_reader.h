// Base64Reader: the bytes of base64 that comes in pieces of any size, and that is several texts one
// behind the other, each with its own padding.
//
//   if (!reader.read(piece, out)) ...     out has the bytes of all groups of four that are whole
//   at the end: reader.whole()
//
// Owner:   the call.
// Threads: one.
// Errors:  read() is false for what is no base64 (RFC 4648, strict: no blanks, no line ends). It
//          stays with that.
// Limits:  none: `out` gets three bytes for four.
// Cost:    one string for each text and piece.
// Source:  gRPC-Web (PROTOCOL-WEB.md), "Text-encoded streams".
#ifndef TURBO_RPC_BASE64_READER_H_
#define TURBO_RPC_BASE64_READER_H_

#include <array>
#include <cstddef>
#include <string_view>

#include "framework/buffer/buffer.h"

namespace turbo::rpc {

class Base64Reader {
 public:
  [[nodiscard]] bool read(const Buffer& piece, Buffer& out);
  // No group of four is left half read.
  bool whole() const { return !failed_ && left_size_ == 0; }

 private:
  bool read_piece(std::string_view text, Buffer& out);

  static constexpr size_t kGroup = 4;

  std::array<char, kGroup> left_;  // of a group that is not whole
  size_t left_size_ = 0;
  bool failed_ = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_BASE64_READER_H_
