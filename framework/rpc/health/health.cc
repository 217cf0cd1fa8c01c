#include "framework/rpc/health/health.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "framework/base/views.h"

namespace turbo::rpc {

struct Health::Listener {
  IOLoop& loop;
  Callback changed;     // the loop's; null once nobody listens
  bool posted = false;  // the state's: a call is on its way
};

class Health::State {
 public:
  void set(const std::shared_ptr<State>& self, std::string_view service, HealthStatus status) {
    std::lock_guard lock(mutex_);
    const auto [entry, added] = statuses_.try_emplace(to_absl(service), status);
    if (!added && std::exchange(entry->second, status) == status) return;
    post(self);
  }

  void set_all(const std::shared_ptr<State>& self, HealthStatus status) {
    std::lock_guard lock(mutex_);
    for (auto& [service, each] : statuses_) each = status;
    post(self);
  }

  std::optional<HealthStatus> status_of(std::string_view service) const {
    std::lock_guard lock(mutex_);
    const auto found = statuses_.find(to_absl(service));
    return found == statuses_.end() ? std::nullopt : std::optional(found->second);
  }

  void add(std::shared_ptr<Listener> listener) {
    std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(listener));
  }

  // From now on its loop may be destroyed.
  void remove(const std::shared_ptr<Listener>& listener) {
    std::lock_guard lock(mutex_);
    std::erase(listeners_, listener);
  }

 private:
  // What changes before the call is made is told by it too.
  void post(const std::shared_ptr<State>& self) {
    for (const std::shared_ptr<Listener>& listener : listeners_) {
      if (std::exchange(listener->posted, true)) continue;
      listener->loop.add_callback([self, listener] { self->tell(*listener); });
    }
  }

  void tell(Listener& listener) {
    {
      std::lock_guard lock(mutex_);
      listener.posted = false;
    }
    if (listener.changed != nullptr) listener.changed();
  }

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, HealthStatus> statuses_{{"", HealthStatus::kServing}};
  std::vector<std::shared_ptr<Listener>> listeners_;
};

Health::Health() : state_(std::make_shared<State>()) {}
Health::~Health() = default;

void Health::set(std::string_view service, HealthStatus status) {
  state_->set(state_, service, status);
}

void Health::set_all(HealthStatus status) { state_->set_all(state_, status); }

std::optional<HealthStatus> Health::status_of(std::string_view service) const {
  return state_->status_of(service);
}

Health::Subscription Health::on_change(IOLoop& loop, Callback changed) {
  return {state_, std::shared_ptr<Listener>(new Listener{loop, std::move(changed)})};
}

Health::Subscription::Subscription(std::shared_ptr<State> state, std::shared_ptr<Listener> listener)
    : state_(std::move(state)), listener_(std::move(listener)) {
  state_->add(listener_);
}

Health::Subscription& Health::Subscription::operator=(Subscription&& other) noexcept {
  end();
  state_ = std::move(other.state_);
  listener_ = std::move(other.listener_);
  return *this;
}

void Health::Subscription::end() {
  if (listener_ == nullptr) return;
  state_->remove(listener_);
  listener_->changed = nullptr;
}

}  // namespace turbo::rpc
