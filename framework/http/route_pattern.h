// RoutePattern: a route's pattern, cut into its segments and checked. The syntax is router.h's.
//
// Owner:   a value; views into the text it was parsed from.
// Threads: any.
// Errors:  parse() says what is wrong (kInvalidArgument). Expressions are cut out, not compiled.
// Limits:  16 parameters.
// Cost:    for building only.
#ifndef TURBO_HTTP_ROUTE_PATTERN_H_
#define TURBO_HTTP_ROUTE_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace turbo::http {

struct RoutePattern {
  static constexpr size_t kMaxParameters = 16;

  enum class Kind : uint8_t { kLiteral, kParameter, kWildcard };
  struct Segment {
    Kind kind = Kind::kLiteral;
    std::string_view text;        // of a literal; the name of a parameter
    std::string_view expression;  // of a parameter; empty: any value
  };

  static absl::StatusOr<RoutePattern> parse(std::string_view text);
  // "route "/a b": why".
  static absl::Status malformed(std::string_view pattern, std::string_view why);

  // "/" is one empty literal, "/a/" is "a" and an empty one.
  std::vector<Segment> segments;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_ROUTE_PATTERN_H_
