// HTTPServer: HTTP on TCP and Unix sockets, on one loop or on all loops of a ShardSet.
//
//   web::Application app;
//   app.get("/", [](web::Request&, web::Response& response) { response.write("Hello"); });
//   HTTPServer server(shards.loops(), app);
//   auto bound = server.listen(Address::any_ipv4(8080));
//
// Owner:   the program. Destroyed after stop() has reported, or when its loops do not run any more.
// Threads: listen(), stop() and the counts from any, serve() from the first loop's; everything else
//          happens on the loop that owns the connection.
// Errors:  listen() answers a status. What clients do wrong is answered with 400 to 505 and a close
//          that lets them read it; it is counted, not logged.
// Limits:  HTTPServerOptions, each with a safe default.
// Cost:    in steady state one recv and one send a request, no allocation, no timer and no lock; an
//          idle connection holds no buffer and under 512 bytes (benchmarks/peers/idle_memory.py).
#ifndef TURBO_SERVER_HTTP_SERVER_H_
#define TURBO_SERVER_HTTP_SERVER_H_

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/loop/io_loop.h"
#include "framework/net/tcp_server.h"
#include "framework/net/transport.h"
#include "framework/server/dispatcher.h"
#include "framework/server/http_server_options.h"

namespace turbo {

class HTTPServer {
 public:
  // The loops and the service must outlive the server.
  HTTPServer(std::vector<IOLoop*> loops, Service& service, HTTPServerOptions options = {});
  HTTPServer(const HTTPServer&) = delete;
  HTTPServer& operator=(const HTTPServer&) = delete;
  ~HTTPServer();

  // Binds at once, accepts as soon as the loops run. May be called for several addresses. Returns
  // the address bound.
  [[nodiscard]] absl::StatusOr<Address> listen(const Address& address,
                                               HTTPListenOptions options = {});

  // Serves plain HTTP over a connection made elsewhere: memory, a socket that was inherited. On the
  // first loop, to be called on its thread. It is not counted among connections().
  void serve(std::unique_ptr<Transport> connected);

  // Stops accepting, closes idle connections, lets the others finish their request with
  // "Connection: close", and cuts what is left after `deadline`. `on_stopped` runs on one of the
  // loops when nothing is left. May be called again: the last deadline counts, each `on_stopped`
  // runs.
  void stop(Duration deadline, absl::AnyInvocable<void()> on_stopped);

  // Open connections, and how evenly they lie on the loops.
  ConnectionSpread spread() const { return tcp_->spread(); }
  size_t connections() const { return tcp_->connections(); }
  HTTPServerCounters counters() const;

 private:
  class State;
  std::shared_ptr<State> state_;
  std::unique_ptr<TCPServer> tcp_;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP_SERVER_H_
