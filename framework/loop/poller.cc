#include "framework/loop/poller.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "framework/base/check.h"

namespace turbo {
namespace {

static_assert(uint32_t{kReadable} == EPOLLIN && uint32_t{kWritable} == EPOLLOUT &&
              uint32_t{kError} == EPOLLERR && uint32_t{kHangUp} == EPOLLHUP &&
              uint32_t{kPeerShut} == EPOLLRDHUP);

constexpr uint32_t kAlwaysReported = kError | kHangUp;

// No descriptor has this number, so no registration has this key.
constexpr uint64_t kWakeKey = UINT64_MAX;

uint64_t make_key(int fd, uint32_t generation) {
  return static_cast<uint32_t>(fd) | uint64_t{generation} << 32;
}

int to_milliseconds(Duration wait) {
  if (wait <= Duration::zero()) return 0;
  if (wait == Duration::max()) return -1;
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::min<int64_t>(rounded, INT_MAX));
}

}  // namespace

Poller::Poller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      ready_(new epoll_event[kMaxEvents]) {
  TURBO_CHECK(epoll_.valid() && wake_.valid(),
              "an IOLoop needs two descriptors; raise the limit or close some");
  // Edge-triggered: each write is one event, and nobody has to read the counter back.
  const int error = control(EPOLL_CTL_ADD, wake_.get(), EPOLLIN | EPOLLET, kWakeKey);
  TURBO_CHECK(error == 0, "epoll refused the loop's own eventfd");
}

Poller::~Poller() = default;

int Poller::control(int operation, int fd, uint32_t events, uint64_t key) {
  epoll_event event;
  event.events = events;
  event.data.u64 = key;
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
}

int Poller::add(int fd, uint32_t events, EventHandler& handler) {
  if (fd < 0) return EBADF;
  if (registered(fd)) return EEXIST;
  if (static_cast<size_t>(fd) >= table_.size()) {
    table_.resize(std::max<size_t>(fd + size_t{1}, table_.size() * 2));
  }
  Registration& entry = table_[fd];
  const int error = control(EPOLL_CTL_ADD, fd, events, make_key(fd, entry.generation));
  if (error != 0) return error;
  entry.handler = &handler;
  entry.events = events;
  return 0;
}

void Poller::update(int fd, uint32_t events) {
  TURBO_CHECK(registered(fd), "update_handler() of a descriptor that is not registered");
  Registration& entry = table_[fd];
  if (entry.events == events) return;
  const int error = control(EPOLL_CTL_MOD, fd, events, make_key(fd, entry.generation));
  TURBO_CHECK(error == 0, "the descriptor was closed before remove_handler()");
  entry.events = events;
}

bool Poller::remove(int fd) {
  if (!registered(fd)) return false;
  Registration& entry = table_[fd];
  entry.handler = nullptr;
  ++entry.generation;
  // Fails only if the caller closed the descriptor first, and then the kernel has dropped it
  // already.
  (void)control(EPOLL_CTL_DEL, fd, 0, 0);
  return true;
}

void Poller::wake() {
  const int saved = errno;  // may run in a signal handler
  (void)eventfd_write(wake_.get(), 1);
  errno = saved;
}

int Poller::wait(Duration wait) {
  epoll_event* const ready = ready_.get();
  int count = epoll_wait(epoll_.get(), ready, kMaxEvents, to_milliseconds(wait));
  if (count < 0) {
    TURBO_CHECK(errno == EINTR, "epoll_wait failed");
    return 0;
  }
  for (int i = 0; i < count; ++i) {
    if (ready[i].data.u64 != kWakeKey) continue;
    std::move(ready + i + 1, ready + count, ready + i);
    --count;
    break;
  }
  return count;
}

ReadyHandler Poller::ready(int index) const {
  const epoll_event& event = ready_[index];
  const uint64_t key = event.data.u64;
  const Registration& entry = table_[static_cast<uint32_t>(key)];
  if (entry.handler == nullptr || entry.generation != static_cast<uint32_t>(key >> 32)) return {};
  // Interest may have been withdrawn by a handler that ran before this one.
  return {entry.handler, event.events & (entry.events | kAlwaysReported)};
}

}  // namespace turbo
