#include "framework/web/application.h"

#include <stdexcept>

#include "framework/base/views.h"

namespace turbo::web {

namespace {

using Route = RouteTable::Route;

size_t index_of(http::Method method) { return static_cast<size_t>(method); }

// All methods there are handlers for (RFC 9110 9.3.7: "OPTIONS *" asks about the server).
void answer_for_server(Request&, Response& response) {
  response.set_status(204);
  response.set_header("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
}

// A path that begins with "//" or "/\" would, as a Location, name another host.
bool names_host(std::string_view path) {
  return path.size() > 1 && (path[1] == '/' || path[1] == '\\');
}

std::string with_other_slash(std::string_view path) {
  std::string other(path);
  if (other.back() != '/') return other + '/';
  other.pop_back();
  return other;
}

void redirect_to_other_slash(Request& request, Response& response) {
  std::string place = with_other_slash(request.path());
  if (!request.query_string().empty()) place.append("?").append(request.query_string());
  const bool safe =
      request.method() == http::Method::kGet || request.method() == http::Method::kHead;
  response.set_status(safe ? 301 : 308);
  response.set_header("Location", place);
}

const std::shared_ptr<const Endpoint>& server_options() {
  static const auto& endpoint =
      *new std::shared_ptr<const Endpoint>(make_endpoint(FunctionHandler(answer_for_server)));
  return endpoint;
}

const std::shared_ptr<const Endpoint>& other_slash() {
  static const auto& endpoint =
      *new std::shared_ptr<const Endpoint>(make_endpoint(FunctionHandler(redirect_to_other_slash)));
  return endpoint;
}

const std::shared_ptr<const Endpoint>& not_found() {
  static const auto& endpoint = *new std::shared_ptr<const Endpoint>(make_endpoint(
      FunctionHandler([](Request&, Response& response) { response.send_error(404); })));
  return endpoint;
}

}  // namespace

class ApplicationDispatcher final : public Dispatcher {
 public:
  explicit ApplicationDispatcher(const Application& application)
      : application_(application), compression_(application.options_->compression) {}

  // Flat: the router has other callers, and a call of it costs a third of what it does.
  [[gnu::flatten]] void on_head(Exchange& exchange) override {
    auto invocation = std::make_unique<Invocation>(exchange, *application_.options_);
    const http::RequestHead& head = exchange.head();
    const Application& application =
        application_.hosts_.empty() ? application_ : application_.for_host(head.host);
    const Route* route = application.table_.find(head.path, invocation->match());
    const Endpoint* endpoint =
        route == nullptr ? nullptr : route->endpoints[index_of(head.method)].get();
    if (endpoint == nullptr || application_.has_extras_) [[unlikely]] {
      return on_unusual(exchange, std::move(invocation), application, route);
    }
    invocation->set_endpoint(*endpoint);
    exchange.attach(std::move(invocation));
  }

  void on_request(Exchange& exchange) override {
    static_cast<Invocation*>(exchange.attachment())->start();
  }

 private:
  // What answers, and whether it need not wait for the body.
  struct Choice {
    const Endpoint* endpoint;
    bool early = false;
  };

  [[gnu::noinline]] void on_unusual(Exchange& exchange, std::unique_ptr<Invocation> owned,
                                    const Application& application, const Route* route) {
    // The first filter: it gets the answer as all others leave it.
    compression_.apply(exchange);
    const http::RequestHead& head = exchange.head();
    const Scope& scope = route != nullptr ? *route->scope : application.table_.scope_of(head.path);
    const Choice choice =
        route != nullptr ? choose(*route, head) : choose_for_unknown(application, scope, exchange);
    Invocation& invocation = *owned;
    invocation.set_endpoint(*choice.endpoint);
    exchange.attach(std::move(owned));
    if (!scope.chain().begin(exchange, invocation)) return;
    if (choice.early && !scope.chain().has_around()) return invocation.start();
    if (application_.options_->decompress_bodies) exchange.decompress_body();
  }

