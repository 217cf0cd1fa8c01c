// Listener: accepts from a listening socket, which listen_on() (socket.h) makes, on one loop.
//
// Use TCPServer, which spreads connections over loops; a Listener alone serves one loop and knows
// nothing of connection counts.
//
// Owner:   the maker; closing is by destruction, on the loop's thread.
// Threads: its loop's.
// Errors:  it goes on after every error: a connection that died in the queue is skipped; without
//          free descriptors it sheds what waits through a spare descriptor, logs once a minute at
//          most, and tries again after 100 ms, so that it never spins (LOOP-7).
// Limits:  64 connections an event, then other handlers have their turn.
// Cost:    one accept4 a connection, one more that finds the queue empty.
#ifndef TURBO_NET_LISTENER_H_
#define TURBO_NET_LISTENER_H_

#include <chrono>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "framework/base/address.h"
#include "framework/base/fd.h"
#include "framework/base/life_watch.h"
#include "framework/loop/io_loop.h"
#include "framework/net/socket.h"

namespace turbo {

// Plain numbers, read on the loop's thread.
struct ListenerCounters {
  uint64_t accepted = 0;
  uint64_t shed = 0;       // accepted and closed at once, for want of descriptors
  uint64_t back_offs = 0;  // times it stopped accepting for a while
};

class Listener final : private EventHandler {
 public:
  // Gets a non-blocking, close-on-exec socket. May destroy the Listener.
  using AcceptCallback = absl::AnyInvocable<void(UniqueFd socket, const Address& peer)>;

  // Requires: `socket` listens. Accepts from the loop's next poll on.
  Listener(IOLoop& loop, UniqueFd socket, AcceptCallback callback);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  const ListenerCounters& counters() const { return counters_; }

  static constexpr int kAcceptBudget = 64;
  static constexpr Duration kBackOff = std::chrono::milliseconds(100);

 private:
  void on_events(uint32_t events) override;
  // False: stop for this event.
  bool accept_one();
  // False: the Listener is gone.
  bool call_back(UniqueFd socket, const Address& peer);
  void watch();
  void back_off(const AcceptResult& result);
  void shed_through_spare();

  IOLoop& loop_;
  UniqueFd socket_;
  UniqueFd spare_;  // closed to make room for the one accept that tells a client to go away
  AcceptCallback callback_;
  TimerHandle back_off_timer_;
  ListenerCounters counters_;
  Life life_;
};

}  // namespace turbo

#endif  // TURBO_NET_LISTENER_H_
