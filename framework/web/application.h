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
// Patterns are those of http::Router: literals, ":name" for one segment, "*name" for the rest.
// GET handlers answer HEAD too. Unknown paths get 404, unknown methods of a known path 405 with
// Allow.
//
// Owner:   the program; outlives the server, and is not changed once the server listens.
// Threads: handlers are called on all loops at once: what they share must bear that.
// Errors:  a malformed or conflicting pattern throws std::invalid_argument where it is added.
// Limits:  16 parameters a pattern.
// Cost:    a lookup does not depend on the number of routes and allocates nothing.
#ifndef TURBO_WEB_APPLICATION_H_
#define TURBO_WEB_APPLICATION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/http/method.h"
#include "framework/http/router.h"
#include "framework/server/dispatcher.h"
#include "framework/web/endpoint.h"

namespace turbo::web {

class Application final : public Service {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // A handler is a function void(Request&, Response&) or a coroutine Task<>(Request&, Response&).
  template <class Handler>
  Application& get(std::string_view pattern, Handler handler) {
    return route(http::Method::kGet, pattern, std::move(handler));
  }
  template <class Handler>
  Application& post(std::string_view pattern, Handler handler) {
    return route(http::Method::kPost, pattern, std::move(handler));
  }
  template <class Handler>
  Application& put(std::string_view pattern, Handler handler) {
    return route(http::Method::kPut, pattern, std::move(handler));
  }
  template <class Handler>
  Application& del(std::string_view pattern, Handler handler) {
    return route(http::Method::kDelete, pattern, std::move(handler));
  }
  template <class Handler>
  Application& patch(std::string_view pattern, Handler handler) {
    return route(http::Method::kPatch, pattern, std::move(handler));
  }
  template <class Handler>
  Application& route(http::Method method, std::string_view pattern, Handler handler);

  // A RequestHandler subclass for the methods it overrides, which must be public. `arguments` are
  // copied into the constructor of each handler.
  template <class Handler, class... Arguments>
  Application& add_handler(std::string_view pattern, Arguments... arguments);

  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override;

  // ---- for the dispatchers ----
  struct Route {
    std::string pattern;
    std::string allow;  // the Allow field
    std::array<std::shared_ptr<const Endpoint>, http::kMethodCount> endpoints;
  };
  // nullptr: no such path. Fills `match`.
  const Route* find(std::string_view path, http::RouteMatch& match) const;

 private:
  void add(http::Method method, std::string_view pattern, std::shared_ptr<const Endpoint> endpoint);
  Route& route_of(std::string_view pattern);

  http::Router router_;
  std::vector<Route> routes_;
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
Application& Application::route(http::Method method, std::string_view pattern, Handler handler) {
  static_assert(std::is_invocable_v<const Handler&, Request&, Response&>,
                "a handler takes (Request&, Response&) and is const: all loops call it at once");
  using Result = std::invoke_result_t<const Handler&, Request&, Response&>;
  if constexpr (std::is_same_v<Result, Task<>>) {
    add(method, pattern, make_endpoint(CoroutineHandler(std::move(handler))));
  } else {
    static_assert(std::is_void_v<Result>, "a handler returns nothing, or a Task<>");
    add(method, pattern, make_endpoint(FunctionHandler(std::move(handler))));
  }
  return *this;
}

template <class Handler, class... Arguments>
Application& Application::add_handler(std::string_view pattern, Arguments... arguments) {
  static_assert(std::is_base_of_v<RequestHandler, Handler>);
  HandlerFactory factory = [arguments = std::make_tuple(std::move(arguments)...)] {
    return std::apply(
        [](const Arguments&... each) -> std::unique_ptr<RequestHandler> {
          return std::make_unique<Handler>(each...);
        },
        arguments);
  };
  std::shared_ptr<const Endpoint> endpoint = make_endpoint(std::move(factory));
  for (http::Method method : methods_of<Handler>()) add(method, pattern, endpoint);
  return *this;
}

}  // namespace turbo::web

#endif  // TURBO_WEB_APPLICATION_H_
