#include "framework/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/base/status.h"

namespace turbo {
namespace {

void set_option(int fd, int level, int name) {
  const int on = 1;
  // Fails only where the option is unknown, and then bind says what matters.
  (void)::setsockopt(fd, level, name, &on, sizeof(on));
}

absl::Status failed(int error, const Address& address, const char* what) {
  return errno_status(error, absl::StrCat(what, " ", address.to_string()));
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

using NameCall = int (*)(int, sockaddr*, socklen_t*);

Address name_of(int fd, NameCall call) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  return call(fd, name, &size) == 0 ? Address::from_sockaddr(name, size) : Address();
}

UniqueFd open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// Errors that say nothing about the next connection in the queue: it died there, or its network
// did.
bool concerns_one_connection(int error) {
  switch (error) {
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
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<UniqueFd> listen_on(const Address& address, ListenOptions options) {
  if (!address.is_ip() && address.family() != AF_UNIX) {
    return absl::InvalidArgumentError("an address to listen on is an IP address or a Unix path");
  }
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed(errno, address, "socket for");
  if (address.is_ip()) {
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (options.reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  }
  if (address.family() == AF_INET6) {
    const int only = options.ipv6_only ? 1 : 0;
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
  }
  if (int error = bind_error(fd.get(), address)) return failed(error, address, "bind to");
  if (::listen(fd.get(), options.backlog) != 0) return failed(errno, address, "listen on");
  return fd;
}

Address local_address_of(int fd) { return name_of(fd, ::getsockname); }

Address peer_address_of(int fd) { return name_of(fd, ::getpeername); }

Listener::Listener(IOLoop& loop, UniqueFd socket, AcceptCallback callback)
    : loop_(loop),
      socket_(std::move(socket)),
      spare_(open_spare()),
      callback_(std::move(callback)) {
  watch();
}

Listener::~Listener() {
  loop_.cancel(back_off_timer_);
  loop_.remove_handler(socket_.get());
}

void Listener::watch() {
  EventHandler& self = *this;
  const absl::Status added = loop_.add_handler(socket_.get(), kReadable, self);
  TURBO_CHECK(!absl::IsAlreadyExists(added), "the socket is on this loop already");
  // The kernel is out of memory for it: later.
  if (!added.ok()) back_off_timer_ = loop_.call_later(kBackOff, [this] { watch(); });
}

void Listener::on_events(uint32_t) {
  for (int i = 0; i < kAcceptBudget; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);  // the kernel changes it: set anew for every call (D17)
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  UniqueFd socket(::accept4(socket_.get(), name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) return false;
    if (concerns_one_connection(error)) return true;
    back_off(error);
    return false;
  }
  ++counters_.accepted;
  return call_back(std::move(socket), Address::from_sockaddr(name, size));
}

bool Listener::call_back(UniqueFd socket, const Address& peer) {
  LifeWatch watch(life_);
  // On the stack, since the callback may destroy its Listener and is not to destroy itself.
  AcceptCallback callback = std::move(callback_);
  try {
    callback(std::move(socket), peer);
  } catch (...) {
    // The next connection needs it as well; the exception is the loop's to report.
    if (!watch.dead()) callback_ = std::move(callback);
    throw;
  }
  if (watch.dead()) return false;
  callback_ = std::move(callback);
  return true;
}

void Listener::back_off(int error) {
  static LogLimiter limiter(std::chrono::minutes(1));
  if (auto held = limiter.admit()) {
    log_limited(LogLevel::kWarning,
                absl::StrCat("accept failed, trying again soon: ", std::strerror(error)), *held);
  }
  ++counters_.back_offs;
  if (error == EMFILE || error == ENFILE) shed_through_spare();
  // The queue keeps the socket readable: only leaving the poller stops it from waking the loop.
  loop_.remove_handler(socket_.get());
  back_off_timer_ = loop_.call_later(kBackOff, [this] { watch(); });
}

void Listener::shed_through_spare() {
  for (int i = 0; i < kAcceptBudget && spare_.valid(); ++i) {
    spare_.reset();
    UniqueFd unwanted(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const bool shed = unwanted.valid();
    unwanted.reset();
    spare_ = open_spare();
    if (!shed) return;
    ++counters_.shed;
  }
  if (!spare_.valid()) spare_ = open_spare();
}

}  // namespace turbo
