#include "framework/rpc/subchannel.h"

#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/channel_part.h"
#include "framework/rpc/load_balancer.h"

namespace turbo::rpc {

// ---- Subchannel ----

Subchannel::Subchannel(ChannelPart& part, LoadBalancer& balancer, const Address& address)
    : part_(part),
      balancer_(balancer),
      address_(address),
      backoff_(part.options().backoff),
      keepalive_interval_(part.options().keepalive.value_or(HTTP2Keepalive()).interval) {}

Subchannel::~Subchannel() {
  if (connection_ != nullptr) connection_->retire();
}

bool Subchannel::may_connect() const {
  if (state_ == State::kIdle) return true;
  return state_ == State::kBackingOff && part_.loop().time() >= next_try_at_;
}

void Subchannel::connect() {
  TURBO_DCHECK(may_connect(), "a subchannel connects once at a time");
  state_ = State::kConnecting;
  tried_at_ = part_.loop().time();
  next_try_at_ = saturating_add(tried_at_, backoff_.next());
  connection_ = &part_.add_connection(*this);
}

void Subchannel::stop_connecting() {
  if (state_ != State::kConnecting) return;
  state_ = State::kIdle;
  backoff_.reset();
  std::exchange(connection_, nullptr)->give_up();
}

HTTP2ClientConnection* Subchannel::ready() const {
  if (state_ != State::kReady || !connection_->connection().accepts()) return nullptr;
  return &connection_->connection();
}

void Subchannel::on_ready() {
  state_ = State::kReady;
  backoff_.reset();
  balancer_.on_change(*this);
}

// A connection that served anything may be replaced at once. Otherwise a server that takes
// connections only to end them would be asked for one after the other.
void Subchannel::on_lost(const absl::Status& why) {
  const HTTP2ClientConnection& lost = std::exchange(connection_, nullptr)->connection();
  const bool served = lost.served();
  if (lost.told_to_calm()) {  // gRPC's keepalive.md: twice as long
    keepalive_interval_ += std::min(keepalive_interval_, Duration::max() - keepalive_interval_);
  }
  if (state_ == State::kConnecting) back_off_at_least(part_.loop().time() - tried_at_);
  state_ = served ? State::kIdle : State::kBackingOff;
  failure_ = why.ok() ? absl::UnavailableError("the server ended the connection") : why;
  balancer_.on_change(*this);
}

// An address that does not answer outlasts its back-off while it is tried. It is left alone for as
// long again, so that there is a time in which all have failed and calls are told so.
void Subchannel::back_off_at_least(Duration time) {
  next_try_at_ = std::max(next_try_at_, saturating_add(part_.loop().time(), time));
}

// ---- ChannelConnection ----

ChannelConnection::ChannelConnection(ChannelPart& part, Subchannel& subchannel)
    : part_(part),
      subchannel_(&subchannel),
      address_(subchannel.address()),
      connection_(part.loop(), *this, part.config().connection) {
  connection_.set_keepalive_interval(subchannel.keepalive_interval());
  const auto& connect = part.options().connect;
  connect ? connection_.start(connect(part.loop())) : connection_.connect(address_);
}

ChannelConnection::~ChannelConnection() {
  if (subchannel_ != nullptr) subchannel_->forget_connection();
}

void ChannelConnection::retire() {
  subchannel_ = nullptr;
  connection_.drain(Duration::max());
}

void ChannelConnection::give_up() {
  subchannel_ = nullptr;
  connection_.close();
}

void ChannelConnection::leave_subchannel(const absl::Status& why) {
  if (subchannel_ != nullptr) std::exchange(subchannel_, nullptr)->on_lost(why);
}

void ChannelConnection::on_ready(HTTP2ClientConnection&) {
  if (subchannel_ != nullptr) subchannel_->on_ready();
}

void ChannelConnection::on_leaving(HTTP2ClientConnection&, const absl::Status& why) {
  leave_subchannel(why);
}

void ChannelConnection::on_ended(HTTP2ClientConnection&, const absl::Status& why) {
  leave_subchannel(why);
  part_.remove_connection(*this);
}

}  // namespace turbo::rpc
