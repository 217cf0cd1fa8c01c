// Scanning primitives of the parsers: where does a run of allowed bytes end? Private to the room.
//
// Each answers the first position in [begin, end) whose byte is not of the class, or `end`.
//
// Owner:   none.
// Threads: any.
// Errors:  none.
// Limits:  no byte at or past `end` is read.
// Cost:    16 bytes a step with SSE2, else and for the last 15 bytes a table look-up a byte. The
//          table is the reference (scan_table below) that the tests compare with.
#ifndef TURBO_HTTP_SCAN_H_
#define TURBO_HTTP_SCAN_H_

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace turbo::http {

enum ByteClass : uint8_t {
  kTokenByte = 1,   // tchar (RFC 9110 5.6.2)
  kValueByte = 2,   // field-vchar, SP and HTAB (RFC 9110 5.5)
  kTargetByte = 4,  // visible ASCII but '#': what the targets browsers send are made of
  kHostByte = 8,    // reg-name (RFC 3986 3.2.2) without ',', which only lists of hosts hold
  kHexByte = 16,
};

constexpr std::array<uint8_t, 256> make_byte_classes() {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto one_of = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    uint8_t bits = 0;
    if (alnum || one_of("!#$%&'*+-.^_`|~")) bits |= kTokenByte;
    if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= kValueByte;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTargetByte;
    if (alnum || one_of("-._~%!$&'()*+;=")) bits |= kHostByte;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      bits |= kHexByte;
    classes[static_cast<size_t>(c)] = bits;
  }
  return classes;
}

inline constexpr std::array<uint8_t, 256> kByteClasses = make_byte_classes();

inline bool is_byte(char c, ByteClass wanted) {
  return (kByteClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

// Requires: a hex digit.
constexpr unsigned hex_digit_value(char c) {
  return c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

inline const char* scan_table(const char* p, const char* end, ByteClass wanted) {
  while (p != end && is_byte(*p, wanted)) ++p;
  return p;
}

#ifdef __SSE2__

inline __m128i load_16(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// Bytes from low to high, both inclusive: moved to the lowest signed values, one comparison tells
// them. Requires: low <= high < 0x7f.
inline __m128i in_range(__m128i bytes, char low, char high) {
  return _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - low))),
                        _mm_set1_epi8(static_cast<char>(-128 + (high - low) + 1)));
}

inline unsigned mask_of(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }

#endif

#ifdef __SSE2__

// The place of the lowest bit set. Requires: there is one.
inline size_t first_bit(unsigned bits) { return static_cast<unsigned>(__builtin_ctz(bits)); }

// What `look` says of the 16 bytes at `p`, or of fewer if `end` is nearer: then the bits past it
// are 0. Requires: p <= end, and the 16 bytes before `end` may be read.
template <typename Look>
unsigned mask_before(const char* p, const char* end, Look look) {
  if (end - p >= 16) [[likely]]
    return look(load_16(p));
  return look(load_16(end - 16)) >> (16 - (end - p));
}

// One bit for each of 16 bytes that is no letter, digit or '-': the other token bytes are rare in
// names.
inline unsigned other_than_name_bytes(__m128i bytes) {
  const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
  const __m128i others =
      _mm_or_si128(in_range(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
  return mask_of(_mm_or_si128(letters, others)) ^ 0xffff;
}

// One bit for each control byte.
inline unsigned control_bytes(__m128i bytes) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return mask_of(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f))));
}

// One bit for each control byte but HTAB.
inline unsigned other_than_value_bytes(__m128i bytes) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')), low);
  return mask_of(_mm_or_si128(control, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f))));
}

#endif

#ifdef __SSE2__

// The first control byte, HTAB included, or `end`. Requires: as mask_before.
inline const char* find_control_byte(const char* p, const char* end) {
  do {
    const unsigned stop = mask_before(p, end, control_bytes);
    if (stop != 0) return p + first_bit(stop);
    p += 16;
  } while (p < end);
  return end;
}

#endif

