// DelimiterSearch: finds a byte string in a Buffer that grows at its end, however the bytes were
// cut.
//
// The state between calls says how far the search has come, so that a line that arrives in a
// thousand packets is looked at once: at most the last delimiter length - 1 bytes (up to 16) are
// looked at again, and for longer delimiters the match state itself is carried over (IOS-13, E25).
//
//   DelimiterSearch search("\r\n\r\n");
//   if (auto end = search.find_end(buffer)) { Buffer head = buffer.split(*end); search.restart(); }
//
// Owner:   the caller; keeps its own copy of the delimiter.
// Threads: one.
// Errors:  an empty delimiter or one longer than kMaxDelimiter is a CHECK; IOStream refuses them
//          before.
// Limits:  1 to 4,096 bytes.
// Cost:    linear in the bytes for every input, hostile ones included
//          (benchmarks/micro/buffer_search_benchmark).
#ifndef TURBO_BUFFER_DELIMITER_SEARCH_H_
#define TURBO_BUFFER_DELIMITER_SEARCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/buffer/buffer.h"
#include "framework/buffer/byte_scan.h"

namespace turbo {

class DelimiterSearch {
 public:
  static constexpr size_t kMaxDelimiter = 4096;

  explicit DelimiterSearch(std::string_view delimiter);

  // The offset just past the first delimiter in `buffer`, or nullopt. A later call with the same
  // buffer, only appended to, goes on where this one stopped. `limit`: bytes past it are not looked
  // at, so a match must end at or before `limit`.
  std::optional<size_t> find_end(const Buffer& buffer, size_t limit = SIZE_MAX);

  // Begins at the front of a buffer again: after bytes were taken from it.
  void restart();

  std::string_view delimiter() const { return delimiter_; }

 private:
  std::optional<size_t> find_short(const Buffer& buffer, size_t end);
  std::optional<size_t> find_long(const Buffer& buffer, size_t end);
  std::optional<size_t> find_end_in_piece(std::string_view piece);
  size_t advance(std::string_view bytes);
  void build_fallback();

  std::string delimiter_;
  ByteScan scan_;       // for the delimiter's first bytes, which may be all of it
  size_t scanned_ = 0;  // bytes of the buffer that need no second look
  size_t matched_ = 0;  // long delimiters: bytes of the delimiter matched before scanned_
  std::vector<uint16_t> fallback_;  // long delimiters: the Knuth-Morris-Pratt table
};

}  // namespace turbo

#endif  // TURBO_BUFFER_DELIMITER_SEARCH_H_
