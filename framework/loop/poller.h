// Poller: the readiness of descriptors, and which handler each belongs to. epoll, level-triggered.
//
// For IOLoop alone; everybody else uses IOLoop::add_handler(). A registration is named by
// descriptor and generation, so an event that the kernel reported for an earlier registration of
// the same number is recognised and dropped (LOOP-4).
//
// Owner:   its IOLoop. Handlers and descriptors stay the caller's.
// Threads: the loop's; wake() any.
// Errors:  errno values from add(); wait() takes EINTR for "no events".
// Limits:  kMaxEvents a wait; what is ready beyond that is reported by the next wait.
// Cost:    16 bytes for every number up to the highest descriptor registered; one epoll_ctl a
//          change, none when the interest stays what it was.
#ifndef TURBO_LOOP_POLLER_H_
#define TURBO_LOOP_POLLER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "framework/base/clock.h"
#include "framework/base/fd.h"

struct epoll_event;

namespace turbo {

// What a descriptor is watched for, and what happened to it. Bits of one mask.
enum IOEvents : uint32_t {
  kNoEvents = 0,
  kReadable = 1,     // EPOLLIN
  kWritable = 4,     // EPOLLOUT
  kError = 8,        // EPOLLERR: always reported
  kHangUp = 16,      // EPOLLHUP: always reported
  kPeerShut = 8192,  // EPOLLRDHUP: reported when asked for
};

// Takes the events of one descriptor. The handler may remove, re-register and destroy itself in
// on_events().
class EventHandler {
 public:
  virtual void on_events(uint32_t events) = 0;

 protected:
  ~EventHandler() = default;
};

// One event that is to be delivered.
struct ReadyHandler {
  EventHandler* handler = nullptr;  // nullptr: stale, drop it
  uint32_t events = 0;
};

class Poller {
 public:
  static constexpr int kMaxEvents = 512;

  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  // 0, EEXIST if the descriptor is registered, or what epoll_ctl() said.
  int add(int fd, uint32_t events, EventHandler& handler);
  // Requires: registered, open.
  void update(int fd, uint32_t events);
  // False if the descriptor is not registered.
  bool remove(int fd);

  // Makes wait() return at once, now or the next time. Any thread, and signal handlers.
  void wake();

  // Blocks for at most `wait` (Duration::max(): without end), rounded up to a millisecond so that
  // no deadline is met early. Returns the number of events, wake-ups by wake() not counted.
  int wait(Duration wait);

  // The event `index` of the last wait(), looked up now: handlers that ran since may have changed
  // the table.
  ReadyHandler ready(int index) const;

 private:
  struct Registration {
    EventHandler* handler = nullptr;  // nullptr: not registered
    uint32_t generation = 0;          // raised by each removal
    uint32_t events = 0;
  };

  bool registered(int fd) const {
    return fd >= 0 && static_cast<size_t>(fd) < table_.size() && table_[fd].handler != nullptr;
  }
  int control(int operation, int fd, uint32_t events, uint64_t key);

  UniqueFd epoll_;
  UniqueFd wake_;
  std::vector<Registration> table_;
  std::unique_ptr<epoll_event[]> ready_;
};

}  // namespace turbo

#endif  // TURBO_LOOP_POLLER_H_
