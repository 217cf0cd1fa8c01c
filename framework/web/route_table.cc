#include "framework/web/route_table.h"

#include <stdexcept>

#include "framework/base/views.h"

namespace turbo::web {

namespace {

using Route = RouteTable::Route;

size_t index_of(http::Method method) { return static_cast<size_t>(method); }

void throw_unless_ok(const absl::Status& status) {
  if (!status.ok()) throw std::invalid_argument(std::string(to_std(status.message())));
}

// Answers about a route's methods: 405, or 204 to OPTIONS (RFC 9110 9.3.7), whatever is asked of
// those who would get an answer.
class AllowEndpoint final : public Endpoint {
 public:
  AllowEndpoint(int status, std::string allow)
      : Endpoint({.check_xsrf = false, .etag = false}), status_(status), allow_(std::move(allow)) {}

  void start(Invocation& invocation) const override {
    answer(invocation);
    invocation.response().finish();
  }
  Task<> inside(Invocation& invocation) const override {
    answer(invocation);
    co_return;
  }

 private:
  void answer(Invocation& invocation) const {
    if (status_ >= 400) {
      const http::Field allow{"Allow", allow_};
      return invocation.send_error(status_, {&allow, 1});
    }
    invocation.response().set_status(status_);
    invocation.response().set_header("Allow", allow_);
  }

  const int status_;
  const std::string allow_;
};

std::string methods_of(const Route& route) {
  std::string methods;
  for (size_t i = 0; i < route.endpoints.size(); ++i) {
    if (route.endpoints[i] == nullptr && i != index_of(http::Method::kOptions)) continue;
    if (!methods.empty()) methods += ", ";
    methods += to_string(static_cast<http::Method>(i));
  }
  return methods;
}

void put(Route& route, http::Method method, std::shared_ptr<Endpoint> endpoint) {
  const bool head = method == http::Method::kHead;
  const bool options = method == http::Method::kOptions;
  if (method == http::Method::kUnknown) {
    throw std::invalid_argument("a handler for no method: " + route.pattern);
  }
  auto& place = route.endpoints[index_of(method)];
  const bool automatic = (head && !route.own_head) || (options && !route.own_options);
  if (place != nullptr && !automatic) {
    throw std::invalid_argument("two handlers for " + std::string(to_string(method)) + " " +
                                route.pattern);
  }
  route.own_head |= head;
  route.own_options |= options;
  if (method == http::Method::kGet && !route.own_head) {
    route.endpoints[index_of(http::Method::kHead)] = endpoint;
  }
  place = std::move(endpoint);
  const std::string allow = methods_of(route);
  route.other_methods = std::make_shared<AllowEndpoint>(405, allow);
  if (route.own_options) return;
  route.endpoints[index_of(http::Method::kOptions)] = std::make_shared<AllowEndpoint>(204, allow);
}

}  // namespace

RouteTable::RouteTable() { scopes_.push_back({{}, std::make_unique<Scope>()}); }

void RouteTable::add(http::Method method, const NamedPattern& pattern,
                     std::shared_ptr<Endpoint> endpoint) {
  put(route_of(pattern.pattern()), method, std::move(endpoint));
  if (!pattern.name().empty()) set_name(pattern.name(), pattern.pattern());
}

RouteTable::Route& RouteTable::route_of(const std::string& pattern) {
  if (const auto found = numbers_.find(pattern); found != numbers_.end()) {
    Route& route = routes_[found->second];
    if (route.scope == scopes_[0].scope.get()) return route;
  }
  Route route;
  route.pattern = pattern;
  route.scope = scopes_[0].scope.get();
  adopt(std::move(route));
  return routes_.back();
}

void RouteTable::adopt(Route route) {
  throw_unless_ok(router_.add(route.pattern, static_cast<uint32_t>(routes_.size())));
  numbers_.emplace(route.pattern, routes_.size());
  routes_.push_back(std::move(route));
}

void RouteTable::set_name(const std::string& name, const std::string& pattern) {
  throw_unless_ok(router_.set_name(name, pattern));
  names_.emplace_back(name, pattern);
}

void RouteTable::mount(std::string_view prefix, RouteTable table) {
  if (prefix.empty() || prefix[0] != '/' || prefix.back() == '/') {
    throw std::invalid_argument("a prefix begins with '/' and does not end with it: \"" +
                                std::string(prefix) + "\"");
  }
  table.scope().set_outer(scope());
  for (Mounted& each : table.scopes_) {
    each.prefix.insert(0, prefix);
    mount_scope(std::move(each));
  }
  for (Route& route : table.routes_) {
    route.pattern.insert(0, prefix);
    adopt(std::move(route));
  }
  for (const auto& [name, pattern] : table.names_) set_name(name, std::string(prefix) + pattern);
}

// The wildcard's name is none that a prefix would have.
void RouteTable::mount_scope(Mounted mounted) {
  const auto number = static_cast<uint32_t>(scopes_.size());
  throw_unless_ok(prefixes_.add(mounted.prefix, number));
  throw_unless_ok(prefixes_.add(mounted.prefix + "/*below_the_prefix", number));
  scopes_.push_back(std::move(mounted));
}

bool RouteTable::seal(const Scope* outer) {
  if (outer != nullptr) scope().set_outer(*outer);
  bool any = false;
  for (const Mounted& each : scopes_) {
    each.scope->seal();
    any |= !each.scope->chain().empty();
  }
  for (const Route& route : routes_) {
    for (const std::shared_ptr<Endpoint>& endpoint : route.endpoints) {
      if (endpoint != nullptr) endpoint->settle(route.scope->options());
    }
  }
  return any;
}

const Scope& RouteTable::scope_of(std::string_view path) const {
  http::RouteMatch match;
  return *scopes_[prefixes_.find(path, match) ? match.route : 0].scope;
}

}  // namespace turbo::web
