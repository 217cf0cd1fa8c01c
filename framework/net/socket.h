// Stream sockets, pipes and files at the level of system calls: this room's only users of errno.
//
// Owner:   functions without state; descriptors are the callers'.
// Threads: any.
// Errors:  IOResult for what moves bytes, absl::Status for the rest. EINTR is retried here, EAGAIN
//          is kWouldBlock.
// Limits:  none of its own.
// Cost:    one system call each.
#ifndef TURBO_NET_SOCKET_H_
#define TURBO_NET_SOCKET_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/fd.h"
#include "framework/net/transport.h"

namespace turbo {

// A stream socket, non-blocking and close-on-exec. `family` is AF_INET, AF_INET6 or AF_UNIX.
absl::StatusOr<UniqueFd> open_stream_socket(int family);
absl::Status make_non_blocking(int fd);
// A second descriptor of the same open file, close-on-exec.
absl::StatusOr<UniqueFd> duplicate_fd(int fd);

enum class FdKind : uint8_t {
  kConnectedSocket,
  kUnconnectedSocket,
  kReadEnd,  // of a pipe; terminals and the like that can be written too are kBothEnds
  kWriteEnd,
  kBothEnds,
};
FdKind kind_of(int fd);
// AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for what is not a socket.
int family_of(int fd);

// ---- connecting ----

// Binds what is about to connect. Port 0 is any port, and one port then serves many destinations.
absl::Status bind_source(int fd, const Address& address);
// OK: established or on its way.
absl::Status connect_socket(int fd, const Address& peer);
// Takes the error that waits on the socket; OK if there is none. `doing` begins the message.
absl::Status take_socket_error(int fd, std::string_view doing = "socket");

// ---- listening ----

struct ListenOptions {
  // Connections the kernel completes ahead of accept; it caps this at net.core.somaxconn.
  int backlog = 4096;
  // IP only: one socket a loop, among which the kernel spreads connections.
  bool reuse_port = true;
  // IPv6 only: false takes IPv4 connections too, with addresses like ::ffff:127.0.0.1.
  bool ipv6_only = true;
};

// A bound and listening non-blocking socket. A Unix path left behind by a dead process is taken
// over; one that is being served is not.
[[nodiscard]] absl::StatusOr<UniqueFd> listen_on(const Address& address,
                                                 ListenOptions options = {});
// The same before it listens: clients are refused.
[[nodiscard]] absl::StatusOr<UniqueFd> bind_to(const Address& address, ListenOptions options = {});

// What accept has to say.
struct AcceptResult {
  enum class Kind : uint8_t {
    kConnection,
    kNothing,        // waits; the poller tells
    kGone,           // a connection that died while it waited: go on with the next
    kNoDescriptors,  // until some are closed
    kFailed,
  };
  Kind kind;
  UniqueFd socket;  // non-blocking, close-on-exec
  Address peer;
  absl::Status failure;  // of the last two kinds
};
AcceptResult accept_from(int listening);

// ---- moving bytes ----

IOResult receive(int fd, std::span<char> room);
// Never raises SIGPIPE.
IOResult send(int fd, std::span<const iovec> pieces);
IOResult read_pipe(int fd, std::span<char> room);
IOResult write_pipe(int fd, std::span<const iovec> pieces);
// To a socket or a pipe. Raises SIGPIPE unless the thread blocks it, which loop threads do
// (IOLoop).
IOResult send_file(int fd, int file, off_t offset, size_t count);

absl::Status shutdown_writing(int fd);

// ---- facts and options ----

Address socket_name(int fd);
Address peer_name(int fd);
// Nothing happens on what is not TCP.
void set_tcp_nodelay(int fd, bool on);
void set_tcp_keepalive(int fd, bool on, std::chrono::seconds idle, std::chrono::seconds interval,
                       int probes);

}  // namespace turbo

#endif  // TURBO_NET_SOCKET_H_
