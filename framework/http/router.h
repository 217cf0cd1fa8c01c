// Router: finds what belongs to a path, and the path that belongs to a name.
//
//   "/plaintext"           this path alone
//   "/hello/:name"         one segment, not empty, percent-decoded for the handler
//   "/users/:id([0-9]+)"   one segment that the expression matches as a whole (RE2's syntax)
//   "/files/*path"         the rest of the path, may hold slashes, may be empty
//   "/js/*file(.+\\.js)"   the rest, if the expression matches it
//
//   absl::Status status = router.add("/users/:id([0-9]+)", 7);
//   status = router.set_name("user", "/users/:id([0-9]+)");
//   std::array<PathArgument, 1> arguments{{{"id", "5"}}};
//   router.url_for("user", arguments);   // "/users/5"
//
// The more particular segment wins, whatever the order they were added in: a literal, then the
// constrained parameters, a parameter, the constrained wildcards, a wildcard. Only among
// constrained ones at one place order counts: that whose expression was added first is tried
// first. What leads nowhere further down is stepped back from.
//
// Expressions are compared by their text: of "/:a([0-9])" and "/:b(\\d)" it cannot be told that
// they match the same paths, so both are taken, and the first one wins.
//
// Owner:   the Application; built once, then read by all loops.
// Threads: find() and url_for() from any, once building is over.
// Errors:  add() refuses malformed and conflicting patterns and says why (kInvalidArgument,
//          kAlreadyExists). url_for() refuses missing, unknown and unfitting arguments.
// Limits:  16 parameters a pattern, 32 expressions at one place; an expression's are
//          RouteExpression's; paths as the parser limits them.
// Cost:    find() does not depend on the number of routes: O(length of the path), a match for each
//          expression on the way, and O(depth) steps back at worst. It allocates nothing but what
//          RouteExpression says. A path that is a pattern itself costs one look into a table.
#ifndef TURBO_HTTP_ROUTER_H_
#define TURBO_HTTP_ROUTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/http/route_pattern.h"

namespace turbo::http {

struct PathParameter {
  std::string_view name;   // without ':' or '*'; lives with the router
  std::string_view value;  // a view into the path, still percent-encoded
};

// A parameter's value for url_for(), not encoded.
struct PathArgument {
  std::string_view name;
  std::string_view value;
};

struct RouteMatch {
  static constexpr size_t kMaxParameters = RoutePattern::kMaxParameters;
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
  static constexpr size_t kMaxExpressions = 32;

  Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // `route` is the caller's number for the pattern.
  [[nodiscard]] absl::Status add(std::string_view pattern, uint32_t route);

  // Fills `match` (only the parameters found are written) and answers true, or answers false.
  [[nodiscard]] bool find(std::string_view path, RouteMatch& match) const;

  // Lets url_for() find `pattern` by `name`. A pattern may have several names, a name one pattern.
  [[nodiscard]] absl::Status set_name(std::string_view name, std::string_view pattern);

  // The path of the pattern of that name, each parameter's value percent-encoded. A wildcard's
  // value keeps its slashes. Refused are values that would be read as something else: "." and
  // ".." for a segment, and what would make the path begin with "//", the sign of another host.
  [[nodiscard]] absl::StatusOr<std::string> url_for(std::string_view name,
                                                    std::span<const PathArgument> arguments) const;

 private:
  struct Node;
  struct Literals;
  struct Building;
  std::unique_ptr<Literals> literals_;
  std::unique_ptr<Node> root_;
  std::unique_ptr<Building> building_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_ROUTER_H_
