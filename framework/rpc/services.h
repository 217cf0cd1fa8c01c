// Services: the RPC services of a program, and who answers what is no call. The Service an
// HTTPServer runs.
//
//   rpc::Services services;
//   services.add<GreeterService>();              // one made for each loop
//   services.add(shared_service);                // one for all loops
//   services.set_options("helloworld.Greeter", {.max_concurrent_calls = 100});
//   services.use({.before = check_token});       // interceptor.h
//   services.set_cors({.origins = {"https://app.example.com"}});   // cors.h
//   services.serve_json();                       // http_binding.h, json_format.h
//   services.set_http(app);                      // a web::Application, on the same port
//   HTTPServer server(shards.loops(), services);
//
// A call is a POST whose Content-Type is application/grpc, by HTTP/2, or application/grpc-web,
// which browsers send, by any version: what names an unknown method is answered with
// kUnimplemented, gRPC that comes by HTTP/1.1 with 505, what has a codec but protobuf with 415. All
// else goes to the HTTP service, or is answered with 404.
//
// Owner:   the program; outlives the server, and is not changed once the server listens.
// Threads: the services made for a loop are called on it alone; add(shared) is for those that bear
//          all loops at once.
// Errors:  set_options() for a name nobody has added, and with serve_json() an HTTP annotation that
//          is malformed or another's: TURBO_CHECK, when the server starts.
// Limits:  ServicesOptions.
// Cost:    a call: a look-up in a hash table and one piece of the loop's pool.
#ifndef TURBO_RPC_SERVICES_H_
#define TURBO_RPC_SERVICES_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "framework/rpc/cors.h"
#include "framework/rpc/interceptor.h"
#include "framework/rpc/json_options.h"
#include "framework/rpc/method_entry.h"
#include "framework/rpc/service.h"
#include "framework/server/dispatcher.h"

namespace turbo::rpc {

class Services final : public turbo::Service {
 public:
  explicit Services(MethodOptions defaults = {}) : defaults_(defaults) {}
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Makes an `Implementation` for each loop, on its thread; `arguments` are copied into each.
  template <class Implementation, class... Arguments>
  Services& add(Arguments... arguments);
  // One that all loops share; it outlives the server.
  Services& add(rpc::Service& shared);

  // Of one method, "/helloworld.Greeter/SayHello", or all of a service, "helloworld.Greeter"; the
  // method's count where both are set.
  Services& set_options(std::string_view name, MethodOptions options);
  // Around all methods, those added before included.
  Services& use(Interceptor interceptor);
  // Pages of other origins that may call; without it none.
  Services& set_cors(CORSOptions options);
  // Calls by HTTP with JSON.
  Services& serve_json(JSONOptions options = {});
  // Who answers what is no call; outlives the server.
  Services& set_http(turbo::Service& http);

  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override;

 private:
  // A loop's own, or what all share, which nobody here owns.
  using Make = absl::AnyInvocable<std::shared_ptr<rpc::Service>() const>;

  MethodOptions options_of(const MethodEntry& entry) const;
  void check_names(const MethodTable& methods) const;

  const MethodOptions defaults_;
  std::vector<Make> makers_;
  std::vector<std::pair<std::string, MethodOptions>> options_;
  std::vector<Interceptor> interceptors_;
  std::optional<CORSPolicy> cors_;
  std::optional<JSONOptions> json_;
  turbo::Service* http_ = nullptr;
};

template <class Implementation, class... Arguments>
Services& Services::add(Arguments... arguments) {
  static_assert(std::is_base_of_v<rpc::Service, Implementation>);
  makers_.emplace_back([arguments = std::make_tuple(std::move(arguments)...)] {
    return std::apply(
        [](const Arguments&... each) { return std::make_shared<Implementation>(each...); },
        arguments);
  });
  return *this;
}

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVICES_H_
