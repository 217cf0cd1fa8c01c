// RouteTable: the routes of one host, those of mounted applications among them. Private to the
// room.
//
// Owner:   an Application.
// Threads: built by one, then read by all loops at once.
// Errors:  malformed and conflicting patterns, and the method kUnknown, throw
//          std::invalid_argument.
// Limits:  the Router's.
// Cost:    the Router's look-up, whatever is mounted: mounting copies routes into one table.
#ifndef TURBO_WEB_ROUTE_TABLE_H_
#define TURBO_WEB_ROUTE_TABLE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "framework/http/method.h"
#include "framework/http/router.h"
#include "framework/web/endpoint.h"
#include "framework/web/scope.h"

namespace turbo::web {

// A route's pattern, and the name url_for() knows it by, if any: "/users/:id", or
// {"/users/:id", "user"}.
class NamedPattern {
 public:
  NamedPattern(const char* pattern) : pattern_(pattern) {}            // NOLINT: implicit
  NamedPattern(const std::string& pattern) : pattern_(pattern) {}     // NOLINT: implicit
  NamedPattern(std::string_view pattern, std::string_view name = {})  // NOLINT: implicit
      : pattern_(pattern), name_(name) {}

  const std::string& pattern() const { return pattern_; }
  const std::string& name() const { return name_; }

 private:
  std::string pattern_;
  std::string name_;
};

class RouteTable {
 public:
  struct Route {
    std::string pattern;
    const Scope* scope = nullptr;
    // OPTIONS is always there, HEAD with GET.
    // The last place is kUnknown's, and empty: a look-up by any method stays inside.
    std::array<std::shared_ptr<Endpoint>, http::kMethodCount + 1> endpoints;
    std::shared_ptr<const Endpoint> other_methods;  // answers 405
    bool own_head = false;
    bool own_options = false;
  };

  RouteTable();

  void add(http::Method method, const NamedPattern& pattern, std::shared_ptr<Endpoint> endpoint);
  // Takes the routes of `table` over, below `prefix`. Their names are kept.
  void mount(std::string_view prefix, RouteTable table);
  // Once all is said; `outer` is what stands around this table. Answers whether there is any
  // middleware.
  bool seal(const Scope* outer);

  // nullptr: no such path. Fills `match`.
  const Route* find(std::string_view path, http::RouteMatch& match) const {
    return router_.find(path, match) ? &routes_[match.route] : nullptr;
  }
  // Of a path that no route has: that of the application mounted above it.
  const Scope& scope_of(std::string_view path) const;
  Scope& scope() { return *scopes_[0].scope; }

  absl::StatusOr<std::string> url_for(std::string_view name,
                                      std::span<const http::PathArgument> arguments) const {
    return router_.url_for(name, arguments);
  }

 private:
  struct Mounted {
    std::string prefix;
    std::unique_ptr<Scope> scope;
  };

  Route& route_of(const std::string& pattern);
  void adopt(Route route);
  void set_name(const std::string& name, const std::string& pattern);
  void mount_scope(Mounted mounted);

  http::Router router_;
  std::vector<Route> routes_;
  absl::flat_hash_map<std::string, size_t> numbers_;        // by pattern
  std::vector<std::pair<std::string, std::string>> names_;  // and their patterns
  std::vector<Mounted> scopes_;  // the first is the table's own; outer ones before inner ones
  http::Router prefixes_;        // where the others begin
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ROUTE_TABLE_H_
