// Application: routes requests to handlers. The place where a program begins.
//
//   web::Application app;
//   app.get("/hello/:name", [](web::Request& request, web::Response& response) {
//     response.write("Hello, " + request.path_parameter("name"));
//   });
//   app.post("/slow", [](web::Request& request, web::Response& response) -> Task<> {
//     auto pause = sleep_for(request.loop(), std::chrono::seconds(1));
//     co_await pause;
//     response.write("done");
//   });
//   app.add_handler<Greeter>("/greet");          // a RequestHandler subclass
//
//   app.get({"/users/:id([0-9]+)", "user"}, show);   // app.url_for("user", {{"id", "5"}})
//   app.use(web::request_id());                      // middleware.h
//   app.mount("/api", std::move(api));               // an Application with middleware of its own
//   app.host("*.example.com").get("/", tenant);
//
// Patterns are those of http::Router: literals, ":name" for one segment, ":name(expression)",
// "*name" for the rest. GET handlers answer HEAD too, OPTIONS is answered with 204 and Allow where
// no handler does. Unknown paths get 404 or the default handler, unknown methods of a known path
// 405 with Allow.
//
// A host has a table of routes of its own: what is not in it is 404, whatever the other hosts have.
// Requests for hosts nobody named are answered by the application itself.
//
// Owner:   the program; outlives the server, and is not changed once the server listens.
// Threads: handlers are called on all loops at once: what they share must bear that.
// Errors:  a malformed or conflicting pattern, prefix, host or name throws std::invalid_argument
//          where it is added.
// Limits:  those of http::Router and of HostTable.
// Cost:    a lookup does not depend on the number of routes, mounted applications or hosts, and
//          allocates nothing but what http::Router says of expressions.
#ifndef TURBO_WEB_APPLICATION_H_
#define TURBO_WEB_APPLICATION_H_

#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/http/method.h"
#include "framework/http/router.h"
#include "framework/server/dispatcher.h"
#include "framework/web/application_options.h"
#include "framework/web/endpoint.h"
#include "framework/web/host_table.h"
#include "framework/web/middleware.h"
#include "framework/web/route_options.h"
#include "framework/web/route_table.h"

namespace turbo::web {

class Application final : public Service {
 public:
  explicit Application(ApplicationOptions options = {})
      : options_(std::make_shared<const ApplicationOptions>(std::move(options))) {}
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // A handler is a function void(Request&, Response&) or a coroutine Task<>(Request&, Response&).
  template <class Handler>
  Application& get(const NamedPattern& pattern, Handler handler, RouteOptions options = {}) {
    return route(http::Method::kGet, pattern, std::move(handler), options);
  }
  template <class Handler>
  Application& post(const NamedPattern& pattern, Handler handler, RouteOptions options = {}) {
    return route(http::Method::kPost, pattern, std::move(handler), options);
  }
  template <class Handler>
  Application& put(const NamedPattern& pattern, Handler handler, RouteOptions options = {}) {
    return route(http::Method::kPut, pattern, std::move(handler), options);
  }
  template <class Handler>
  Application& del(const NamedPattern& pattern, Handler handler, RouteOptions options = {}) {
    return route(http::Method::kDelete, pattern, std::move(handler), options);
  }
  template <class Handler>
  Application& patch(const NamedPattern& pattern, Handler handler, RouteOptions options = {}) {
    return route(http::Method::kPatch, pattern, std::move(handler), options);
  }
  template <class Handler>
  Application& route(http::Method method, const NamedPattern& pattern, Handler handler,
                     RouteOptions options = {});

  // A RequestHandler subclass for the methods it overrides, which must be public. `arguments` are
  // copied into the constructor of each handler.
  template <class Handler, class... Arguments>
  Application& add_handler(const NamedPattern& pattern, Arguments... arguments);

  // Puts middleware around all routes, those added before included.
  Application& use(Middleware middleware);

  // Answers paths that no route has, by any method: a function or a coroutine. The status is 404
  // unless it sets another. Without one a mounted application leaves them to the one around it.
  template <class Handler>
  Application& default_handler(Handler handler);

  // Answers "/a" and "/a/" with a redirection to the other where only that is a route; 301 for GET
  // and HEAD, else 308, which keeps the method. Otherwise they are two paths. Counts for mounted
  // applications too; each host has its own choice.
  Application& redirect_slashes();

