// The kernel's transports: SocketTransport for TCP and Unix stream sockets, PipeTransport for pipes
// and whatever else read() and write() serve and epoll can watch.
//
// Owner:   the IOStream; the descriptor closes with close() or with the transport.
// Threads: the loop's.
// Errors:  errno values, see transport.h.
// Limits:  regular files cannot be watched: the poller refuses them.
// Cost:    32 bytes; registered with the poller at the first watch().
#ifndef TURBO_NET_SOCKET_TRANSPORT_H_
#define TURBO_NET_SOCKET_TRANSPORT_H_

#include <memory>

#include "framework/base/fd.h"
#include "framework/net/socket.h"
#include "framework/net/transport.h"

namespace turbo {

// What both have: a descriptor and its registration.
class FdTransport : public Transport {
 public:
  void attach(IOLoop& loop, EventHandler& handler) final;
  void watch(uint32_t events) final;
  void close() final;
  int fd() const final { return fd_.get(); }

 protected:
  explicit FdTransport(UniqueFd fd) : fd_(std::move(fd)) {}
  ~FdTransport() override;

  // Not OK if the poller did not take the descriptor, which watch() reports as an error event.
  absl::Status poller_refusal() const;

  // Requires: a descriptor, non-blocking.
  UniqueFd fd_;
  bool bound_ = false;  // a socket's, to the source it connects from; here it costs no memory

 private:
  // True if the poller took it.
  bool register_with_poller(uint32_t events);

  bool registered_ = false;
  IOLoop* loop_ = nullptr;
  EventHandler* handler_ = nullptr;
};

class SocketTransport final : public FdTransport {
 public:
  // Requires: a stream socket, non-blocking, connected or not.
  explicit SocketTransport(UniqueFd socket) : FdTransport(std::move(socket)) {}

  IOResult read(std::span<char> room) override;
  IOResult write(std::span<const iovec> pieces) override;
  bool sends_files() const override { return true; }
  IOResult send_file(int file, off_t offset, size_t count) override;
  absl::Status connect(const Address& peer, const Address* source) override;
  absl::Status connect_result() override;
  absl::Status shutdown_write() override;
  Address local_address() const override;
  Address peer_address() const override;
};

class PipeTransport final : public FdTransport {
 public:
  // Requires: non-blocking; `kind` is not a socket's.
  PipeTransport(UniqueFd pipe, FdKind kind) : FdTransport(std::move(pipe)), kind_(kind) {}

  IOResult read(std::span<char> room) override;
  IOResult write(std::span<const iovec> pieces) override;
  IOResult send_file(int file, off_t offset, size_t count) override;
  absl::Status connect(const Address& peer, const Address* source) override;
  absl::Status connect_result() override;
  // A pipe's write end has no other FIN than its close: the descriptor is released. A read end
  // stays as it is.
  absl::Status shutdown_write() override;
  Address local_address() const override { return {}; }
  Address peer_address() const override { return {}; }

 private:
  const FdKind kind_;
};

}  // namespace turbo

#endif  // TURBO_NET_SOCKET_TRANSPORT_H_
