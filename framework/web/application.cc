#include "framework/web/application.h"

#include <stdexcept>

#include "framework/base/views.h"

namespace turbo::web {

namespace {

size_t index_of(http::Method method) { return static_cast<size_t>(method); }

class ApplicationDispatcher final : public Dispatcher {
 public:
  explicit ApplicationDispatcher(const Application& application) : application_(application) {}

  void on_head(Exchange& exchange) override {
    auto invocation = std::make_unique<Invocation>(exchange);
    const Application::Route* route = application_.find(exchange.head().path, invocation->match());
    if (route == nullptr) return exchange.send_error(404);
    const Endpoint* endpoint = route->endpoints[index_of(exchange.head().method)].get();
    if (endpoint == nullptr) return refuse_method(exchange, *route);
    invocation->set_endpoint(*endpoint);
    exchange.attach(std::move(invocation));
  }

  void on_request(Exchange& exchange) override {
    static_cast<Invocation*>(exchange.attachment())->start();
  }

 private:
  [[gnu::noinline]] static void refuse_method(Exchange& exchange, const Application::Route& route) {
    http::Field allow{"Allow", route.allow};
    exchange.send_error(405, {}, {&allow, 1});
  }

  const Application& application_;
};

}  // namespace

std::unique_ptr<Dispatcher> Application::make_dispatcher(IOLoop&) {
  return std::make_unique<ApplicationDispatcher>(*this);
}

const Application::Route* Application::find(std::string_view path, http::RouteMatch& match) const {
  return router_.find(path, match) ? &routes_[match.route] : nullptr;
}

Application::Route& Application::route_of(std::string_view pattern) {
  for (Route& route : routes_) {
    if (route.pattern == pattern) return route;
  }
  absl::Status added = router_.add(pattern, static_cast<uint32_t>(routes_.size()));
  if (!added.ok()) throw std::invalid_argument(std::string(to_std(added.message())));
  routes_.emplace_back().pattern = pattern;
  return routes_.back();
}

void Application::add(http::Method method, std::string_view pattern,
                      std::shared_ptr<const Endpoint> endpoint) {
  Route& route = route_of(pattern);
  auto& place = route.endpoints[index_of(method)];
  auto& head = route.endpoints[index_of(http::Method::kHead)];
  if (place != nullptr && !(method == http::Method::kHead && head == route.endpoints[0])) {
    throw std::invalid_argument("two handlers for " + std::string(to_string(method)) + " " +
                                route.pattern);
  }
  place = endpoint;
  if (method == http::Method::kGet && head == nullptr) head = std::move(endpoint);
  route.allow.clear();
  for (size_t i = 0; i < route.endpoints.size(); ++i) {
    if (route.endpoints[i] == nullptr) continue;
    if (!route.allow.empty()) route.allow += ", ";
    route.allow += to_string(static_cast<http::Method>(i));
  }
}

}  // namespace turbo::web
