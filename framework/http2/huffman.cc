#include "framework/http2/huffman.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace turbo::http2 {
namespace {

constexpr size_t kSymbols = 257;
constexpr size_t kEOS = 256;
constexpr unsigned kLongest = 30;
constexpr unsigned kStepBits = 12;

// How many bits the code of each symbol has.
constexpr std::array<uint8_t, kSymbols> kBits = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  // 0
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  //
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   // ' '
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  // '0'
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   // '@'
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   // 'P'
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   // '`'
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  // 'p'
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  // 128
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  //
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  // 192
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  //
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  //
    30};

// The canonical code: codes of a length are consecutive, in the order of their symbols, and follow
// the shorter ones.
struct Canon {
  std::array<uint16_t, kSymbols> symbols{};         // by code
  std::array<uint32_t, kLongest + 1> first_code{};  // of a length
  std::array<uint16_t, kLongest + 1> first_at{};    // its place in `symbols`
  std::array<uint32_t, kLongest + 1> limit{};  // codes of a length, at the top of 32 bits, are less
};

constexpr Canon make_canon() {
  Canon canon;
  std::array<uint16_t, kLongest + 1> counts{};
  for (const uint8_t bits : kBits) ++counts[bits];
  uint32_t code = 0;
  uint16_t at = 0;
  for (unsigned bits = 1; bits <= kLongest; ++bits) {
    code <<= 1;
    canon.first_code[bits] = code;
    canon.first_at[bits] = at;
    code += counts[bits];
    at = static_cast<uint16_t>(at + counts[bits]);
    canon.limit[bits] = static_cast<uint32_t>(uint64_t{code} << (32 - bits));
  }
  std::array<uint16_t, kLongest + 1> next = canon.first_at;
  for (uint16_t symbol = 0; symbol < kSymbols; ++symbol) {
    canon.symbols[next[kBits[symbol]]++] = symbol;
  }
  return canon;
}

constexpr Canon kCanon = make_canon();

constexpr std::array<uint32_t, 256> make_codes() {
  std::array<uint32_t, 256> codes{};
  for (unsigned bits = 1, at = 0; bits <= kLongest; ++bits) {
    for (uint32_t code = kCanon.first_code[bits]; at < kSymbols; ++code, ++at) {
      const uint16_t symbol = kCanon.symbols[at];
      if (kBits[symbol] != bits) break;
      if (symbol != kEOS) codes[symbol] = code;
    }
  }
  return codes;
}

constexpr std::array<uint32_t, 256> kCodes = make_codes();

// What so many bits begin with: one symbol, or two.
struct Step {
  std::array<char, 2> text{};
  uint8_t count = 0;
  uint8_t bits = 0xff;  // the first symbol's code is longer
};

using Steps = std::array<Step, 1 << kStepBits>;

// By the inverse of those bits, see BitReader.
constexpr Steps make_steps() {
  Steps steps{};
  constexpr uint32_t kMask = static_cast<uint32_t>(steps.size()) - 1;
  for (size_t symbol = 0; symbol < kEOS; ++symbol) {
    if (kBits[symbol] > kStepBits) continue;
    const unsigned rest = kStepBits - kBits[symbol];
    const uint32_t begin = kCodes[symbol] << rest;
    for (uint32_t i = begin; i < begin + (1u << rest); ++i) {
      steps[kMask - i] = {{static_cast<char>(symbol), 0}, 1, kBits[symbol]};
    }
  }
  for (uint32_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[kMask - i];
    if (step.count == 0) continue;
    // It may have become two symbols already.
    const Step& next = steps[kMask - ((i << step.bits) & kMask)];
    if (next.count == 0) continue;
    const auto symbol = static_cast<uint8_t>(next.text[0]);
    if (step.bits + kBits[symbol] > static_cast<int>(kStepBits)) continue;
    step.text[1] = next.text[0];
    step.count = 2;
    step.bits = static_cast<uint8_t>(step.bits + kBits[symbol]);
  }
  return steps;
}

constexpr Steps kSteps = make_steps();

template <class Number>
uint64_t load_big_endian(const char* p) {
  Number number;
  std::memcpy(&number, p, sizeof(number));
  if (std::endian::native == std::endian::big) return number;
  return sizeof(number) == 8 ? __builtin_bswap64(number) : __builtin_bswap32(number);
}

