// LoadBalancer: which of a service's addresses a call goes to.
//
//   PickFirst    the first that answers, for all calls, until it is lost
//   RoundRobin   all that answer, in turns, those with calls in a queue last
//
// It connects when there is a call for it, and only then.
//
// Owner:   the ChannelPart.
// Threads: its loop's.
// Errors:  failure(): why there is no connection.
// Limits:  ResolverOptions::max_addresses.
// Cost:    a pick is a few loads while all is well.
#ifndef TURBO_RPC_LOAD_BALANCER_H_
#define TURBO_RPC_LOAD_BALANCER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/client/http2_client_connection.h"
#include "framework/rpc/channel_options.h"
#include "framework/rpc/subchannel.h"

namespace turbo::rpc {

class LoadBalancer {
 public:
  explicit LoadBalancer(ChannelPart& part) : part_(part) {}
  LoadBalancer(const LoadBalancer&) = delete;
  LoadBalancer& operator=(const LoadBalancer&) = delete;
  virtual ~LoadBalancer() = default;

  // These are the addresses now; connections to those that were before stay.
  void set_addresses(const std::vector<Address>& addresses);
  bool has_addresses() const { return !subchannels_.empty(); }

  // For a call. nullptr: none is ready; connect() and wait.
  virtual HTTP2ClientConnection* pick() = 0;
  // Begins what may begin now.
  virtual void connect() = 0;
  // Something has happened to one of them.
  virtual void on_change(Subchannel& subchannel) = 0;

  // Nothing is being tried, nor may be yet.
  bool failing() const;
  bool connecting() const;
  // When one may be tried, or might have been.
  TimePoint next_try_at() const;
  // Of the last that failed.
  const absl::Status& failure() const { return failure_; }

 protected:
  virtual void on_addresses() = 0;
  // Tells those that wait, and looks whether the name has other addresses by now.
  void report(const Subchannel& subchannel);

  ChannelPart& part_;
  std::vector<std::unique_ptr<Subchannel>> subchannels_;
  absl::Status failure_;
};

std::unique_ptr<LoadBalancer> make_load_balancer(ChannelPart& part, LoadBalancing kind);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_LOAD_BALANCER_H_
