#include "framework/net/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>

#include "framework/base/status.h"

namespace turbo {

namespace {

[[gnu::noinline]] IOResult moved_none(ssize_t result, uint32_t wants) {
  if (result == 0) return IOResult::end();
  if (errno == EAGAIN || errno == EWOULDBLOCK) return IOResult::would_block(wants);
  return IOResult::failed(errno);
}

// Calls until it is not interrupted by a signal.
template <class Call>
IOResult moved_by(Call call, uint32_t wants) {
  for (;;) {
    const ssize_t moved = call();
    if (moved > 0) [[likely]]
      return IOResult::moved(static_cast<size_t>(moved));
    if (moved == 0 || errno != EINTR) return moved_none(moved, wants);
  }
}

int int_option(int fd, int level, int name, int fallback) {
  int value = fallback;
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : fallback;
}

void set_option(int fd, int level, int name, int value) {
  // A peer that has just reset the connection makes this fail; the next read tells.
  (void)::setsockopt(fd, level, name, &value, sizeof(value));
}

bool is_tcp(int fd) {
  const int family = family_of(fd);
  return family == AF_INET || family == AF_INET6;
}

}  // namespace

absl::StatusOr<UniqueFd> open_stream_socket(int family) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return errno_status(errno, "socket");
  return socket;
}

absl::Status make_non_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return errno_status(errno, "fcntl");
  if ((flags & O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return errno_status(errno, "fcntl");
  }
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> duplicate_fd(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return errno_status(errno, "dup");
  return copy;
}

FdKind kind_of(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode)) {
    sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    const bool connected = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    return connected ? FdKind::kConnectedSocket : FdKind::kUnconnectedSocket;
  }
  switch (::fcntl(fd, F_GETFL) & O_ACCMODE) {
    case O_RDONLY:
      return FdKind::kReadEnd;
    case O_WRONLY:
      return FdKind::kWriteEnd;
    default:
      return FdKind::kBothEnds;
  }
}

int family_of(int fd) { return int_option(fd, SOL_SOCKET, SO_DOMAIN, AF_UNSPEC); }

absl::Status bind_source(int fd, const Address& address) {
#ifdef IP_BIND_ADDRESS_NO_PORT
  if (address.is_ip() && address.port() == 0) {
    set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  }
#endif
  if (::bind(fd, address.data(), address.size()) != 0) {
    return errno_status(errno, "bind to " + address.to_string());
  }
  return absl::OkStatus();
}

absl::Status connect_socket(int fd, const Address& peer) {
  int result = ::connect(fd, peer.data(), peer.size());
  // On a socket whose attempt before failed, Linux uses up one call to say so.
  if (result != 0 && errno == ECONNABORTED) result = ::connect(fd, peer.data(), peer.size());
  // An interrupted connect goes on by itself (POSIX), so EINTR is like EINPROGRESS and not retried.
  if (result == 0 || errno == EINPROGRESS || errno == EINTR) return absl::OkStatus();
  return errno_status(errno, "connect to " + peer.to_string());
}

absl::Status take_socket_error(int fd, std::string_view doing) {
  const int error = int_option(fd, SOL_SOCKET, SO_ERROR, 0);
  return error == 0 ? absl::OkStatus() : errno_status(error, doing);
}

// ---- listening ----

namespace {

absl::Status failed(int error, const Address& address, const char* what) {
  return errno_status(error, what + (" " + address.to_string()));
}

// True if the path holds a socket that nobody listens on any more.
bool is_left_behind(const Address& address) {
  struct stat info;
  const std::string path = address.host();
  if (path.empty() || path.front() == '@') return false;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED;
}

int bind_error(int fd, const Address& address) {
  if (::bind(fd, address.data(), address.size()) == 0) return 0;
  if (errno != EADDRINUSE || address.family() != AF_UNIX) return errno;
  if (!is_left_behind(address)) return EADDRINUSE;
  ::unlink(address.host().c_str());
  return ::bind(fd, address.data(), address.size()) == 0 ? 0 : errno;
}

AcceptResult::Kind kind_of_accept_error(int error) {
  switch (error) {
    case EAGAIN:
      return AcceptResult::Kind::kNothing;
    case EMFILE:
    case ENFILE:
      return AcceptResult::Kind::kNoDescriptors;
    // These say nothing about the next connection in the queue: this one died there, or its
    // network did.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return AcceptResult::Kind::kGone;
    default:
      return AcceptResult::Kind::kFailed;
  }
}

}  // namespace

