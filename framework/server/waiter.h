// Waiter: what has to get on within a time: a connection, or a stream of an HTTP/2 connection.
// WaitLists: those of one loop, and which of them have run out.
//
// Deadlines cost no timer each: every kind of wait has one duration, so the waiters of a kind stand
// in the order in which they will run out, and whoever looks at the fronts now and then sees all.
//
// Owner:   the ServerShard has the lists; who owns a waiter is no matter of theirs, and one that is
//          destroyed leaves them.
// Threads: their loop's.
// Errors:  none.
// Limits:  none.
// Cost:    moving a waiter to another wait: a few pointer writes.
#ifndef TURBO_SERVER_WAITER_H_
#define TURBO_SERVER_WAITER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "framework/base/clock.h"
#include "framework/base/intrusive_list.h"
#include "framework/loop/io_loop.h"

namespace turbo {

// What is waited for; each runs out after its own time.
enum class Wait : uint8_t {
  kIdle,
  kHandshake,
  kHead,
  kBody,
  kHandling,   // for the handler to answer, or for the next turn
  kStreaming,  // for the handler to end the answer it has begun
  kDrain,      // for an answer that has ended to leave
  kLinger,
  kStreams,  // for what each of the connection's streams waits for
  kPong,     // for a sign of life of a client with streams
};
inline constexpr size_t kWaitCount = 10;

struct WaitTag;

class Waiter : public Deletable, public ListNode<WaitTag> {
 public:
  Wait wait() const { return wait_; }
  TimePoint since() const { return since_; }
  // The wait has lasted too long: end it, or begin it anew.
  virtual void on_deadline() = 0;

 private:
  friend class WaitLists;
  TimePoint since_{};
  Wait wait_ = Wait::kIdle;
};

// A client's connection, whatever it speaks.
class ServerConnection : public Waiter {
 public:
  // Idle: end now. Else: end when what was asked for has been answered and has left.
  virtual void drain() = 0;
  // End now, whatever is going on.
  virtual void end() = 0;
};

class WaitLists {
 public:
  // From `now` on.
  void set_wait(Waiter& waiter, Wait wait, TimePoint now) {
    waiter.ListNode<WaitTag>::unlink();
    waiter.wait_ = wait;
    waiter.since_ = now;
    lists_[static_cast<size_t>(wait)].push_back(waiter);
  }

  // Calls on_deadline() of all that have waited for `wait` since `begun_before` or longer. It ends
  // the waiter or puts it at the back, with a fresh start.
  void check(Wait wait, TimePoint begun_before) {
    List& list = lists_[static_cast<size_t>(wait)];
    while (!list.empty() && list.front().since() <= begun_before) list.front().on_deadline();
  }

  // Calls `visit` once for each waiter, which may leave or move.
  template <class Visit>
  void for_each(Visit visit) {
    List now;
    for (List& list : lists_) now.splice_back(list);
    while (!now.empty()) {
      Waiter& waiter = now.pop_front();
      lists_[static_cast<size_t>(waiter.wait_)].push_back(waiter);
      visit(waiter);
    }
  }

  // Calls `take` for each until none is left: it must leave.
  template <class Take>
  void take_all(Take take) {
    for (List& list : lists_) {
      while (!list.empty()) take(list.front());
    }
  }

 private:
  using List = IntrusiveList<Waiter, WaitTag>;
  std::array<List, kWaitCount> lists_;
};

}  // namespace turbo

#endif  // TURBO_SERVER_WAITER_H_
