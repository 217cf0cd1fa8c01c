#include "framework/buffer/byte_scan.h"

#include <cstring>

#include "framework/base/check.h"

namespace turbo {

ByteScan::ByteScan(std::string_view needle) : size_(static_cast<uint8_t>(needle.size())) {
  TURBO_CHECK(!needle.empty() && needle.size() <= kMaxNeedle, "a needle has 1 to 16 bytes");
  std::memcpy(needle_, needle.data(), needle.size());
}

const char* ByteScan::find(const char* begin, const char* end) const {
  const std::string_view haystack(begin, static_cast<size_t>(end - begin));
  const size_t found = haystack.find(needle());
  return found == haystack.npos ? nullptr : begin + found;
}

}  // namespace turbo
