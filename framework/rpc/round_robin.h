// RoundRobin: calls go to all addresses that answer, in turns; where calls wait for their turn on
// a connection already, only if they do on all.
//
// Owner, threads, errors, limits and cost: see load_balancer.h.
#ifndef TURBO_RPC_ROUND_ROBIN_H_
#define TURBO_RPC_ROUND_ROBIN_H_

#include <cstddef>

#include "framework/rpc/load_balancer.h"

namespace turbo::rpc {

class RoundRobin final : public LoadBalancer {
 public:
  using LoadBalancer::LoadBalancer;

  HTTP2ClientConnection* pick() override;
  void connect() override;
  void on_change(Subchannel& subchannel) override;

 private:
  void on_addresses() override {}

  size_t next_ = 0;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_ROUND_ROBIN_H_
