#include "framework/shard/round_trip.h"

#include "framework/base/check.h"

namespace turbo {

TripCounter*& TripCounter::local() {
  static thread_local constinit TripCounter* counter = nullptr;
  return counter;
}

namespace {

IOLoop& required_loop() {
  IOLoop* loop = IOLoop::current();
  TURBO_CHECK(loop != nullptr,
              "an awaited call needs a loop on this thread to bring its answer to");
  return *loop;
}

}  // namespace

RoundTrip::RoundTrip() : home_(required_loop()), counter_(TripCounter::local()) {}

RoundTrip::~RoundTrip() {
  if (waiter_ != nullptr) waiter_->lost();
}

void RoundTrip::launch(std::unique_ptr<RoundTrip> trip, TripWaiter& waiter, TripCarrier& carrier) {
  trip->waiter_ = &waiter;
  if (trip->counter_ != nullptr) ++trip->counter_->under_way_;
  absl::Status accepted = carrier(trip);
  if (accepted.ok()) return;
  trip->set_failure(std::move(accepted));
  send_home(std::move(trip));
}

void RoundTrip::depart(std::unique_ptr<RoundTrip> trip, TripHost* host) {
  RoundTrip& self = *trip.release();
  self.host_ = host;
  if (host != nullptr) host->running_trips_.push_back(self);
  self.run_there();
}

void RoundTrip::give_up(absl::Status reason) {
  drop_task();
  set_failure(std::move(reason));
  go_home();
}

void RoundTrip::go_home() {
  unlink();
  TripHost* const host = host_;
  send_home(std::unique_ptr<RoundTrip>(this));
  // From here on the trip may be gone: home has its own thread.
  if (host != nullptr) host->on_trip_left();
}

void RoundTrip::send_home(std::unique_ptr<RoundTrip> trip) {
  IOLoop& home = trip->home_;
  home.add_callback([trip = std::move(trip)]() mutable { arrive_home(std::move(trip)); });
}

void RoundTrip::arrive_home(std::unique_ptr<RoundTrip> trip) {
  // Also when a callback throws.
  struct Arrival {
    ~Arrival() {
      if (counter == nullptr) return;
      --counter->under_way_;
      counter->on_trip_home();
    }
    TripCounter* counter;
  } arrival{trip->counter_};
  const std::unique_ptr<RoundTrip> dies_before_arrival = std::move(trip);
  if (TripWaiter* waiter = std::exchange(dies_before_arrival->waiter_, nullptr)) {
    waiter->answered(*dies_before_arrival);
  }
}

}  // namespace turbo
