// ByteScan: finds a short byte string in contiguous memory. Private to the room; DelimiterSearch is
// its user.
//
// Needles of up to 4 bytes are compared whole at 16, 32 or 64 places at a time. Of longer ones two
// bytes are, the first and the last that differs from it, so that runs of one byte give no
// candidates; what passes is compared whole.
//
// Owner:   a value that keeps the needle itself.
// Threads: find() from any.
// Errors:  an empty needle or one longer than kMaxNeedle is a CHECK.
// Limits:  1 to 16 bytes.
// Cost:    linear for every input: a candidate is refuted by two loads. Reads no byte outside the
//          range.
#ifndef TURBO_BUFFER_BYTE_SCAN_H_
#define TURBO_BUFFER_BYTE_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace turbo {

class ByteScan {
 public:
  static constexpr size_t kMaxNeedle = 16;

  // How many places are looked at together. Tests choose; others take the widest that the processor
  // has.
  enum class Width : uint8_t { kOne, k16, k32, k64 };
  static bool supported(Width width);
  static Width widest();

  explicit ByteScan(std::string_view needle, Width width = widest());

  // The first occurrence that lies wholly inside [begin, end), or nullptr.
  const char* find(const char* begin, const char* end) const {
    return end - begin < size_ ? nullptr : kernel_(*this, begin, end - size_ + 1);
  }

  std::string_view needle() const { return {needle_, size_}; }

 private:
  friend struct ByteScanKernels;
  // Looks for a needle that begins in [first, last). Requires: first < last; size_ - 1 bytes
  // follow.
  using Kernel = const char* (*)(const ByteScan&, const char* first, const char* last);

  template <class Word>
  bool matches(const char* place) const;
  bool matches_at(const char* place) const;

  char needle_[kMaxNeedle] = {};
  uint8_t size_;
  uint8_t distinct_;  // the offset of the second byte that a candidate must have
  Kernel kernel_ = nullptr;
};

}  // namespace turbo

#endif  // TURBO_BUFFER_BYTE_SCAN_H_
