#include "framework/buffer/byte_scan.h"

#include <algorithm>
#include <bit>

#include "framework/base/check.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TURBO_SCAN_TARGET __attribute__((always_inline)) inline
#define TURBO_SCAN_NAMESPACE scan16
namespace turbo {
namespace {
namespace scan16 {
using Vector = __m128i;
using Hits = Vector;
constexpr ptrdiff_t kWidth = 16;
TURBO_SCAN_TARGET Vector load(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const Vector*>(from));
}
TURBO_SCAN_TARGET Vector splat(char byte) { return _mm_set1_epi8(byte); }
TURBO_SCAN_TARGET Vector equal(Vector a, Vector b) { return _mm_cmpeq_epi8(a, b); }
TURBO_SCAN_TARGET Vector both(Vector a, Vector b) { return _mm_and_si128(a, b); }
TURBO_SCAN_TARGET Vector either(Vector a, Vector b) { return _mm_or_si128(a, b); }
TURBO_SCAN_TARGET uint32_t bits(Vector a) { return static_cast<uint32_t>(_mm_movemask_epi8(a)); }
}  // namespace scan16
#include "framework/buffer/byte_scan_kernel.inc"
}  // namespace
}  // namespace turbo
#undef TURBO_SCAN_NAMESPACE
#undef TURBO_SCAN_TARGET

#define TURBO_SCAN_TARGET __attribute__((target("avx2"), always_inline)) inline
#define TURBO_SCAN_NAMESPACE scan32
namespace turbo {
namespace {
namespace scan32 {
using Vector = __m256i;
using Hits = Vector;
constexpr ptrdiff_t kWidth = 32;
TURBO_SCAN_TARGET Vector load(const char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const Vector*>(from));
}
TURBO_SCAN_TARGET Vector splat(char byte) { return _mm256_set1_epi8(byte); }
TURBO_SCAN_TARGET Vector equal(Vector a, Vector b) { return _mm256_cmpeq_epi8(a, b); }
TURBO_SCAN_TARGET Vector both(Vector a, Vector b) { return _mm256_and_si256(a, b); }
TURBO_SCAN_TARGET Vector either(Vector a, Vector b) { return _mm256_or_si256(a, b); }
TURBO_SCAN_TARGET uint32_t bits(Vector a) { return static_cast<uint32_t>(_mm256_movemask_epi8(a)); }
}  // namespace scan32
#include "framework/buffer/byte_scan_kernel.inc"
}  // namespace
}  // namespace turbo
#undef TURBO_SCAN_NAMESPACE
#undef TURBO_SCAN_TARGET

#define TURBO_SCAN_TARGET __attribute__((target("avx512bw"), always_inline)) inline
#define TURBO_SCAN_NAMESPACE scan64
namespace turbo {
namespace {
namespace scan64 {
using Vector = __m512i;
using Hits = uint64_t;
constexpr ptrdiff_t kWidth = 64;
TURBO_SCAN_TARGET Vector load(const char* from) { return _mm512_loadu_si512(from); }
TURBO_SCAN_TARGET Vector splat(char byte) { return _mm512_set1_epi8(byte); }
TURBO_SCAN_TARGET Hits equal(Vector a, Vector b) { return _mm512_cmpeq_epi8_mask(a, b); }
TURBO_SCAN_TARGET Hits both(Hits a, Hits b) { return a & b; }
TURBO_SCAN_TARGET Hits either(Hits a, Hits b) { return a | b; }
TURBO_SCAN_TARGET uint64_t bits(Hits a) { return a; }
}  // namespace scan64
#include "framework/buffer/byte_scan_kernel.inc"
}  // namespace
}  // namespace turbo
#undef TURBO_SCAN_NAMESPACE
#undef TURBO_SCAN_TARGET
#endif  // __x86_64__