// 1 to 7 bytes at the top of a word. Loads overlap, so that there is no loop.
uint64_t load_few(const char* p, size_t count) {
  const auto last_shift = static_cast<unsigned>(64 - 8 * count);
  if (count >= 4) {
    return load_big_endian<uint32_t>(p) << 32 | load_big_endian<uint32_t>(p + count - 4)
                                                    << last_shift;
  }
  const auto byte = [p](size_t at) { return uint64_t{static_cast<uint8_t>(p[at])}; };
  return byte(0) << 56 | byte(count / 2) << (56 - 8 * (count / 2)) | byte(count - 1) << last_shift;
}

// The bits that were read and not yet decoded, at the top of a word. They are kept inverted, so
// that ones, which padding is made of, follow the last.
class BitReader {
 public:
  explicit BitReader(std::string_view coded)
      : next_(coded.data()), end_(coded.data() + coded.size()) {}

  // Afterwards there are enough for any symbol, or all there are.
  void fill() {
    if (have_ >= kLongest || next_ == end_) return;
    const size_t room = (63 - have_) >> 3;
    const auto left = static_cast<size_t>(end_ - next_);
    if (left >= 8) {
      // Bits below those that count come once more next time.
      inverted_ |= ~load_big_endian<uint64_t>(next_) >> have_;
      next_ += room;
      have_ |= 56;
      return;
    }
    const size_t count = std::min(room, left);
    const uint64_t none = ~uint64_t{0} >> (8 * count);
    inverted_ |= ~(load_few(next_, count) | none) >> have_;
    next_ += count;
    have_ += static_cast<unsigned>(8 * count);
  }

  unsigned have() const { return have_; }
  uint32_t peek_step() const { return static_cast<uint32_t>(inverted_ >> (64 - kStepBits)); }
  uint32_t peek_32() const { return static_cast<uint32_t>(~inverted_ >> 32); }
  void skip(unsigned bits) {
    inverted_ <<= bits;
    have_ -= bits;
  }
  // What is left when no symbol follows.
  bool is_padding() const { return have_ < 8 && inverted_ == 0; }

 private:
  const char* next_;
  const char* end_;
  uint64_t inverted_ = 0;
  unsigned have_ = 0;
};

// A symbol whose code is longer than a step. False: there is none, or it is EOS.
bool decode_long(BitReader& reader, char*& out) {
  if (reader.have() <= kStepBits) return false;
  const uint32_t code = reader.peek_32();
  unsigned bits = kStepBits + 1;
  while (bits < kLongest && code >= kCanon.limit[bits]) ++bits;
  if (bits > reader.have()) return false;
  const uint16_t symbol =
      kCanon.symbols[kCanon.first_at[bits] + (code >> (32 - bits)) - kCanon.first_code[bits]];
  if (symbol == kEOS) return false;
  *out++ = static_cast<char>(symbol);
  reader.skip(bits);
  return true;
}

// Where a step is not all there: its first symbol may be.
bool decode_one(const Step& step, BitReader& reader, char*& out) {
  if (step.count == 0) return decode_long(reader, out);
  const unsigned bits = kBits[static_cast<uint8_t>(step.text[0])];
  if (bits > reader.have()) return false;
  *out++ = step.text[0];
  reader.skip(bits);
  return true;
}

}  // namespace

char* huffman_decode(std::string_view coded, char* out) {
  BitReader reader(coded);
  for (;;) {
    reader.fill();
    const Step& step = kSteps[reader.peek_step()];
    if (step.bits <= reader.have()) [[likely]] {
      std::memcpy(out, step.text.data(), 2);
      out += step.count;
      reader.skip(step.bits);
    } else if (!decode_one(step, reader, out)) {
      return reader.is_padding() ? out : nullptr;
    }
  }
}

size_t huffman_size(std::string_view text) {
  size_t bits = 0;
  for (const char c : text) bits += kBits[static_cast<uint8_t>(c)];
  return (bits + 7) / 8;
}

char* huffman_encode(std::string_view text, char* out) {
  uint64_t bits = 0;
  unsigned have = 0;  // at the bottom of `bits`
  for (const char c : text) {
    const auto symbol = static_cast<uint8_t>(c);
    bits = bits << kBits[symbol] | kCodes[symbol];
    have += kBits[symbol];
    while (have >= 8) {
      have -= 8;
      *out++ = static_cast<char>(bits >> have);
    }
  }
  if (have != 0) *out++ = static_cast<char>(bits << (8 - have) | 0xff >> have);
  return out;
}

}  // namespace turbo::http2