  static Choice choose(const Route& route, const http::RequestHead& head) {
    const Endpoint* endpoint = route.endpoints[index_of(head.method)].get();
    if (endpoint != nullptr) return {endpoint};
    return {route.other_methods.get(), true};
  }

  static Choice choose_for_unknown(const Application& application, const Scope& scope,
                                   Exchange& exchange) {
    const http::RequestHead& head = exchange.head();
    if (head.path == "*" && head.method == http::Method::kOptions) {
      return {server_options().get(), true};
    }
    if (application.redirects_slashes_ && has_other_slash(application, head)) {
      return {other_slash().get(), true};
    }
    const Endpoint* own = scope.default_endpoint();
    if (own == nullptr) return {not_found().get(), true};
    exchange.response().set_status(404);
    return {own};
  }

  static bool has_other_slash(const Application& application, const http::RequestHead& head) {
    if (head.path.size() < 2 || names_host(head.path)) return false;
    http::RouteMatch match;
    const Route* route = application.table_.find(with_other_slash(head.path), match);
    return route != nullptr && route->endpoints[index_of(head.method)] != nullptr;
  }

  const Application& application_;
  Compression compression_;  // outlives the exchanges of the loop, as the dispatcher does
};

std::unique_ptr<Dispatcher> Application::make_dispatcher(IOLoop&) {
  std::call_once(sealed_, [this] { seal(nullptr); });
  return std::make_unique<ApplicationDispatcher>(*this);
}

void Application::hand_down_options() {
  table_.scope().set_options({.check_xsrf = options_->check_xsrf, .etag = options_->etags});
}

void Application::seal(const Scope* outer) {
  hand_down_options();
  has_extras_ = table_.seal(outer) || options_->compression.enabled || options_->decompress_bodies;
  for (const std::unique_ptr<Application>& host : hosts_) {
    host->seal(&table_.scope());
    has_extras_ |= host->has_extras_;
  }
}

const Application& Application::for_host(std::string_view name) const {
  const std::optional<uint32_t> number = host_table_.find(name);
  return number ? *hosts_[*number] : *this;
}

Application& Application::use(Middleware middleware) {
  table_.scope().use(std::move(middleware));
  return *this;
}

Application& Application::redirect_slashes() {
  redirects_slashes_ = true;
  return *this;
}

Application& Application::mount(std::string_view prefix, Application&& application) {
  if (&application == this) throw std::invalid_argument("an application mounted in itself");
  if (application.is_host_ || !application.hosts_.empty()) {
    throw std::invalid_argument("an application with hosts is mounted nowhere");
  }
  if (application.options_->error_page != nullptr || application.options_->cookie_signer) {
    throw std::invalid_argument("an error page or cookie signer of a mounted application");
  }
  application.hand_down_options();
  table_.mount(prefix, std::exchange(application.table_, RouteTable()));
  return *this;
}

Application& Application::host(std::string_view name) {
  if (is_host_) throw std::invalid_argument("a host of a host: " + std::string(name));
  if (const std::optional<uint32_t> known = host_table_.find_pattern(name)) return *hosts_[*known];
  const absl::Status added = host_table_.add(name, static_cast<uint32_t>(hosts_.size()));
  if (!added.ok()) throw std::invalid_argument(std::string(to_std(added.message())));
  Application& host = *hosts_.emplace_back(std::make_unique<Application>());
  host.is_host_ = true;
  host.options_ = options_;
  return host;
}

std::string Application::url_for(std::string_view name,
                                 std::initializer_list<http::PathArgument> arguments) const {
  absl::StatusOr<std::string> url =
      table_.url_for(name, std::span(arguments.begin(), arguments.size()));
  if (!url.ok()) throw std::invalid_argument(std::string(to_std(url.status().message())));
  return *std::move(url);
}

}  // namespace turbo::web
