// Byte ranges: which parts of a representation a Range field asks for (RFC 9110 14).
//
//   RequestedRanges wanted = resolve_ranges(*head.find("Range"), size);
//   if (wanted.outcome == RangeOutcome::kPartial) send(wanted.ranges);
//
// A field that is malformed, of another unit, or asks for more parts than `max_ranges` is ignored:
// the client gets the whole, as RFC 9110 14.2 allows, which costs no more than a plain request.
// Ranges that overlap or touch are joined, so the parts together are never more than the whole
// (CVE-2011-3192). If-Range belongs to the preconditions (conditional.h).
//
// Owner:   values.
// Threads: any.
// Errors:  none; see above.
// Limits:  max_ranges. Positions of any length count as 2^64-1, beyond every size.
// Cost:    one pass; joining is quadratic in the ranges, which are few. One range allocates
// nothing.
#ifndef TURBO_HTTP_BYTE_RANGE_H_
#define TURBO_HTTP_BYTE_RANGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace turbo::http {

// Positions from 0, both inclusive.
struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;

  uint64_t size() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

enum class RangeOutcome : uint8_t {
  kWhole,          // nothing to obey: 200
  kPartial,        // 206
  kUnsatisfiable,  // all of it lies behind the end: 416
};

struct RequestedRanges {
  RangeOutcome outcome = RangeOutcome::kWhole;
  // For kPartial one or more, disjoint, inside the representation, in the order asked for.
  absl::InlinedVector<ByteRange, 1> ranges;
};

// Programs that read documents or disc images in pieces ask for a handful at a time.
inline constexpr size_t kDefaultMaxRanges = 16;

// Of an empty representation every range is the whole: no 206 can describe a part of nothing.
RequestedRanges resolve_ranges(std::string_view field, uint64_t size,
                               size_t max_ranges = kDefaultMaxRanges);

// The Content-Range of a part, "bytes 0-499/1234", and of a 416, "bytes */1234".
std::string content_range(const ByteRange& range, uint64_t size);
std::string unsatisfied_range(uint64_t size);

}  // namespace turbo::http

#endif  // TURBO_HTTP_BYTE_RANGE_H_
