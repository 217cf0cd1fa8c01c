// PickFirst: all calls go to the first address that answers; they are tried in their order, the
// next one beside one that takes its time (RFC 8305).
//
// Owner, threads, errors, limits and cost: see load_balancer.h.
#ifndef TURBO_RPC_PICK_FIRST_H_
#define TURBO_RPC_PICK_FIRST_H_

#include "framework/loop/io_loop.h"
#include "framework/rpc/load_balancer.h"

namespace turbo::rpc {

class PickFirst final : public LoadBalancer {
 public:
  using LoadBalancer::LoadBalancer;
  ~PickFirst() override;

  HTTP2ClientConnection* pick() override;
  void connect() override;
  void on_change(Subchannel& subchannel) override;

 private:
  void on_addresses() override;
  void try_next();
  void try_next_if_awaited();
  void stop_others();

  Subchannel* selected_ = nullptr;
  TimerHandle stagger_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PICK_FIRST_H_
