#include "framework/rpc/health/health_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "framework/base/status.h"

namespace turbo::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Of the name's field in the request.
constexpr size_t kFramingBytes = 8;

// One call of Watch.
class HealthService::Watcher final : public Deletable, public ListNode<WatcherTag> {
 public:
  using Call = ServerStreamingCall<HealthCheckRequest, HealthCheckResponse>;

  Watcher(HealthService& service, Call call) : service_(service), call_(std::move(call)) {
    call_.context().on_cancelled([this] { service_.forget(*this); });
  }

  // The next state is written when the last one has left: so the one after it is that of then.
  void tell() {
    if (waiting_ || !write_state()) return;
    waiting_ = true;
    call_.when_writable([this] {
      waiting_ = false;
      tell();
    });
  }

  void end(const absl::Status& status) {
    write_state();
    if (!call_.active()) return;  // and forgotten
    call_.finish(status);
    service_.forget(*this);
  }

 private:
  // False: it is the one that was told last.
  bool write_state() {
    const State state = service_.state_of(call_.request().service());
    if (told_ == state) return false;
    told_ = state;
    HealthCheckResponse response;
    response.set_status(state);
    call_.write(response);
    return true;
  }

  HealthService& service_;
  Call call_;
  std::optional<State> told_;
  bool waiting_ = false;
};

HealthService::HealthService(Health* health, HealthOptions options)
    : health_(*health), options_(options) {}

// Their calls are over, or end here.
HealthService::~HealthService() {
  while (!watchers_.empty()) delete &watchers_.front();
}

void HealthService::add_methods(MethodTable& methods) {
  using grpc::health::v1::Health;
  Health::Service::add_methods(methods);
  MethodOptions options;
  options.max_request_bytes = options_.max_name_bytes + kFramingBytes;
  methods.set_options(Health::kCheck, options);
  methods.set_options(Health::kWatch, options);
}

void HealthService::on_start(IOLoop& loop, const MethodTable&) {
  loop_ = &loop;
  subscription_ = health_.on_change(loop, [this] { tell_watchers(); });
}

void HealthService::on_drain() {
  draining_ = true;
  const absl::Status why = make_status(absl::StatusCode::kUnavailable, "the server is stopping");
  while (!watchers_.empty()) watchers_.front().end(why);
}

void HealthService::start_check(UnaryCall<HealthCheckRequest, HealthCheckResponse> call) {
  const std::string_view service = call.request().service();
  if (absl::Status valid = check_name(service); !valid.ok()) return call.finish(valid);
  const State state = state_of(service);
  if (state == HealthCheckResponse::SERVICE_UNKNOWN) {
    return call.finish(make_status(absl::StatusCode::kNotFound, "unknown service"));
  }
  call.reply().set_status(state);
  call.finish(absl::OkStatus());
}

void HealthService::start_watch(ServerStreamingCall<HealthCheckRequest, HealthCheckResponse> call) {
  if (absl::Status valid = check_name(call.request().service()); !valid.ok()) {
    return call.finish(valid);
  }
  if (watcher_count_ >= options_.max_watchers) {
    return call.finish(make_status(absl::StatusCode::kResourceExhausted, "too many watchers"));
  }
  auto* watcher = new Watcher(*this, std::move(call));  // the list owns it
  watchers_.push_back(*watcher);
  ++watcher_count_;
  draining_ ? on_drain() : watcher->tell();
}

HealthService::State HealthService::state_of(std::string_view service) const {
  const std::optional<HealthStatus> status = health_.status_of(service);
  if (!status.has_value()) return HealthCheckResponse::SERVICE_UNKNOWN;
  if (draining_ || *status == HealthStatus::kNotServing) return HealthCheckResponse::NOT_SERVING;
  return *status == HealthStatus::kServing ? HealthCheckResponse::SERVING
                                           : HealthCheckResponse::UNKNOWN;
}

absl::Status HealthService::check_name(std::string_view service) const {
  if (service.size() <= options_.max_name_bytes) return absl::OkStatus();
  return make_status(absl::StatusCode::kInvalidArgument, "the service's name is too long");
}

void HealthService::tell_watchers() {
  IntrusiveList<Watcher, WatcherTag> now;
  now.splice_back(watchers_);
  while (!now.empty()) {
    Watcher& watcher = now.pop_front();
    watchers_.push_back(watcher);
    watcher.tell();
  }
}

// Later, as it may be the caller, and its call is not over yet.
void HealthService::forget(Watcher& watcher) {
  watcher.unlink();
  --watcher_count_;
  loop_->delete_later(std::unique_ptr<Deletable>(&watcher));
}

}  // namespace turbo::rpc
