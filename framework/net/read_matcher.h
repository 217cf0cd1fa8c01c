// ReadMatcher: finds the end of a delimited read, by a byte string or a regular expression.
//
// It keeps what it has compiled, so a stream that reads line after line compiles once.
//
// A byte string is searched as the bytes come, each looked at once. A regular expression has to
// begin again, so it is tried when the input has doubled; in between, as long as tries have cost
// less than a small multiple of the input; then only when the caller says, at a slow pace
// (retry_wanted()). A peer that sends byte by byte can so neither make it quadratic nor a match
// wait for ever.
//
// Owner:   the stream's read.
// Threads: the loop's.
// Errors:  set_pattern() answers kInvalidArgument with RE2's reason.
// Limits:  delimiters 1 to 4,096 bytes; RE2 is bounded to 1 MiB a pattern.
// Cost:    linear in the input, see above.
#ifndef TURBO_NET_READ_MATCHER_H_
#define TURBO_NET_READ_MATCHER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "framework/buffer/buffer.h"
#include "framework/buffer/delimiter_search.h"

namespace re2 {
class RE2;
}

namespace turbo {

class ReadMatcher {
 public:
  ReadMatcher();
  ~ReadMatcher();

  // kInvalidArgument if it is empty or too long.
  [[nodiscard]] absl::Status set_delimiter(std::string_view delimiter);
  [[nodiscard]] absl::Status set_pattern(std::string_view pattern);

  // Bytes were taken from the front of the input, or another read begins.
  void restart();

  // The offset just past the first match that ends within `limit`.
  std::optional<size_t> find_delimiter(const Buffer& input, size_t limit);

  enum class Effort { kIfWorthIt, kNow };
  std::optional<size_t> find_pattern(Buffer& input, size_t limit, Effort effort);
  // True when find_pattern() left bytes untried.
  bool retry_wanted() const { return retry_wanted_; }

 private:
  bool worth_trying(size_t size) const;

  std::optional<DelimiterSearch> search_;
  std::unique_ptr<re2::RE2> pattern_;
  size_t tried_ = 0;  // input size at the last try
  size_t spent_ = 0;  // bytes looked at by all tries of this read
  bool retry_wanted_ = false;
};

}  // namespace turbo

#endif  // TURBO_NET_READ_MATCHER_H_
