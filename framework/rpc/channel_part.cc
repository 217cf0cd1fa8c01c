#include "framework/rpc/channel_part.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace turbo::rpc {

ChannelPart::ChannelPart(std::shared_ptr<const ChannelConfig> config, IOLoop& loop)
    : config_(std::move(config)),
      loop_(loop),
      retry_budget_(options().retry),
      resolution_backoff_(options().backoff),
      balancer_(make_load_balancer(*this, options().load_balancing)),
      fields_(config_->fields) {
  // A balancer that has addresses may connect, and without the TLS that was asked for none must.
  if (config_->status.ok() && !config_->target.addresses.empty()) {
    balancer_->set_addresses(config_->target.addresses);
  }
}

// Connections first, so that no call is told by them.
ChannelPart::~ChannelPart() {
  loop_.cancel(timer_);
  resolution_.cancel();
  while (!connections_.empty()) delete &connections_.pop_front();
  balancer_.reset();
  while (!calls_.empty()) calls_.front().leave_part();
  while (spare_count_ > 0) delete spares_[--spare_count_];
}

// ---- calls ----

ClientCall& ChannelPart::take_call() {
  ClientCall* const call = spare_count_ > 0 ? spares_[--spare_count_] : new ClientCall();
  calls_.push_back(*call);
  return *call;
}

void ChannelPart::put_call(ClientCall& call) {
  call.ListNode<ClientCallTag>::unlink();
  if (spare_count_ == kSpareCalls) {
    delete &call;
    return;
  }
  spares_[spare_count_++] = &call;
}

void ChannelPart::route(ClientCall& call) {
  if (send(call)) [[likely]]
    return;
  if (waiting_count_ > options().max_waiting_calls && !call.ended()) {
    call.end(absl::ResourceExhaustedError("too many calls wait for a connection"));
  }
  if (!waiting_.empty()) set_timer();
}

// False: it waits, or has ended.
bool ChannelPart::send(ClientCall& call) {
  if (!config_->status.ok()) [[unlikely]]
    return call.end(config_->status), false;
  if (HTTP2ClientConnection* const connection = balancer_->pick()) [[likely]] {
    absl::Status opened = connection->open(call);
    if (opened.ok()) return true;
    if (absl::IsResourceExhausted(opened)) return call.end(std::move(opened)), false;
  }
  go_on();
  absl::Status why = failure();
  if (!why.ok() && !call.waits_for_ready()) {
    call.end(std::move(why));
  } else {
    add_waiting(call);
  }
  return false;
}

void ChannelPart::add_waiting(ClientCall& call) {
  waiting_.push_back(call);
  ++waiting_count_;
}

void ChannelPart::stop_waiting(ClientCall& call) {
  if (!call.ListNode<WaitingCallTag>::linked()) return;
  call.ListNode<WaitingCallTag>::unlink();
  --waiting_count_;
}

void ChannelPart::route_later(ClientCall& call) {
  add_waiting(call);
  on_change();
}

void ChannelPart::complete() {
  IntrusiveList<ClientCall, WaitingCallTag> now;
  now.splice_back(waiting_);
  waiting_count_ = 0;
  while (!now.empty()) send(now.pop_front());
  if (!waiting_.empty()) set_timer();
}

// Begins what may begin now: a lookup, or connections.
void ChannelPart::go_on() {
  if (balancer_->has_addresses()) {
    balancer_->connect();
  } else if (may_resolve()) {
    resolve();
  }
}

// Not OK: there is no connection, and none on its way.
absl::Status ChannelPart::failure() const {
  if (balancer_->has_addresses()) {
    if (!balancer_->failing()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("no connection to the service: ", balancer_->failure().message()));
  }
  if (resolution_.pending()) return absl::OkStatus();
  return resolution_failure_;
}

// Whatever ends an attempt tells so; else time does. It may have come since go_on() looked, outside
// of a loop that runs.
void ChannelPart::set_timer() {
  TimePoint next = TimePoint::max();
  if (balancer_->has_addresses()) {
    if (!balancer_->connecting()) next = balancer_->next_try_at();
  } else if (!resolution_.pending()) {
    next = next_resolution_;
  }
  loop_.cancel(timer_);
  if (next != TimePoint::max()) timer_ = loop_.call_at(next, [this] { complete(); });
}

// ---- addresses ----

bool ChannelPart::may_resolve() const {
  return !resolution_.pending() && loop_.time() >= next_resolution_;
}

void ChannelPart::want_addresses() {
  if (config_->target.addresses.empty() && may_resolve()) resolve();
}

void ChannelPart::resolve() {
  if (resolver_ == nullptr) resolver_ = std::make_unique<Resolver>(loop_, options().resolver);
  next_resolution_ = saturating_add(loop_.time(), options().min_resolution_interval);
  resolution_ = resolver_->resolve(config_->target.host, config_->target.port, Family::kAny,
                                   [this](absl::StatusOr<std::vector<Address>> addresses) {
                                     on_resolved(std::move(addresses));
                                   });
}

void ChannelPart::on_resolved(absl::StatusOr<std::vector<Address>> addresses) {
  if (addresses.ok() && !addresses->empty()) {
    resolution_backoff_.reset();
    balancer_->set_addresses(*addresses);
  } else {
    resolution_failure_ = absl::UnavailableError(absl::StrCat(
        "the service's name is not found: ", addresses.ok() ? "" : addresses.status().message()));
    next_resolution_ = saturating_add(loop_.time(), resolution_backoff_.next());
  }
  on_change();
}

// ---- connections ----

const Address& ChannelPart::address_of(const HTTP2ClientConnection& connection) {
  return static_cast<const ChannelConnection&>(connection.handler()).address();
}

ChannelConnection& ChannelPart::add_connection(Subchannel& subchannel) {
  auto connection = std::make_unique<ChannelConnection>(*this, subchannel);
  connections_.push_back(*connection);
  return *connection.release();
}

void ChannelPart::remove_connection(ChannelConnection& connection) {
  connection.ListNode<ChannelConnectionTag>::unlink();
  loop_.delete_later(std::unique_ptr<ChannelConnection>(&connection));
}

// ---- requests ----

void ChannelPart::fill_request(const ClientCall& call, http2::RequestFields& fields) {
  fields.method = "POST";
  fields.scheme = config_->scheme;
  fields.authority = config_->authority;
  fields.path = call.method_->path;
  fields_.resize(config_->fields.size());
  if (call.deadline_.has_value()) {
    fields_.push_back({"grpc-timeout", format_timeout(*call.deadline_ - loop_.time(), timeout_)});
  }
  encoded_.clear();
  if (call.failed_attempts_ > 0) [[unlikely]] {
    fields_.push_back(
        {"grpc-previous-rpc-attempts", encoded_.emplace_back(absl::StrCat(call.failed_attempts_))});
  }
  if (call.context_ != nullptr) add_context(*call.context_);
  fields.fields = fields_;
}

void ChannelPart::add_context(const ClientContext& context) {
  if (context.compression_ != Compression::kIdentity) {
    fields_.push_back({"grpc-encoding", to_string(context.compression_)});
  }
  context.metadata_.encode([this](std::string_view name, std::string_view value) {
    if (is_binary(name)) value = encoded_.emplace_back(value);
    fields_.push_back({name, value});
  });
}

}  // namespace turbo::rpc
