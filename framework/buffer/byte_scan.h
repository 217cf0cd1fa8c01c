// ByteScan: finds a short byte string in contiguous memory. Private to the room; DelimiterSearch is its user.
//
// Owner:   a value that keeps the needle itself.
// Threads: find() from any.
// Errors:  an empty needle or one longer than kMaxNeedle is a CHECK.
// Limits:  1 to 16 bytes.
// Cost:    linear for every input: a candidate is refuted by two loads. The processor's widest vectors are chosen
//          once. Reads no byte outside the range.
#ifndef TURBO_BUFFER_BYTE_SCAN_H_
#define TURBO_BUFFER_BYTE_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace turbo {

class ByteScan {
 public:
  static constexpr size_t kMaxNeedle = 16;

  explicit ByteScan(std::string_view needle);

  // The first occurrence that lies wholly inside [begin, end), or nullptr.
  const char* find(const char* begin, const char* end) const;

  std::string_view needle() const { return {needle_, size_}; }

 private:
  char needle_[kMaxNeedle] = {};
  uint8_t size_;
};

}  // namespace turbo

#endif  // TURBO_BUFFER_BYTE_SCAN_H_
