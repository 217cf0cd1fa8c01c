#include "framework/rpc/load_balancer.h"

#include <algorithm>
#include <utility>

#include "framework/rpc/channel_part.h"
#include "framework/rpc/pick_first.h"
#include "framework/rpc/round_robin.h"

namespace turbo::rpc {

void LoadBalancer::set_addresses(const std::vector<Address>& addresses) {
  std::vector<std::unique_ptr<Subchannel>> old = std::exchange(subchannels_, {});
  for (const Address& address : addresses) {
    const auto is_same = [&](const auto& one) {
      return one != nullptr && one->address() == address;
    };
    if (std::any_of(subchannels_.begin(), subchannels_.end(), is_same)) continue;
    const auto known = std::find_if(old.begin(), old.end(), is_same);
    subchannels_.push_back(known != old.end()
                               ? std::move(*known)
                               : std::make_unique<Subchannel>(part_, *this, address));
  }
  on_addresses();
}

bool LoadBalancer::failing() const {
  return std::all_of(subchannels_.begin(), subchannels_.end(),
                     [](const auto& one) { return one->backing_off(); });
}

bool LoadBalancer::connecting() const {
  return std::any_of(subchannels_.begin(), subchannels_.end(),
                     [](const auto& one) { return one->connecting(); });
}

TimePoint LoadBalancer::next_try_at() const {
  TimePoint next = TimePoint::max();
  for (const auto& one : subchannels_) next = std::min(next, one->next_try_at());
  return next;
}

void LoadBalancer::report(const Subchannel& subchannel) {
  if (subchannel.ready() == nullptr) {
    failure_ = subchannel.failure();
    part_.want_addresses();
  }
  part_.on_change();
}

std::unique_ptr<LoadBalancer> make_load_balancer(ChannelPart& part, LoadBalancing kind) {
  if (kind == LoadBalancing::kRoundRobin) return std::make_unique<RoundRobin>(part);
  return std::make_unique<PickFirst>(part);
}

}  // namespace turbo::rpc
