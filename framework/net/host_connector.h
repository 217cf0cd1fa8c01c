// HostConnector: one connected socket to a host known by its name.
//
//   HostConnector connector(loop, "example.org", 443, Family::kAny, {},
//                           [&](absl::StatusOr<UniqueFd> socket) { ... });
//
// Both families are looked up by themselves, and a Connector begins with what is there first (RFC
// 8305 section 3): IPv6 addresses at once, IPv4 addresses when `resolution_delay` has gone by
// without the others. The later family joins the race. So a name server that swallows one of the
// questions holds nobody up.
//
// Owner:   whoever waits for the connection; destroying it cancels everything, callback destroyed
//          uncalled.
// Threads: the loop's.
// Errors:  the Connector's; the Resolver's when no family has an address.
// Limits:  no deadline of its own by default: the owner has one. The name servers have theirs: one
//          that leaves every try unanswered (7 s at ResolverOptions' defaults) counts as failed.
// Cost:    a Resolver, two lookups and a Connector: not for a hot path.
#ifndef TURBO_NET_HOST_CONNECTOR_H_
#define TURBO_NET_HOST_CONNECTOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/dns/resolver.h"
#include "framework/loop/io_loop.h"
#include "framework/net/connector.h"

namespace turbo {

struct HostConnectorOptions {
  ResolverOptions resolver = {.deadline = std::nullopt};
  // The Resolution Delay of RFC 8305 section 3.
  Duration resolution_delay = std::chrono::milliseconds(50);
  ConnectorOptions race = {.deadline = std::nullopt};
};

class HostConnector {
 public:
  // Begins at once. `callback` runs on the loop, once, never inside the constructor, and may
  // destroy the HostConnector. Family::kAny asks for both families.
  HostConnector(IOLoop& loop, std::string_view host, uint16_t port, Family family,
                HostConnectorOptions options, Connector::ResultCallback callback);
  HostConnector(const HostConnector&) = delete;
  HostConnector& operator=(const HostConnector&) = delete;
  ~HostConnector();

 private:
  Resolution ask(std::string_view host, uint16_t port, Family family);
  void on_answer(Family family, absl::StatusOr<std::vector<Address>> answer);
  // With the addresses that are there.
  void begin_race();

  IOLoop& loop_;
  const Duration resolution_delay_;
  ConnectorOptions race_;
  Connector::ResultCallback callback_;
  std::vector<Address> addresses_;
  absl::Status failure_;  // of the last lookup that failed
  size_t unanswered_ = 0;
  TimerHandle resolution_delay_timer_;
  Resolver resolver_;
  Resolution first_;
  Resolution second_;
  std::optional<Connector> connector_;
};

}  // namespace turbo

#endif  // TURBO_NET_HOST_CONNECTOR_H_
