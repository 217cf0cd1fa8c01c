// Target: where a channel goes, from the text it was given.
//
//   host:port            a name for the resolver, or a numeric address
//   dns:///host:port     the same
//   ipv4:1.2.3.4:5,...   addresses as they are; without a port, 443
//   ipv6:[::1]:5,...
//   unix:/path, unix:///path, unix-abstract:name
//
// Owner:   a value.
// Threads: any.
// Errors:  parse_target(): kInvalidArgument.
// Limits:  kMaxAddresses in a list.
// Cost:    a few strings.
// Source:  gRPC naming.md.
#ifndef TURBO_RPC_TARGET_H_
#define TURBO_RPC_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "framework/base/address.h"

namespace turbo::rpc {

struct Target {
  static constexpr uint16_t kDefaultPort = 443;
  static constexpr size_t kMaxAddresses = 64;

  // For :authority: "host:port", or the first address.
  std::string authority;
  // To be resolved, unless there are addresses; also the name that TLS verifies. Of a list, empty:
  // each address is verified as itself.
  std::string host;
  uint16_t port = kDefaultPort;
  std::vector<Address> addresses;
};

absl::StatusOr<Target> parse_target(std::string_view text);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_TARGET_H_
