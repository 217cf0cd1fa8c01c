// Connector: one connected socket out of a list of addresses, tried as RFC 8305 says.
//
//   Connector connector(loop, addresses, {}, [&](absl::StatusOr<UniqueFd> socket) { ... });
//
// The families take turns, the first address's family first. Each attempt gets `stagger` before the
// next one starts beside it; a failed attempt starts the next at once. The first to succeed wins
// and the others are closed. Addresses that are not known yet may join the race later.
//
// Owner:   whoever waits for the connection; destroying it cancels: sockets closed, callback
//          destroyed uncalled.
// Threads: the loop's.
// Errors:  one shape for every cause (IOS-40): kUnavailable with the last attempt's address and
//          reason, kDeadlineExceeded when time ran out, kInvalidArgument for an empty list or a
//          source that fits no address.
// Limits:  at most one attempt an address; all of them may be open at once.
// Cost:    a socket and a poller registration an attempt, two timers; not for a hot path.
#ifndef TURBO_NET_CONNECTOR_H_
#define TURBO_NET_CONNECTOR_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"

namespace turbo {

// Makes a non-blocking, close-on-exec socket and begins to connect it to `peer`. An OK answer says
// that the attempt is on its way or complete: the socket turns writable when the outcome stands in
// SO_ERROR.
absl::StatusOr<UniqueFd> start_connect(const Address& peer, const Address* source);

// `addresses` with the families alternating, the first address's family first, the order within a
// family kept (RFC 8305 section 4).
std::vector<Address> interleave_families(std::span<const Address> addresses);

struct ConnectorOptions {
  // Bound before connecting; addresses of another family are then left out.
  std::optional<Address> source;
  // The Connection Attempt Delay of RFC 8305 section 5.
  Duration stagger = std::chrono::milliseconds(250);
  // For everything, from construction on. None: whoever waits has a deadline of its own.
  std::optional<Duration> deadline = std::chrono::seconds(30);
  // add_rest() follows: to run out of addresses before it is no failure.
  bool rest_expected = false;
  // How an attempt begins; tests hand in networks that swallow, delay and refuse.
  absl::AnyInvocable<absl::StatusOr<UniqueFd>(const Address& peer, const Address* source)> start =
      start_connect;
};

class Connector {
 public:
  // Gets the connected, non-blocking socket, or why there is none. May destroy the Connector.
  using ResultCallback = absl::AnyInvocable<void(absl::StatusOr<UniqueFd>)>;

  // Begins at once. `callback` runs on the loop, once, and never inside the constructor.
  Connector(IOLoop& loop, std::span<const Address> addresses, ConnectorOptions options,
            ResultCallback callback);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector();

  // The addresses that were still looked up, perhaps none: their family is next to be tried. Once,
  // and only with rest_expected.
  void add_rest(std::span<const Address> addresses);

 private:
  class Attempt;
  class Result;

  // Those of the source's family, the families in turns.
  std::vector<Address> in_order(std::span<const Address> addresses);
  void start_next();
  void on_attempt_failed(Attempt& attempt, absl::Status why);
  void on_attempt_connected(Attempt& attempt);
  void finish(absl::StatusOr<UniqueFd> result);
  void cancel_everything();

  IOLoop& loop_;
  ConnectorOptions options_;
  std::vector<Address> addresses_;
  size_t next_ = 0;  // index into addresses_ of the next attempt
  std::vector<std::unique_ptr<Attempt>> attempts_;
  absl::Status last_failure_;
  TimerHandle stagger_timer_;  // armed: the last attempt is not to be joined by another yet
  TimerHandle deadline_timer_;
  std::unique_ptr<Result> result_;
  bool finished_ = false;
};

}  // namespace turbo

#endif  // TURBO_NET_CONNECTOR_H_