inline const char* scan_token(const char* p, const char* end) {
#ifdef __SSE2__
  while (end - p >= 16) {
    const unsigned stop = other_than_name_bytes(load_16(p));
    if (stop == 0) {
      p += 16;
      continue;
    }
    p += first_bit(stop);
    if (!is_byte(*p, kTokenByte)) return p;
    ++p;
  }
#endif
  return scan_table(p, end, kTokenByte);
}

inline const char* scan_value(const char* p, const char* end) {
#ifdef __SSE2__
  while (end - p >= 16) {
    const unsigned stop = other_than_value_bytes(load_16(p));
    if (stop != 0) return p + first_bit(stop);
    p += 16;
  }
#endif
  return scan_table(p, end, kValueByte);
}

struct TargetScan {
  const char* end;
  const char* question = nullptr;  // the first '?', if any
};

inline TargetScan scan_target_table(const char* p, const char* end, const char* question) {
  for (; p != end && is_byte(*p, kTargetByte); ++p) {
    if (*p == '?' && question == nullptr) question = p;
  }
  return {p, question};
}

inline TargetScan scan_target(const char* p, const char* end) {
  const char* question = nullptr;
#ifdef __SSE2__
  while (end - p >= 16) {
    const __m128i bytes = load_16(p);
    // Bytes from 0x80 on are negative: one signed comparison refuses them with the controls and the
    // space.
    const __m128i good = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
    const unsigned stop = mask_of(_mm_andnot_si128(bad, good)) ^ 0xffff;
    unsigned questions = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('?')));
    if (stop != 0) questions &= (stop & (0u - stop)) - 1;
    if (questions != 0 && question == nullptr) question = p + first_bit(questions);
    if (stop != 0) return {p + first_bit(stop), question};
    p += 16;
  }
#endif
  return scan_target_table(p, end, question);
}

#ifdef __SSE2__

// The first eight and the last eight bytes of a text of 8 to 16.
inline __m128i load_ends(std::string_view text) {
  const auto load_8 = [](const char* p) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  };
  return _mm_unpacklo_epi64(load_8(text.data()), load_8(text.data() + text.size() - 8));
}

#endif

inline bool is_token(std::string_view text) {
  const char* const end = text.data() + text.size();
#ifdef __SSE2__
  if (text.size() >= 8 && text.size() <= 16) {
    if (other_than_name_bytes(load_ends(text)) == 0) return true;
  }
#endif
  return !text.empty() && scan_token(text.data(), end) == end;
}

inline bool is_field_value(std::string_view text) {
  const char* const end = text.data() + text.size();
#ifdef __SSE2__
  if (text.size() >= 8 && text.size() <= 16) return other_than_value_bytes(load_ends(text)) == 0;
#endif
  return scan_value(text.data(), end) == end;
}

// Whether the token `name` is `lower` in any case. Requires: `lower` has 4 bytes or more,
// lower-case letters and '-' only, and `name` is a token of that size: among token bytes, setting
// bit 5 makes none equal to these but their capitals.
inline bool is_name(std::string_view name, std::string_view lower) {
  const auto load = [](const char* p, auto& word) { std::memcpy(&word, p, sizeof word); };
  const size_t size = lower.size();
  if (size < 8) {
    uint32_t a, b, c, d;
    load(name.data(), a);
    load(lower.data(), b);
    load(name.data() + size - 4, c);
    load(lower.data() + size - 4, d);
    return (((a | 0x20202020u) ^ b) | ((c | 0x20202020u) ^ d)) == 0;
  }
  constexpr uint64_t kBit5 = 0x2020202020202020u;
  uint64_t differ = 0;
  for (size_t i = 0; i < size; i += 8) {
    const size_t at = i + 8 <= size ? i : size - 8;
    uint64_t a, b;
    load(name.data() + at, a);
    load(lower.data() + at, b);
    differ |= (a | kBit5) ^ b;
  }
  return differ == 0;
}

// Without the optional white space around (OWS, RFC 9110 5.6.3).
inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls visit(element) for each element of a comma-separated list.
template <typename Visit>
void for_each_element(std::string_view list, Visit visit) {
  while (true) {
    const size_t comma = list.find(',');
    visit(trim_blanks(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace turbo::http

#endif  // TURBO_HTTP_SCAN_H_
