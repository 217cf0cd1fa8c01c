// Cursor: reads a Buffer from front to back without changing it. For parsers of binary and text
// formats.
//
// Owner:   the stack; refers to a buffer that must not change while the cursor is in use.
// Threads: the buffer's.
// Errors:  a read that wants more than remaining() answers false or nullopt and moves nothing.
// Limits:  none.
// Cost:    a few instructions a read inside a piece; O(pieces) across.
#ifndef TURBO_BUFFER_CURSOR_H_
#define TURBO_BUFFER_CURSOR_H_

#include <concepts>
#include <optional>
#include <span>
#include <string_view>

#include "framework/buffer/buffer.h"

namespace turbo {

class Cursor {
 public:
  explicit Cursor(const Buffer& buffer);

  size_t position() const { return position_; }
  size_t remaining() const { return remaining_; }

  // The contiguous bytes at the cursor; empty only at the end.
  std::string_view peek() const { return piece_; }

  // Requires: bytes <= remaining().
  void skip(size_t bytes);

  // Copies out.size() bytes and moves past them.
  [[nodiscard]] bool read(std::span<char> out);

  // One unsigned integer in network byte order.
  template <std::unsigned_integral T>
  [[nodiscard]] std::optional<T> read_big_endian();

 private:
  void next_piece();

  Buffer::PieceIterator next_;
  std::string_view piece_;
  size_t position_ = 0;
  size_t remaining_ = 0;
};

template <std::unsigned_integral T>
std::optional<T> Cursor::read_big_endian() {
  unsigned char bytes[sizeof(T)];
  if (!read({reinterpret_cast<char*>(bytes), sizeof(T)})) return std::nullopt;
  T value = 0;
  for (unsigned char byte : bytes) value = static_cast<T>(value << 8 | byte);
  return value;
}

}  // namespace turbo

#endif  // TURBO_BUFFER_CURSOR_H_
