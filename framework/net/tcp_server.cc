#include "framework/net/tcp_server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/net/socket.h"

namespace turbo {

// What the server, its loops and its connections' tokens share; dies with the last of them. Who
// hands a share on says so: `self` is the caller's.
class TCPServerState {
 public:
  using Share = std::shared_ptr<TCPServerState>;

  TCPServerState(std::vector<IOLoop*> loops, ConnectionHandler handler, TCPServerOptions options);

  absl::StatusOr<Address> listen(const Share& self, const Address& address, ListenOptions options,
                                 uint32_t tag);
  void stop(const Share& self, absl::AnyInvocable<void()> on_stopped);
  void close_listeners();
  void release(size_t loop_index, AddressCounts::Key address) {
    slots_[loop_index].open.fetch_sub(1, std::memory_order_relaxed);
    if (addresses_ != nullptr) addresses_->leave(address);
  }

  std::vector<size_t> open_per_loop() const;
  TCPServerCounters counters() const;

 private:
  // A listening socket, and what the server's user calls it.
  struct Listening {
    UniqueFd socket;
    uint32_t tag = 0;
  };

  // One loop's share, on cache lines of its own: only its loop and those that hand over to it write
  // there.
  struct alignas(64) Slot {
    IOLoop* loop = nullptr;
    std::atomic<size_t> open{0};
    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> handed_over{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> refused_per_address{0};
    // The loop's thread only.
    std::vector<std::unique_ptr<Listener>> listeners;
    // Bound, not yet adopted by the loop. Under mutex_; not in the post, which a loop that has
    // stopped would keep.
    std::vector<Listening> waiting;
  };

  void accept_on(const Share& self, size_t index, Listening listening);
  void adopt(const Share& self, size_t index);
  void stop_adopting();
  void on_accept(const Share& self, size_t index, UniqueFd socket, const Address& peer,
                 uint32_t tag);
  size_t choose_loop(size_t accepting, size_t total) const;
  void run_handler(AcceptedConnection connection);
  void refuse(size_t index);
  void refuse_address(size_t index, const Address& peer);

  std::vector<Slot> slots_;
  const ConnectionHandler handler_;
  const TCPServerOptions options_;
  const std::unique_ptr<AddressCounts> addresses_;  // null without such a limit
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
};

namespace {

// How many more connections than the emptiest loop one may have before it hands over: small against
// ±5 % of the mean, and 1 where there are few connections, so that most stay where they were
// accepted.
size_t tolerated_lead(size_t total, size_t loops) { return 1 + total / loops / 64; }

void log_refusal(LogLimiter& limiter, std::string_view whose, size_t limit) {
  if (auto held = limiter.admit()) {
    log_limited(LogLevel::kWarning,
                "connection refused: " + std::to_string(limit) + " are open" + std::string(whose) +
                    ", the limit",
                *held);
  }
}

std::unique_ptr<AddressCounts> make_address_counts(size_t limit) {
  return limit == 0 ? nullptr : std::make_unique<AddressCounts>(limit);
}

// Stops are counted down on every loop; the last one reports.
struct StopReport {
  std::atomic<size_t> loops_left;
  absl::AnyInvocable<void()> on_stopped;
};

}  // namespace

TCPServerState::TCPServerState(std::vector<IOLoop*> loops, ConnectionHandler handler,
                               TCPServerOptions options)
    : slots_(loops.size()),
      handler_(std::move(handler)),
      options_(options),
      addresses_(make_address_counts(options.max_connections_per_address)) {
  TURBO_CHECK(!loops.empty(), "a server needs a loop");
  TURBO_CHECK(handler_ != nullptr, "a server needs a handler");
  for (size_t i = 0; i < loops.size(); ++i) slots_[i].loop = loops[i];
}

absl::StatusOr<Address> TCPServerState::listen(const Share& self, const Address& address,
                                               ListenOptions options, uint32_t tag) {
  if (stopped_.load(std::memory_order_relaxed)) {
    return absl::FailedPreconditionError("the server was stopped; make another one");
  }
  absl::StatusOr<UniqueFd> first = listen_on(address, options);
  if (!first.ok()) return first.status();
  const Address bound = socket_name(first->get());
  std::vector<UniqueFd> sockets;
  sockets.push_back(*std::move(first));
  const bool one_per_loop = options.reuse_port && address.is_ip();
  for (size_t i = 1; one_per_loop && i < slots_.size(); ++i) {
    absl::StatusOr<UniqueFd> next = listen_on(bound, options);
    if (!next.ok()) return next.status();
    sockets.push_back(*std::move(next));
  }
  for (size_t i = 0; i < sockets.size(); ++i) accept_on(self, i, {std::move(sockets[i]), tag});
  return bound;
}

void TCPServerState::accept_on(const Share& self, size_t index, Listening listening) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_.load(std::memory_order_relaxed)) return;  // a stop() on another thread was first
    slots_[index].waiting.push_back(std::move(listening));
  }
  slots_[index].loop->add_callback([self, index] { self->adopt(self, index); });
}

