// Network: a block of IP addresses, as configurations name those they trust.
//
//   absl::StatusOr<Network> internal = Network::parse("10.0.0.0/8");
//   if (internal->contains(peer)) ...
//
// Owner:   a plain value, copied freely.
// Threads: any.
// Errors:  parse() says what is wrong with the text; bits behind the prefix are refused, since
//          "10.0.0.1/8" is more likely a slip than a wish.
// Limits:  none.
// Cost:    contains() compares up to 16 bytes.
#ifndef TURBO_BASE_CIDR_H_
#define TURBO_BASE_CIDR_H_

#include <algorithm>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "framework/base/address.h"

namespace turbo {

class Network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address alone. No brackets, no scope.
  static absl::StatusOr<Network> parse(std::string_view text);

  // The families are apart: "::/0" holds no IPv4 address, while "10.0.0.0/8" also holds
  // "::ffff:10.0.0.1", which is how a dual-stack listener tells of 10.0.0.1.
  bool contains(const Address& address) const;

 private:
  Network(const IPBytes& first, int bits) : first_(first), bits_(bits) {}

  IPBytes first_;  // all bits behind the prefix are zero
  int bits_;       // of 128, for IPv4 as well
};

inline bool any_contains(std::span<const Network> networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&address](const Network& network) { return network.contains(address); });
}

}  // namespace turbo

#endif  // TURBO_BASE_CIDR_H_