  // Serves the routes of `application` below `prefix`, which may have parameters, with its
  // middleware inside of this one's. Their names are kept, so they must differ. It must have no
  // hosts; it is empty afterwards.
  //
  // Options: check_xsrf and etags are its own if it has set them, else this one's, even if they are
  // set for an application around this one. All others are those of the outermost application,
  // since they concern the site: its pages of errors, its cookies, its limits. One with an
  // error_page or a cookie_signer of its own, which would be lost, is refused.
  Application& mount(std::string_view prefix, Application&& application);

  // What answers requests for that host: "api.example.com", or "*.example.com" for all below it.
  // The same one each time. It has the options of this application, whose middleware is around its
  // own and whose default handler stands in for a missing one.
  Application& host(std::string_view name);

  // The path of the route of that name, its parameters percent-encoded. Throws
  // std::invalid_argument for an unknown name and for arguments that are missing, unknown or do not
  // match.
  std::string url_for(std::string_view name,
                      std::initializer_list<http::PathArgument> arguments = {}) const;

  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override;

 private:
  friend class ApplicationDispatcher;
  using Route = RouteTable::Route;

  void add(http::Method method, const NamedPattern& pattern, std::shared_ptr<Endpoint> endpoint) {
    table_.add(method, pattern, std::move(endpoint));
  }
  void seal(const Scope* outer);
  // Tells the table what the options say of routes.
  void hand_down_options();
  const Application& for_host(std::string_view name) const;

  std::shared_ptr<const ApplicationOptions> options_;  // never null; a host's are its outer one's
  RouteTable table_;
  bool is_host_ = false;  // of another application
  bool redirects_slashes_ = false;
  // Here or in any host there is middleware, or an option that concerns every answer; known once
  // sealed.
  bool has_extras_ = false;
  std::once_flag sealed_;
  std::vector<std::unique_ptr<Application>> hosts_;
  HostTable host_table_;
};

// The methods a RequestHandler subclass overrides, by the class its member functions belong to.
template <class Handler>
std::vector<http::Method> methods_of() {
  using Base = void (RequestHandler::*)();
  std::vector<http::Method> methods;
  auto add_if = [&methods](bool overridden, http::Method method) {
    if (overridden) methods.push_back(method);
  };
  constexpr bool kGets = !std::is_same_v<decltype(&Handler::get), Base>;
  add_if(kGets, http::Method::kGet);
  add_if(kGets || !std::is_same_v<decltype(&Handler::head), Base>, http::Method::kHead);
  add_if(!std::is_same_v<decltype(&Handler::post), Base>, http::Method::kPost);
  add_if(!std::is_same_v<decltype(&Handler::put), Base>, http::Method::kPut);
  add_if(!std::is_same_v<decltype(&Handler::del), Base>, http::Method::kDelete);
  add_if(!std::is_same_v<decltype(&Handler::options), Base>, http::Method::kOptions);
  add_if(!std::is_same_v<decltype(&Handler::patch), Base>, http::Method::kPatch);
  return methods;
}

template <class Handler>
std::shared_ptr<Endpoint> endpoint_of(Handler handler, const RouteOptions& options) {
  static_assert(std::is_invocable_v<const Handler&, Request&, Response&>,
                "a handler takes (Request&, Response&) and is const: all loops call it at once");
  using Result = std::invoke_result_t<const Handler&, Request&, Response&>;
  if constexpr (std::is_same_v<Result, Task<>>) {
    return make_endpoint(CoroutineHandler(std::move(handler)), options);
  } else {
    static_assert(std::is_void_v<Result>, "a handler returns nothing, or a Task<>");
    return make_endpoint(FunctionHandler(std::move(handler)), options);
  }
}

template <class Handler>
Application& Application::route(http::Method method, const NamedPattern& pattern, Handler handler,
                                RouteOptions options) {
  add(method, pattern, endpoint_of(std::move(handler), options));
  return *this;
}

template <class Handler>
Application& Application::default_handler(Handler handler) {
  table_.scope().set_default_endpoint(endpoint_of(std::move(handler), RouteOptions()));
  return *this;
}

template <class Handler, class... Arguments>
Application& Application::add_handler(const NamedPattern& pattern, Arguments... arguments) {
  static_assert(std::is_base_of_v<RequestHandler, Handler>);
  std::shared_ptr<Endpoint> endpoint =
      make_endpoint(handler_class<Handler>(std::move(arguments)...));
  for (http::Method method : methods_of<Handler>()) add(method, pattern, endpoint);
  return *this;
}

}  // namespace turbo::web

#endif  // TURBO_WEB_APPLICATION_H_
