#include "framework/net/host_connector.h"

#include <utility>

namespace turbo {

HostConnector::HostConnector(IOLoop& loop, std::string_view host, uint16_t port, Family family,
                             HostConnectorOptions options, Connector::ResultCallback callback)
    : loop_(loop),
      resolution_delay_(options.resolution_delay),
      race_(std::move(options.race)),
      callback_(std::move(callback)),
      resolver_(loop, std::move(options.resolver)) {
  // The longer way first, so that its packet leaves first (RFC 8305 section 3).
  first_ = ask(host, port, family == Family::kAny ? Family::kIPv6 : family);
  if (family == Family::kAny) second_ = ask(host, port, Family::kIPv4);
}

HostConnector::~HostConnector() { loop_.cancel(resolution_delay_timer_); }

Resolution HostConnector::ask(std::string_view host, uint16_t port, Family family) {
  ++unanswered_;
  return resolver_.resolve(host, port, family,
                           [this, family](absl::StatusOr<std::vector<Address>> answer) {
                             on_answer(family, std::move(answer));
                           });
}

void HostConnector::on_answer(Family family, absl::StatusOr<std::vector<Address>> answer) {
  --unanswered_;
  std::vector<Address> found;
  if (answer.ok()) {
    found = *std::move(answer);
  } else {
    failure_ = answer.status();
  }
  if (connector_.has_value()) return connector_->add_rest(found);

  const bool preferred = family == Family::kIPv6;
  addresses_.insert(preferred ? addresses_.begin() : addresses_.end(), found.begin(), found.end());
  if (unanswered_ == 0 || (preferred && !found.empty())) return begin_race();
  if (found.empty()) return;
  resolution_delay_timer_ = loop_.call_later(resolution_delay_, [this] { begin_race(); });
}

void HostConnector::begin_race() {
  loop_.cancel(resolution_delay_timer_);
  if (addresses_.empty()) {
    // On the stack, since it may destroy this.
    Connector::ResultCallback callback = std::move(callback_);
    return callback(failure_);
  }
  race_.rest_expected = unanswered_ > 0;
  connector_.emplace(loop_, addresses_, std::move(race_), std::move(callback_));
}

}  // namespace turbo
