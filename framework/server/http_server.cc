#include "framework/server/http_server.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "framework/server/server_shard.h"

namespace turbo {

namespace {

// One call of stop(): counted down on every loop; the last one reports.
struct StopReport {
  std::atomic<size_t> loops_left;
  Callback on_stopped;

  void loop_drained() {
    if (loops_left.fetch_sub(1) == 1 && on_stopped != nullptr) on_stopped();
  }
};

}  // namespace

// Shared by the handlers that run on the loops and the calls they post to each other.
class HTTPServer::State {
 public:
  State(std::vector<IOLoop*> loops, Service& service, HTTPServerOptions options)
      : loops_(std::move(loops)), service_(service), options_(std::move(options)) {
    shards_.resize(loops_.size());
  }

  // Returns the port's tag.
  uint32_t add_port(HTTPListenOptions port) {
    std::lock_guard lock(mutex_);
    ports_.push_back(std::move(port));
    return static_cast<uint32_t>(ports_.size() - 1);
  }

  // Runs on the connection's loop.
  void serve(AcceptedConnection connection) {
    ServerShard& shard = find_or_make(connection.loop_index);
    const HTTPListenOptions& port = port_of(connection.tag);
    shard.serve(std::move(connection), port);
  }

  void serve(std::unique_ptr<Transport> connected) {
    find_or_make(0).serve(std::move(connected), ConnectionToken(), plain_);
  }

  void drain_all(const std::shared_ptr<State>& self, Duration deadline, Callback on_stopped) {
    auto report = std::make_shared<StopReport>();
    report->loops_left = loops_.size();
    report->on_stopped = std::move(on_stopped);
    for (size_t i = 0; i < loops_.size(); ++i) {
      loops_[i]->add_callback(
          [self, i, deadline, report] { self->drain(self, i, deadline, report); });
    }
  }

  // Requires: the loops do not run.
  void end_all() {
    for (auto& shard : shards_) shard.reset();  // calls that stop() posted may still look
  }

  HTTPServerCounters counters() const {
    std::lock_guard lock(mutex_);
    HTTPServerCounters sum = ended_;
    for (const auto& shard : shards_) {
      if (shard != nullptr) add(shard->counters(), sum);
    }
    return sum;
  }

  const HTTPServerOptions& options() const { return options_; }

 private:
  static void add(const ShardCounters& counters, HTTPServerCounters& sum) {
    sum.requests += counters.requests.get();
    sum.errors += counters.errors.get();
    sum.timeouts += counters.timeouts.get();
    sum.failed_handshakes += counters.failed_handshakes.get();
    sum.stalled_streams += counters.stalled_streams.get();
    for (size_t i = 0; i < http2::kAbuseCount; ++i) {
      sum.http2_abuses[i] += counters.http2_abuses[i].get();
    }
  }

  const HTTPListenOptions& port_of(uint32_t tag) {
    std::lock_guard lock(mutex_);
    return ports_[tag];
  }

  // A loop's slot is written by that loop alone, under the mutex because counters() reads them all.
  ServerShard& find_or_make(size_t index) {
    if (shards_[index] == nullptr) {
      auto shard = std::make_unique<ServerShard>(*loops_[index], service_, options_);
      std::lock_guard lock(mutex_);
      shards_[index] = std::move(shard);
    }
    return *shards_[index];
  }

  void drain(const std::shared_ptr<State>& self, size_t index, Duration deadline,
             const std::shared_ptr<StopReport>& report) {
    if (shards_[index] == nullptr) return report->loop_drained();
    shards_[index]->drain(deadline, [self, index, report] {
      self->forget(index);
      report->loop_drained();
    });
  }

  void forget(size_t index) {
    if (shards_[index] == nullptr) return;  // stop() was called twice
    std::unique_ptr<ServerShard> shard;
    std::lock_guard lock(mutex_);
    add(shards_[index]->counters(), ended_);
    shard = std::move(shards_[index]);
  }

  const std::vector<IOLoop*> loops_;
  Service& service_;
  const HTTPServerOptions options_;
  const HTTPListenOptions plain_;
  mutable std::mutex mutex_;
  std::deque<HTTPListenOptions> ports_;  // never moved and never changed
  std::vector<std::unique_ptr<ServerShard>> shards_;
  HTTPServerCounters ended_;  // of shards that are gone
};

HTTPServer::HTTPServer(std::vector<IOLoop*> loops, Service& service, HTTPServerOptions options)
    : state_(std::make_shared<State>(loops, service, std::move(options))),
      tcp_(std::make_unique<TCPServer>(
          std::move(loops),
          [state = state_](AcceptedConnection accepted) { state->serve(std::move(accepted)); },
          state_->options().tcp)) {}

// Connections that are still open hold tokens of the TCP server, whose handler holds the state.
HTTPServer::~HTTPServer() { state_->end_all(); }

absl::StatusOr<Address> HTTPServer::listen(const Address& address, HTTPListenOptions options) {
  if (options.plain_too && options.tls == nullptr) {
    return absl::InvalidArgumentError("plain_too wants a TLS context beside it");
  }
  if (options.tls != nullptr && !state_->options().http2.enabled &&
      std::ranges::count(options.tls->options().alpn, "h2") > 0) {
    return absl::InvalidArgumentError("HTTP/2 is off, but the TLS context offers h2 by ALPN");
  }
  const ListenOptions socket = options.socket;
  return tcp_->listen(address, socket, state_->add_port(std::move(options)));
}

void HTTPServer::serve(std::unique_ptr<Transport> connected) {
  state_->serve(std::move(connected));
}

void HTTPServer::stop(Duration deadline, absl::AnyInvocable<void()> on_stopped) {
  tcp_->stop([state = state_, deadline, on_stopped = std::move(on_stopped)]() mutable {
    state->drain_all(state, deadline, std::move(on_stopped));
  });
}

HTTPServerCounters HTTPServer::counters() const {
  HTTPServerCounters sum = state_->counters();
  const TCPServerCounters accepting = tcp_->counters();
  sum.refused_connections = accepting.refused + accepting.refused_per_address;
  return sum;
}

}  // namespace turbo
