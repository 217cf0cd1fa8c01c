// TCPServer: accepts connections on one or many loops and spreads them evenly.
//
//   TCPServer server(loop, [](AcceptedConnection connection) {
//     serve(std::make_unique<IOStream>(connection.socket.release()), std::move(connection.token));
//   });
//   absl::StatusOr<Address> bound = server.listen(Address::any_ipv4(8080));
//
// Every loop has its own SO_REUSEPORT listener and keeps what it accepts, unless another loop has
// clearly fewer connections: then the socket is handed over, once, before anybody has read from it.
// The kernel's hashing alone leaves long-lived connections uneven. Unix sockets, and IP without
// reuse_port, are accepted on the first loop and spread the same way.
//
// Owner:   the program, or HTTPServer. Destroyed on its loop's thread, or while its loops do not
//          run, or after stop() has reported. Connections and their tokens may outlive it; the last
//          of them destroys the handler.
// Threads: listen(), stop() and the counts from any thread; the handler runs on the loop that owns
//          the connection, so on several loops at the same time.
// Errors:  listen() answers a status; later ones are the Listener's. What the handler throws goes
//          to its loop's exception hook, the connection is closed and accepting goes on.
// Limits:  max_connections and max_connections_per_address; above them a connection is accepted and
//          closed at once. Many loops that accept at the same moment may pass the first by one
//          each.
// Cost:    accepting reads one cache line a loop, relaxed; a hand-over costs one post. A limit an
//          address, if there is one, takes a short lock when a connection begins and when it ends.
//          Nothing on the request path.
#ifndef TURBO_NET_TCP_SERVER_H_
#define TURBO_NET_TCP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"
#include "framework/net/address_counts.h"
#include "framework/net/listener.h"

namespace turbo {

class TCPServerState;  // tcp_server.cc

// Counts one connection on its loop for as long as it lives: hold it where the stream is held.
class ConnectionToken {
 public:
  ConnectionToken() = default;
  ConnectionToken(ConnectionToken&& other) noexcept;
  ConnectionToken& operator=(ConnectionToken&& other) noexcept;
  ~ConnectionToken() { release(); }

  // Counts no longer.
  void release();

 private:
  friend class TCPServerState;
  ConnectionToken(std::shared_ptr<TCPServerState> server, size_t loop_index,
                  AddressCounts::Key address)
      : server_(std::move(server)), loop_index_(loop_index), address_(address) {}

  std::shared_ptr<TCPServerState> server_;
  size_t loop_index_ = 0;
  AddressCounts::Key address_ = AddressCounts::kNotCounted;
};

struct AcceptedConnection {
  ConnectionToken token;
  UniqueFd socket;  // non-blocking
  Address peer;
  size_t loop_index = 0;  // of the loop the handler runs on, in the order given to the server
  uint32_t tag = 0;       // of the listen() that it came to
};

// Called on the loop that owns the connection; with several loops it must bear being called on all
// at once.
using ConnectionHandler = std::function<void(AcceptedConnection)>;

struct TCPServerOptions {
  size_t max_connections = 1'000'000;
  // Of one IPv4 address or IPv6 /64, on all loops together. Unix sockets are exempt. 0: as many as
  // all may have, since behind a proxy or a carrier's NAT thousands of clients share an address;
  // where clients connect directly a few hundred keep one of them from taking all there are.
  size_t max_connections_per_address = 0;
};

// How connections lie on the loops; the metric for evenness.
struct ConnectionSpread {
  std::vector<size_t> connections;  // open now, a loop
  // The largest distance from the mean, as a share of the mean: 0.05 is ±5 %. 0 without
  // connections.
  double relative = 0;
};

struct TCPServerCounters {
  uint64_t accepted = 0;
  uint64_t handed_over = 0;          // of those, to another loop than the one that accepted
  uint64_t refused = 0;              // closed at once, at max_connections
  uint64_t refused_per_address = 0;  // the same, at max_connections_per_address
};

class TCPServer {
 public:
  TCPServer(IOLoop& loop, ConnectionHandler handler, TCPServerOptions options = {});
  // Requires: at least one loop. They must outlive the server.
  TCPServer(std::vector<IOLoop*> loops, ConnectionHandler handler, TCPServerOptions options = {});
  TCPServer(const TCPServer&) = delete;
  TCPServer& operator=(const TCPServer&) = delete;
  ~TCPServer();

  // Binds at once, accepts as soon as the loops run. May be called for several addresses, told
  // apart by `tag`. Returns the address bound: port 0 becomes one port, the same on every loop.
  [[nodiscard]] absl::StatusOr<Address> listen(const Address& address, ListenOptions options = {},
                                               uint32_t tag = 0);

  // Stops accepting; open connections go on. On a loop's own thread that loop stops before this
  // returns. `on_stopped` runs on one of the loops, never inside stop(), when no handler will be
  // called again. May be called again, and inside the handler.
  void stop(absl::AnyInvocable<void()> on_stopped = nullptr);

  // Open connections: those whose token lives.
  size_t connections() const;
  ConnectionSpread spread() const;
  TCPServerCounters counters() const;

 private:
  std::shared_ptr<TCPServerState> state_;
};

}  // namespace turbo

#endif  // TURBO_NET_TCP_SERVER_H_
