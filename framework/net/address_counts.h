// AddressCounts: how many connections each client address has open, over all loops.
//
// An IPv6 client is counted by its /64, the least that is given to one customer: by single
// addresses it could be 2^64 clients.
//
// Owner:   the TCPServer, if it has such a limit.
// Threads: any.
// Errors:  none.
// Limits:  `limit` connections an address; an entry only for addresses that have one open.
// Cost:    one short lock, of one in 16, when a connection is accepted and when it ends.
#ifndef TURBO_NET_ADDRESS_COUNTS_H_
#define TURBO_NET_ADDRESS_COUNTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "framework/base/address.h"

namespace turbo {

class AddressCounts {
 public:
  using Key = uint64_t;
  // Is never counted. As a /64 it would be multicast, which nobody connects from.
  static constexpr Key kNotCounted = UINT64_MAX;

  // Requires: limit > 0.
  explicit AddressCounts(size_t limit) : limit_(limit) {}

  // kNotCounted for what is not IP.
  static Key key_of(const Address& peer);

  // False, and nothing is counted, at the limit.
  bool enter(Key key);
  void leave(Key key);

  // With a connection open now.
  size_t addresses() const;

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<Key, size_t> counts;
  };
  static constexpr int kShardBits = 4;

  Shard& shard_of(Key key);

  const size_t limit_;
  std::array<Shard, size_t{1} << kShardBits> shards_;
};

}  // namespace turbo

#endif  // TURBO_NET_ADDRESS_COUNTS_H_