void TCPServerState::adopt(const Share& self, size_t index) {
  Slot& slot = slots_[index];
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [socket, tag] : slot.waiting) {
    // Weak, since the listener is the state's own; a share for the length of the call, since the
    // handler may stop and destroy the server.
    auto on_accept = [weak = std::weak_ptr(self), index, tag = tag](UniqueFd accepted,
                                                                    const Address& peer) {
      if (const Share alive = weak.lock())
        alive->on_accept(alive, index, std::move(accepted), peer, tag);
    };
    slot.listeners.push_back(
        std::make_unique<Listener>(*slot.loop, std::move(socket), std::move(on_accept)));
  }
  slot.waiting.clear();
}

void TCPServerState::stop_adopting() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_.store(true, std::memory_order_relaxed);  // nothing comes to wait after this
  for (Slot& slot : slots_) slot.waiting.clear();
}

void TCPServerState::on_accept(const Share& self, size_t index, UniqueFd socket,
                               const Address& peer, uint32_t tag) {
  size_t total = 0;
  for (const Slot& slot : slots_) total += slot.open.load(std::memory_order_relaxed);
  if (total >= options_.max_connections) return refuse(index);
  AddressCounts::Key address = AddressCounts::kNotCounted;
  if (addresses_ != nullptr) {
    address = AddressCounts::key_of(peer);
    if (!addresses_->enter(address)) return refuse_address(index, peer);
  }

  const size_t target = choose_loop(index, total);
  slots_[index].accepted.fetch_add(1, std::memory_order_relaxed);
  slots_[target].open.fetch_add(1, std::memory_order_relaxed);
  AcceptedConnection connection{ConnectionToken(self, target, address), std::move(socket), peer,
                                target, tag};
  if (target == index) return run_handler(std::move(connection));

  slots_[index].handed_over.fetch_add(1, std::memory_order_relaxed);
  slots_[target].loop->add_callback([self, connection = std::move(connection)]() mutable {
    // Accepted, but too late: it is closed with the callback.
    if (!self->stopped_.load(std::memory_order_relaxed)) self->run_handler(std::move(connection));
  });
}

size_t TCPServerState::choose_loop(size_t accepting, size_t total) const {
  size_t best = accepting;
  size_t fewest = slots_[accepting].open.load(std::memory_order_relaxed);
  const size_t own = fewest;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const size_t open = slots_[i].open.load(std::memory_order_relaxed);
    if (open < fewest) {
      fewest = open;
      best = i;
    }
  }
  return own - fewest > tolerated_lead(total, slots_.size()) ? best : accepting;
}

void TCPServerState::run_handler(AcceptedConnection connection) {
  IOLoop& loop = *slots_[connection.loop_index].loop;
  try {
    handler_(std::move(connection));
  } catch (...) {
    loop.report_exception(std::current_exception());
  }
}

void TCPServerState::refuse(size_t index) {
  static LogLimiter limiter(std::chrono::minutes(1));
  slots_[index].refused.fetch_add(1, std::memory_order_relaxed);
  log_refusal(limiter, "", options_.max_connections);
}

