// ChannelPart: what a channel has on one loop: the addresses, the connections to them, the calls
// that run and those that wait for a connection.
//
// Owner:   the Channel; destroyed on its loop, or with it.
// Threads: its loop's.
// Errors:  calls are told.
// Limits:  ChannelOptions.
// Cost:    a call in and out of it is a few pointer writes.
#ifndef TURBO_RPC_CHANNEL_PART_H_
#define TURBO_RPC_CHANNEL_PART_H_

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/intrusive_list.h"
#include "framework/dns/resolver.h"
#include "framework/http2/session.h"
#include "framework/loop/io_loop.h"
#include "framework/rpc/channel_config.h"
#include "framework/rpc/client_call.h"
#include "framework/rpc/load_balancer.h"
#include "framework/rpc/retry.h"
#include "framework/rpc/subchannel.h"
#include "framework/rpc/timeout.h"

namespace turbo::rpc {

class ChannelPart final : private Completion {
 public:
  ChannelPart(std::shared_ptr<const ChannelConfig> config, IOLoop& loop);
  ChannelPart(const ChannelPart&) = delete;
  ChannelPart& operator=(const ChannelPart&) = delete;
  ~ChannelPart();

  IOLoop& loop() const { return loop_; }
  const ChannelConfig& config() const { return *config_; }
  const ChannelOptions& options() const { return config_->options; }
  RetryBudget& retry_budget() { return retry_budget_; }

  // ---- calls ----
  ClientCall& take_call();
  void put_call(ClientCall& call);
  // Sends it, or has it wait, or ends it.
  void route(ClientCall& call);
  // The same, from inside of a connection, for one that was sent before: it may wait however many
  // do.
  void route_later(ClientCall& call);
  // The call waits no more.
  void stop_waiting(ClientCall& call);
  void fill_request(const ClientCall& call, http2::RequestFields& fields);
  static const Address& address_of(const HTTP2ClientConnection& connection);

  // ---- for the balancer and its subchannels ----
  ChannelConnection& add_connection(Subchannel& subchannel);
  void remove_connection(ChannelConnection& connection);
  // Those that wait may go on, or have waited in vain.
  void on_change() { loop_.schedule(static_cast<Completion&>(*this)); }
  bool has_waiting_calls() const { return !waiting_.empty(); }
  // The ones there are do not serve.
  void want_addresses();

 private:
  // Calls kept for re-use.
  static constexpr size_t kSpareCalls = 256;

  void complete() override;
  absl::Status failure() const;
  void go_on();
  bool send(ClientCall& call);
  void add_waiting(ClientCall& call);
  void set_timer();
  bool may_resolve() const;
  void resolve();
  void on_resolved(absl::StatusOr<std::vector<Address>> addresses);
  void add_context(const ClientContext& context);

  const std::shared_ptr<const ChannelConfig> config_;
  IOLoop& loop_;
  RetryBudget retry_budget_;

  std::unique_ptr<Resolver> resolver_;
  Resolution resolution_;
  Backoff resolution_backoff_;
  TimePoint next_resolution_{};
  absl::Status resolution_failure_;

  std::unique_ptr<LoadBalancer> balancer_;
  IntrusiveList<ChannelConnection, ChannelConnectionTag> connections_;  // it owns them
  IntrusiveList<ClientCall, ClientCallTag> calls_;                      // that run, or end
  IntrusiveList<ClientCall, WaitingCallTag> waiting_;
  size_t waiting_count_ = 0;
  TimerHandle timer_;  // the next try, for those that wait

  // Spare ones, which it owns.
  std::array<ClientCall*, kSpareCalls> spares_;
  size_t spare_count_ = 0;

  // Of the request that is being sent.
  std::vector<http::Field> fields_;
  std::deque<std::string> encoded_;  // whose views stay good
  std::array<char, kTimeoutBytes> timeout_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CHANNEL_PART_H_
