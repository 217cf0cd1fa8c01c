// HealthService: grpc.health.v1.Health, which balancers and kubelets ask whether to send calls.
//
//   services.add<rpc::HealthService>(&health);
//
// Check answers with the state of now, and kNotFound for a service nobody set. Watch tells the
// state at once and whenever it is another; SERVICE_UNKNOWN while nobody set it. A watcher that
// does not keep up gets the last state, not those between. When the server drains all services are
// NOT_SERVING, and watchers are told so and ended with kUnavailable, since their calls would hold
// up the end.
//
// Owner:   Services, one for each loop. The Health outlives it.
// Threads: its loop's.
// Errors:  a name that is too long is kInvalidArgument, a watcher too many kResourceExhausted.
// Limits:  HealthOptions.
// Cost:    a watcher: its call, and some 100 bytes; a change looks each of them up.
// Source:  gRPC's health-checking.md.
#ifndef TURBO_RPC_HEALTH_HEALTH_SERVICE_H_
#define TURBO_RPC_HEALTH_HEALTH_SERVICE_H_

#include <cstddef>
#include <string_view>

#include "framework/base/intrusive_list.h"
#include "framework/rpc/health/health.h"
#include "framework/rpc/health/health.turbo.h"

namespace turbo::rpc {

struct HealthOptions {
  // Of each loop. Each balancer in front of the server needs one for a service; what is above is
  // no balancer.
  size_t max_watchers = 1000;
  // A watcher's request is kept as long as it watches, so it may be little more than the name.
  size_t max_name_bytes = 1024;
};

class HealthService final : public grpc::health::v1::Health::Service {
 public:
  explicit HealthService(Health* health, HealthOptions options = {});
  ~HealthService() override;

  void add_methods(MethodTable& methods) override;
  void on_start(IOLoop& loop, const MethodTable& methods) override;
  void on_drain() override;

  void start_check(
      UnaryCall<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse> call)
      override;
  void start_watch(ServerStreamingCall<grpc::health::v1::HealthCheckRequest,
                                       grpc::health::v1::HealthCheckResponse>
                       call) override;

 private:
  class Watcher;
  struct WatcherTag;
  using State = grpc::health::v1::HealthCheckResponse::ServingStatus;

  State state_of(std::string_view service) const;
  absl::Status check_name(std::string_view service) const;
  void tell_watchers();
  void forget(Watcher& watcher);

  Health& health_;
  const HealthOptions options_;
  IOLoop* loop_ = nullptr;
  Health::Subscription subscription_;
  IntrusiveList<Watcher, WatcherTag> watchers_;  // it owns them
  size_t watcher_count_ = 0;
  bool draining_ = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_HEALTH_HEALTH_SERVICE_H_
