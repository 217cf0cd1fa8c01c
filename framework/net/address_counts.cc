#include "framework/net/address_counts.h"

#include <algorithm>
#include <optional>

#include "absl/hash/hash.h"
#include "framework/base/check.h"

namespace turbo {

// IPv4 gets the keys of ::ffff:a.b.c.d's lower half, which as a /64 lie in a block that is not
// routed.
AddressCounts::Key AddressCounts::key_of(const Address& peer) {
  const std::optional<IPBytes> bytes = peer.ip_bytes();
  if (!bytes) return kNotCounted;
  const auto read_half = [&bytes](size_t begin) {
    Key half = 0;
    for (size_t i = begin; i < begin + 8; ++i) half = half << 8 | (*bytes)[i];
    return half;
  };
  const Key network = read_half(0);
  const Key rest = read_half(8);
  return network == 0 && rest >> 32 == 0xffff ? rest : network;
}

bool AddressCounts::enter(Key key) {
  if (key == kNotCounted) return true;
  Shard& shard = shard_of(key);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  size_t& count = shard.counts[key];
  if (count >= limit_) return false;
  ++count;
  return true;
}

void AddressCounts::leave(Key key) {
  if (key == kNotCounted) return;
  Shard& shard = shard_of(key);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.counts.find(key);
  TURBO_CHECK(found != shard.counts.end(), "a connection left that had not entered");
  if (--found->second == 0) shard.counts.erase(found);
}

size_t AddressCounts::addresses() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    sum += shard.counts.size();
  }
  return sum;
}

// By the high bits of the hash, since the map uses the low ones.
AddressCounts::Shard& AddressCounts::shard_of(Key key) {
  const size_t hash = absl::Hash<Key>()(key);
  return shards_[hash >> (sizeof(hash) * 8 - kShardBits)];
}

}  // namespace turbo
