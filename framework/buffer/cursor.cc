#include "framework/buffer/cursor.h"

#include <algorithm>
#include <cstring>

#include "framework/base/check.h"

namespace turbo {

Cursor::Cursor(const Buffer& buffer) : next_(buffer.begin()), remaining_(buffer.size()) {
  if (remaining_ > 0) next_piece();
}

void Cursor::next_piece() {
  piece_ = *next_;
  ++next_;
}

void Cursor::skip(size_t bytes) {
  TURBO_CHECK(bytes <= remaining_, "skip() past the end");
  position_ += bytes;
  remaining_ -= bytes;
  while (bytes >= piece_.size()) {
    bytes -= piece_.size();
    piece_ = {};
    if (next_ == Buffer::PieceIterator()) return;
    next_piece();
  }
  piece_.remove_prefix(bytes);
}

bool Cursor::read(std::span<char> out) {
  if (out.size() > remaining_) return false;
  while (!out.empty()) {
    const size_t count = std::min(out.size(), piece_.size());
    std::memcpy(out.data(), piece_.data(), count);
    out = out.subspan(count);
    skip(count);
  }
  return true;
}

}  // namespace turbo