absl::StatusOr<UniqueFd> bind_to(const Address& address, ListenOptions options) {
  if (!address.is_ip() && address.family() != AF_UNIX) {
    return absl::InvalidArgumentError("an address to listen on is an IP address or a Unix path");
  }
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed(errno, address, "socket for");
  if (address.is_ip()) {
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (options.reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (address.family() == AF_INET6) {
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0);
  }
  if (int error = bind_error(fd.get(), address)) return failed(error, address, "bind to");
  return fd;
}

absl::StatusOr<UniqueFd> listen_on(const Address& address, ListenOptions options) {
  absl::StatusOr<UniqueFd> bound = bind_to(address, options);
  if (!bound.ok()) return bound.status();
  UniqueFd fd = *std::move(bound);
  if (::listen(fd.get(), options.backlog) != 0) return failed(errno, address, "listen on");
  return fd;
}

AcceptResult accept_from(int listening) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);  // the kernel changes it: set anew for every call (D17)
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  UniqueFd socket(::accept4(listening, name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.valid()) {
    return {AcceptResult::Kind::kConnection, std::move(socket), Address::from_sockaddr(name, size),
            absl::OkStatus()};
  }
  const int error = errno;
  const AcceptResult::Kind kind = kind_of_accept_error(error);
  const bool failed = kind >= AcceptResult::Kind::kNoDescriptors;
  return {kind, UniqueFd(), Address(), failed ? errno_status(error, "accept") : absl::OkStatus()};
}

// recv() and send() without the cancellation points that glibc makes of them in a program with
// threads: a tenth of a small request's instructions beside the system calls, and nobody cancels
// the threads of loops.
IOResult receive(int fd, std::span<char> room) {
  const auto receive_once = [&] {
    return ::syscall(SYS_recvfrom, fd, room.data(), room.size(), 0, nullptr, nullptr);
  };
  return moved_by(receive_once, kReadable);
}

IOResult send(int fd, std::span<const iovec> pieces) {
  if (pieces.size() == 1) [[likely]] {
    // sendto is cheaper for the kernel than sendmsg with one piece.
    const iovec& piece = pieces[0];
    const auto send_once = [&] {
      return ::syscall(SYS_sendto, fd, piece.iov_base, piece.iov_len, MSG_NOSIGNAL, nullptr, 0);
    };
    return moved_by(send_once, kWritable);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return moved_by([&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }, kWritable);
}

IOResult read_pipe(int fd, std::span<char> room) {
  return moved_by([&] { return ::read(fd, room.data(), room.size()); }, kReadable);
}

IOResult write_pipe(int fd, std::span<const iovec> pieces) {
  const int count = static_cast<int>(std::min<size_t>(pieces.size(), IOV_MAX));
  return moved_by([&] { return ::writev(fd, pieces.data(), count); }, kWritable);
}

IOResult send_file(int fd, int file, off_t offset, size_t count) {
  return moved_by([&] { return ::sendfile(fd, file, &offset, count); }, kWritable);
}

absl::Status shutdown_writing(int fd) {
  if (::shutdown(fd, SHUT_WR) != 0) return errno_status(errno, "shutdown");
  return absl::OkStatus();
}

namespace {

using NameCall = int (*)(int, sockaddr*, socklen_t*);

Address name_by(NameCall call, int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  return call(fd, address, &size) == 0 ? Address::from_sockaddr(address, size) : Address();
}

}  // namespace

Address socket_name(int fd) {
  return name_by([](int s, sockaddr* a, socklen_t* n) { return ::getsockname(s, a, n); }, fd);
}

Address peer_name(int fd) {
  return name_by([](int s, sockaddr* a, socklen_t* n) { return ::getpeername(s, a, n); }, fd);
}

void set_tcp_nodelay(int fd, bool on) {
  // What is not TCP refuses, which costs less than to ask first.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

void set_tcp_keepalive(int fd, bool on, std::chrono::seconds idle, std::chrono::seconds interval,
                       int probes) {
  if (!is_tcp(fd)) return;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
  if (!on) return;
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(idle.count()));
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(interval.count()));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

}  // namespace turbo
