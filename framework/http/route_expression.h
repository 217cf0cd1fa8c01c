// RouteExpression: the regular expression that constrains a parameter of a route.
//
// The whole of the value must match, as the handler gets it: percent-decoded. Otherwise "%2e" would
// get past an expression that keeps dots out.
//
// Owner:   a Router; one for each distinct expression.
// Threads: any, once compiled.
// Errors:  compile() says what is wrong with an expression (kInvalidArgument). A value whose
//          percent-encoding is malformed, or which is not UTF-8, matches nothing.
// Limits:  512 bytes of expression, 1 MiB of memory at most for what it becomes; values of 1,024
// bytes. Cost:    linear in the value whatever the expression (RE2). No allocation, but for states
// of its
//          automaton that no value before has called for. Values of at most 16 bytes of an
//          expression with one way to match take no lock, others RE2's reader lock.
#ifndef TURBO_HTTP_ROUTE_EXPRESSION_H_
#define TURBO_HTTP_ROUTE_EXPRESSION_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace turbo::http {

class RouteExpression {
 public:
  static constexpr size_t kMaxBytes = 512;
  static constexpr size_t kMaxMemory = 1 << 20;
  static constexpr size_t kMaxValueBytes = 1024;

  static absl::StatusOr<std::unique_ptr<RouteExpression>> compile(std::string_view text);
  ~RouteExpression();

  bool matches(std::string_view value) const;
  bool matches_encoded(std::string_view value) const;

 private:
  explicit RouteExpression(std::unique_ptr<re2::RE2> compiled);

  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_ROUTE_EXPRESSION_H_