namespace turbo {

template <class Word>
bool ByteScan::matches(const char* place) const {
  const size_t last = size_ - sizeof(Word);
  Word words[4];
  std::memcpy(&words[0], place, sizeof(Word));
  std::memcpy(&words[1], needle_, sizeof(Word));
  std::memcpy(&words[2], place + last, sizeof(Word));
  std::memcpy(&words[3], needle_ + last, sizeof(Word));
  return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

// Two words that overlap cover every size without reading past the end.
bool ByteScan::matches_at(const char* place) const {
  if (size_ > 8) return matches<uint64_t>(place);
  if (size_ > 4) return matches<uint32_t>(place);
  return size_ > 1 ? matches<uint16_t>(place) : place[0] == needle_[0];
}

struct ByteScanKernels {
  static const char* one(const ByteScan& scan, const char* first, const char* last) {
    const size_t offset = scan.distinct_;
    for (const char* place = first; place < last; ++place) {
      if (place[0] == scan.needle_[0] && place[offset] == scan.needle_[offset] &&
          scan.matches_at(place)) {
        return place;
      }
    }
    return nullptr;
  }

#ifdef __x86_64__
  template <class Filter, class Word>
  static const char* by16(const ByteScan& scan, const char* first, const char* last) {
    if (last - first < scan16::kWidth) return one(scan, first, last);
    const auto verify = [&scan](const char* place) { return scan.matches<Word>(place); };
    return scan16::scan(Filter(scan.needle_, scan.distinct_), verify, first, last);
  }

  template <class Filter, class Narrower, class Word>
  __attribute__((target("avx2"))) static const char* by32(const ByteScan& scan, const char* first,
                                                          const char* last) {
    if (last - first < scan32::kWidth) return by16<Narrower, Word>(scan, first, last);
    const auto verify = [&scan](const char* place) { return scan.matches<Word>(place); };
    return scan32::scan(Filter(scan.needle_, scan.distinct_), verify, first, last);
  }

  template <class Filter, class Narrower, class Narrowest, class Word>
  __attribute__((target("avx512bw"))) static const char* by64(const ByteScan& scan,
                                                              const char* first, const char* last) {
    if (last - first < scan64::kWidth) return by32<Narrower, Narrowest, Word>(scan, first, last);
    const auto verify = [&scan](const char* place) { return scan.matches<Word>(place); };
    return scan64::scan(Filter(scan.needle_, scan.distinct_), verify, first, last);
  }

  template <class Filter64, class Filter32, class Filter16, class Word>
  static ByteScan::Kernel choose(ByteScan::Width width) {
    if (width == ByteScan::Width::k64) return by64<Filter64, Filter32, Filter16, Word>;
    if (width == ByteScan::Width::k32) return by32<Filter32, Filter16, Word>;
    return width == ByteScan::Width::k16 ? by16<Filter16, Word> : one;
  }

  template <size_t size, class Word>
  static ByteScan::Kernel choose_whole(ByteScan::Width width) {
    return choose<scan64::WholeNeedle<size>, scan32::WholeNeedle<size>, scan16::WholeNeedle<size>,
                  Word>(width);
  }

  template <class Word>
  static ByteScan::Kernel choose_two(ByteScan::Width width) {
    return choose<scan64::TwoBytes, scan32::TwoBytes, scan16::TwoBytes, Word>(width);
  }

  static ByteScan::Kernel choose(size_t size, ByteScan::Width width) {
    switch (size) {
      case 1:
        return choose_whole<1, uint8_t>(width);
      case 2:
        return choose_whole<2, uint16_t>(width);
      case 3:
        return choose_whole<3, uint16_t>(width);
      case 4:
        return choose_whole<4, uint16_t>(width);
      default:
        return size > 8 ? choose_two<uint64_t>(width) : choose_two<uint32_t>(width);
    }
  }
#else
  static ByteScan::Kernel choose(size_t, ByteScan::Width) { return one; }
#endif
};

bool ByteScan::supported(Width width) {
#ifdef __x86_64__
  static const bool avx2 = __builtin_cpu_supports("avx2");
  // Processors older than those with VBMI2 lower their clock for 512-bit vectors.
  static const bool avx512 =
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
  if (width == Width::k64) return avx512;
  return width != Width::k32 || avx2;
#else
  return width == Width::kOne;
#endif
}

ByteScan::Width ByteScan::widest() {
  for (Width width : {Width::k64, Width::k32, Width::k16}) {
    if (supported(width)) return width;
  }
  return Width::kOne;
}

ByteScan::ByteScan(std::string_view needle, Width width)
    : size_(static_cast<uint8_t>(needle.size())), distinct_(0) {
  TURBO_CHECK(!needle.empty() && needle.size() <= kMaxNeedle, "a needle has 1 to 16 bytes");
  std::memcpy(needle_, needle.data(), needle.size());
  const size_t distinct = needle.find_last_not_of(needle.front());
  distinct_ = static_cast<uint8_t>(distinct == needle.npos ? needle.size() - 1 : distinct);
  kernel_ = ByteScanKernels::choose(needle.size(), width);
}

}  // namespace turbo
