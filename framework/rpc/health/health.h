// Health: which services of the program may be called, as health checks are told.
//
//   rpc::Health health;                                    // the server as a whole is serving
//   services.add<rpc::HealthService>(&health);
//   health.set("helloworld.Greeter", rpc::HealthStatus::kServing);
//   ...
//   health.set_all(rpc::HealthStatus::kNotServing);        // before a stop: balancers look
//   elsewhere
//
// Owner:   the program; outlives the services that are given it.
// Threads: any.
// Errors:  none.
// Limits:  of one loop at most one call waits, however many changes there are. What is set is never
//          forgotten.
// Cost:    a lock, held for a look-up; a change posts a call to each loop.
// Source:  gRPC's health-checking.md.
#ifndef TURBO_RPC_HEALTH_HEALTH_H_
#define TURBO_RPC_HEALTH_HEALTH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "framework/loop/callback.h"
#include "framework/loop/io_loop.h"

namespace turbo::rpc {

enum class HealthStatus : uint8_t {
  kUnknown,
  kServing,
  kNotServing,
};

class Health {
 public:
  // A callback that is called until this is destroyed, which the callback itself may not do.
  class Subscription;

  Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;
  ~Health();

  // `service`: its full name; empty: the server as a whole, which serves from the beginning.
  void set(std::string_view service, HealthStatus status);
  // Of all that was set so far, and of the whole.
  void set_all(HealthStatus status);
  // Nothing for a service that was never set.
  std::optional<HealthStatus> status_of(std::string_view service) const;

  // Calls `changed` on `loop` after changes, once for those of one turn. On the loop's thread, as
  // is the end of the subscription.
  [[nodiscard]] Subscription on_change(IOLoop& loop, Callback changed);

 private:
  struct Listener;
  class State;
  const std::shared_ptr<State> state_;  // calls under way share it
};

class Health::Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&&) = default;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription() { end(); }

 private:
  friend class Health;
  Subscription(std::shared_ptr<State> state, std::shared_ptr<Listener> listener);
  void end();

  std::shared_ptr<State> state_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_HEALTH_HEALTH_H_
