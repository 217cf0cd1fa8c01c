#include "framework/net/connector.h"

#include <algorithm>
#include <string>
#include <utility>

#include "framework/base/check.h"
#include "framework/net/socket.h"

namespace turbo {

absl::StatusOr<UniqueFd> start_connect(const Address& peer, const Address* source) {
  absl::StatusOr<UniqueFd> socket = open_stream_socket(peer.family());
  if (!socket.ok()) return socket;
  if (source != nullptr) {
    if (absl::Status bound = bind_source(socket->get(), *source); !bound.ok()) return bound;
  }
  if (absl::Status begun = connect_socket(socket->get(), peer); !begun.ok()) return begun;
  return socket;
}

std::vector<Address> interleave_families(std::span<const Address> addresses) {
  std::vector<Address> first, second, mixed;
  for (const Address& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

// One socket under way to one address.
class Connector::Attempt final : private EventHandler {
 public:
  Attempt(Connector& connector, const Address& peer, UniqueFd socket)
      : connector_(connector), peer_(peer), socket_(std::move(socket)) {}
  ~Attempt() {
    if (socket_.valid()) connector_.loop_.remove_handler(socket_.get());
  }

  absl::Status begin() {
    EventHandler& self = *this;
    return connector_.loop_.add_handler(socket_.get(), kWritable, self);
  }

  UniqueFd take_socket() {
    connector_.loop_.remove_handler(socket_.get());
    return std::move(socket_);
  }

 private:
  // Both calls destroy this attempt.
  void on_events(uint32_t) override {
    absl::Status outcome = take_socket_error(socket_.get(), "connect to " + peer_.to_string());
    if (!outcome.ok()) return connector_.on_attempt_failed(*this, std::move(outcome));
    connector_.on_attempt_connected(*this);
  }

  Connector& connector_;
  const Address peer_;
  UniqueFd socket_;
};

// Delivers the outcome in the completions phase.
class Connector::Result final : public Completion {
 public:
  explicit Result(ResultCallback callback) : callback_(std::move(callback)) {}

  void set(absl::StatusOr<UniqueFd> outcome) { outcome_ = std::move(outcome); }

  void complete() override {
    // On the stack, since the callback may destroy the Connector.
    ResultCallback callback = std::move(callback_);
    absl::StatusOr<UniqueFd> outcome = std::move(outcome_);
    callback(std::move(outcome));
  }

 private:
  ResultCallback callback_;
  absl::StatusOr<UniqueFd> outcome_;
};

Connector::Connector(IOLoop& loop, std::span<const Address> addresses, ConnectorOptions options,
                     ResultCallback callback)
    : loop_(loop),
      options_(std::move(options)),
      last_failure_(absl::InvalidArgumentError("connect: no address to connect to")),
      result_(std::make_unique<Result>(std::move(callback))) {
  addresses_ = in_order(addresses);
  if (options_.deadline.has_value()) {
    deadline_timer_ = loop_.call_later(*options_.deadline, [this] {
      finish(absl::DeadlineExceededError("connect: no connection within the deadline"));
    });
  }
  start_next();
}

Connector::~Connector() { cancel_everything(); }

std::vector<Address> Connector::in_order(std::span<const Address> addresses) {
  std::vector<Address> mixed = interleave_families(addresses);
  if (!options_.source.has_value() || mixed.empty()) return mixed;
  std::erase_if(mixed, [&](const Address& a) { return a.family() != options_.source->family(); });
  if (mixed.empty() && next_ == 0) {
    last_failure_ = absl::InvalidArgumentError("connect: no address is of the source's family");
  }
  return mixed;
}

void Connector::add_rest(std::span<const Address> addresses) {
  TURBO_CHECK(options_.rest_expected, "add_rest() belongs to rest_expected");
  options_.rest_expected = false;
  if (finished_) return;
  std::vector<Address> untried(addresses.begin(), addresses.end());
  untried.insert(untried.end(), addresses_.begin() + static_cast<ptrdiff_t>(next_),
                 addresses_.end());
  addresses_ = in_order(untried);
  next_ = 0;
  if (stagger_timer_ == TimerHandle()) start_next();
}

void Connector::start_next() {
  loop_.cancel(std::exchange(stagger_timer_, TimerHandle()));
  while (next_ < addresses_.size()) {
    const Address& peer = addresses_[next_++];
    const Address* source = options_.source.has_value() ? &*options_.source : nullptr;
    absl::StatusOr<UniqueFd> socket = options_.start(peer, source);
    if (!socket.ok()) {
      last_failure_ = socket.status();
      continue;
    }
    auto attempt = std::make_unique<Attempt>(*this, peer, *std::move(socket));
    last_failure_ = attempt->begin();
    if (!last_failure_.ok()) continue;
    attempts_.push_back(std::move(attempt));
    if (next_ < addresses_.size() || options_.rest_expected) {
      stagger_timer_ = loop_.call_later(options_.stagger, [this] { start_next(); });
    }
    return;
  }
  if (attempts_.empty() && !options_.rest_expected) finish(last_failure_);
}

void Connector::on_attempt_failed(Attempt& attempt, absl::Status why) {
  last_failure_ = std::move(why);
  std::erase_if(attempts_, [&](const auto& held) { return held.get() == &attempt; });
  start_next();
}

void Connector::on_attempt_connected(Attempt& attempt) { finish(attempt.take_socket()); }

void Connector::finish(absl::StatusOr<UniqueFd> result) {
  finished_ = true;
  cancel_everything();
  result_->set(std::move(result));
  loop_.schedule(*result_);
}

void Connector::cancel_everything() {
  loop_.cancel(stagger_timer_);
  loop_.cancel(deadline_timer_);
  attempts_.clear();
}

}  // namespace turbo
