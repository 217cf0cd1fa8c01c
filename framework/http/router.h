// Router: finds what belongs to a path. Patterns of literals, ":parameters" and a final
// "*wildcard".
//
//   "/plaintext"      this path alone
//   "/hello/:name"    one segment, not empty, percent-decoded for the handler
//   "/files/*path"    the rest of the path, may hold slashes, may be empty
//
// A literal segment wins over a parameter, a parameter over a wildcard, whatever the order they
// were added in.
//
// Owner:   the Application; built once, then read by all loops.
// Threads: find() from any, once building is over.
// Errors:  add() refuses malformed and conflicting patterns and says why (kInvalidArgument,
//          kAlreadyExists).
// Limits:  16 parameters a pattern; paths as the parser limits them.
// Cost:    find() allocates nothing and does not depend on the number of routes: O(length of the
//          path), and O(depth) steps back at worst. A path that is a pattern itself costs one look
//          into a table.
#ifndef TURBO_HTTP_ROUTER_H_
#define TURBO_HTTP_ROUTER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace turbo::http {

struct PathParameter {
  std::string_view name;   // without ':' or '*'; lives with the router
  std::string_view value;  // a view into the path, still percent-encoded
};

struct RouteMatch {
  static constexpr size_t kMaxParameters = 16;
  uint32_t route = 0;
  uint32_t parameter_count = 0;
  // Only the first parameter_count are set: clearing 512 bytes would be a cost of every request.
  union {
    std::array<PathParameter, kMaxParameters> parameters;
  };

  RouteMatch() {}
};

class Router {
 public:
  Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // `route` is the caller's number for the pattern.
  [[nodiscard]] absl::Status add(std::string_view pattern, uint32_t route);

  // Fills `match` (only the parameters found are written) and answers true, or answers false.
  [[nodiscard]] bool find(std::string_view path, RouteMatch& match) const;

 private:
  class Texts;
  struct Node;
  struct Literals;
  std::unique_ptr<Literals> literals_;
  std::unique_ptr<Node> root_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_ROUTER_H_
