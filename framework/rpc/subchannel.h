// Subchannel: one of a service's addresses on one loop: connects to it when asked to, and waits
// longer after each failure. ChannelConnection: a connection of a channel, which goes on with its
// calls when its subchannel has another.
//
//   idle ─► connecting ─► ready ─┬─► idle      it was of use
//    ▲          │                └─► backing off
//    │          └─► backing off                 it was not
//    └──────────────────┘ its time has come
//
// Owner:   the subchannel: its LoadBalancer; the connection: the ChannelPart.
// Threads: their loop's.
// Errors:  failure(): of the last connection.
// Limits:  ChannelOptions; one connection, and those that are leaving, which end with their calls.
// Cost:    as HTTP2ClientConnection.
#ifndef TURBO_RPC_SUBCHANNEL_H_
#define TURBO_RPC_SUBCHANNEL_H_

#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/base/intrusive_list.h"
#include "framework/client/http2_client_connection.h"
#include "framework/rpc/backoff.h"

namespace turbo::rpc {

class ChannelConnection;
class ChannelPart;
class LoadBalancer;

class Subchannel {
 public:
  Subchannel(ChannelPart& part, LoadBalancer& balancer, const Address& address);
  Subchannel(const Subchannel&) = delete;
  Subchannel& operator=(const Subchannel&) = delete;
  // Its connection takes no more calls.
  ~Subchannel();

  const Address& address() const { return address_; }
  // Requires: may_connect().
  void connect();
  bool may_connect() const;
  bool connecting() const { return state_ == State::kConnecting; }
  bool backing_off() const { return state_ == State::kBackingOff && !may_connect(); }
  TimePoint next_try_at() const { return next_try_at_; }
  Duration keepalive_interval() const { return keepalive_interval_; }
  // Gives up an attempt that is not needed any more.
  void stop_connecting();

  // nullptr: not ready.
  HTTP2ClientConnection* ready() const;
  const absl::Status& failure() const { return failure_; }

  // ---- for its connection ----
  void on_ready();
  void on_lost(const absl::Status& why);
  void forget_connection() { connection_ = nullptr; }

 private:
  enum class State : uint8_t { kIdle, kConnecting, kReady, kBackingOff };

  void back_off_at_least(Duration time);

  ChannelPart& part_;
  LoadBalancer& balancer_;
  const Address address_;
  ChannelConnection* connection_ = nullptr;  // while it connects or is ready
  State state_ = State::kIdle;
  Backoff backoff_;
  TimePoint tried_at_{};
  TimePoint next_try_at_{};
  Duration keepalive_interval_;
  absl::Status failure_;
};

struct ChannelConnectionTag;

class ChannelConnection final : public Deletable,
                                public ListNode<ChannelConnectionTag>,
                                public HTTP2ClientConnection::Handler {
 public:
  ChannelConnection(ChannelPart& part, Subchannel& subchannel);
  ~ChannelConnection() override;

  HTTP2ClientConnection& connection() { return connection_; }
  const Address& address() const { return address_; }
  // The subchannel has no more use for it.
  void retire();
  void give_up();

 private:
  void on_ready(HTTP2ClientConnection& connection) override;
  void on_leaving(HTTP2ClientConnection& connection, const absl::Status& why) override;
  void on_ended(HTTP2ClientConnection& connection, const absl::Status& why) override;
  void leave_subchannel(const absl::Status& why);

  ChannelPart& part_;
  Subchannel* subchannel_;  // null: it takes no more calls
  const Address address_;
  HTTP2ClientConnection connection_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SUBCHANNEL_H_