void TCPServerState::refuse_address(size_t index, const Address& peer) {
  static LogLimiter limiter(std::chrono::minutes(1));
  slots_[index].refused_per_address.fetch_add(1, std::memory_order_relaxed);
  log_refusal(limiter, " from " + peer.host(), options_.max_connections_per_address);
}

void TCPServerState::stop(const Share& self, absl::AnyInvocable<void()> on_stopped) {
  stop_adopting();
  auto report = std::make_shared<StopReport>();
  report->loops_left = slots_.size();
  report->on_stopped = std::move(on_stopped);
  for (Slot& slot : slots_) {
    if (IOLoop::current() == slot.loop) slot.listeners.clear();
    slot.loop->add_callback([self, &slot, report] {
      slot.listeners.clear();
      if (report->loops_left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      if (report->on_stopped) report->on_stopped();
    });
  }
}

void TCPServerState::close_listeners() {
  stop_adopting();
  for (Slot& slot : slots_) slot.listeners.clear();
}

std::vector<size_t> TCPServerState::open_per_loop() const {
  std::vector<size_t> open;
  for (const Slot& slot : slots_) open.push_back(slot.open.load(std::memory_order_relaxed));
  return open;
}

TCPServerCounters TCPServerState::counters() const {
  TCPServerCounters sum;
  for (const Slot& slot : slots_) {
    sum.accepted += slot.accepted.load(std::memory_order_relaxed);
    sum.handed_over += slot.handed_over.load(std::memory_order_relaxed);
    sum.refused += slot.refused.load(std::memory_order_relaxed);
    sum.refused_per_address += slot.refused_per_address.load(std::memory_order_relaxed);
  }
  return sum;
}

// ---- ConnectionToken ----

ConnectionToken::ConnectionToken(ConnectionToken&& other) noexcept
    : server_(std::move(other.server_)), loop_index_(other.loop_index_), address_(other.address_) {}

ConnectionToken& ConnectionToken::operator=(ConnectionToken&& other) noexcept {
  if (this == &other) return *this;
  release();
  server_ = std::move(other.server_);
  loop_index_ = other.loop_index_;
  address_ = other.address_;
  return *this;
}

void ConnectionToken::release() {
  if (server_ == nullptr) return;
  server_->release(loop_index_, address_);
  server_.reset();
}

// ---- TCPServer ----

TCPServer::TCPServer(IOLoop& loop, ConnectionHandler handler, TCPServerOptions options)
    : TCPServer(std::vector<IOLoop*>{&loop}, std::move(handler), options) {}

TCPServer::TCPServer(std::vector<IOLoop*> loops, ConnectionHandler handler,
                     TCPServerOptions options)
    : state_(std::make_shared<TCPServerState>(std::move(loops), std::move(handler), options)) {}

TCPServer::~TCPServer() { state_->close_listeners(); }

absl::StatusOr<Address> TCPServer::listen(const Address& address, ListenOptions options,
                                          uint32_t tag) {
  return state_->listen(state_, address, options, tag);
}

void TCPServer::stop(absl::AnyInvocable<void()> on_stopped) {
  // On the stack: what the clearing of a loop's listeners destroys may own the server.
  const std::shared_ptr<TCPServerState> state = state_;
  state->stop(state, std::move(on_stopped));
}

size_t TCPServer::connections() const {
  size_t total = 0;
  for (size_t open : state_->open_per_loop()) total += open;
  return total;
}

ConnectionSpread TCPServer::spread() const {
  ConnectionSpread spread{state_->open_per_loop()};
  size_t total = 0;
  for (size_t open : spread.connections) total += open;
  if (total == 0) return spread;
  const double mean = static_cast<double>(total) / static_cast<double>(spread.connections.size());
  for (size_t open : spread.connections) {
    spread.relative = std::max(spread.relative, std::abs(static_cast<double>(open) - mean) / mean);
  }
  return spread;
}

TCPServerCounters TCPServer::counters() const { return state_->counters(); }

}  // namespace turbo
