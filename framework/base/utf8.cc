#include "framework/base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace turbo {
namespace {

// The bytes of the sequence that begins with `lead`, and what its second byte may be (RFC 3629 4).
struct Sequence {
  size_t size;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xc2) return {0};
  if (lead < 0xe0) return {2};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

size_t skip_ascii(std::string_view text) {
  size_t at = 0;
  for (uint64_t word; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return at;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(skip_ascii(text));
    if (text.empty()) return true;
    const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
    const Sequence sequence = sequence_of(byte(0));
    if (sequence.size == 0 || sequence.size > text.size()) return false;
    if (sequence.size > 1 && (byte(1) < sequence.low || byte(1) > sequence.high)) return false;
    for (size_t i = 2; i < sequence.size; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return false;
    }
    text.remove_prefix(sequence.size);
  }
  return true;
}

}  // namespace turbo
