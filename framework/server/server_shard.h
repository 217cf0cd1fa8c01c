// ServerShard: what an HTTPServer keeps on one loop: the dispatcher, the stock of exchanges, the
// connections and their deadlines.
//
// Owner:   the HTTPServer; built, used and destroyed on its loop's thread.
// Threads: its loop's.
// Errors:  none of its own.
// Limits:  those of ExchangeStock.
// Cost:    moving a connection to another wait: a few pointer writes. One timer while connections
//          exist.
#ifndef TURBO_SERVER_SERVER_SHARD_H_
#define TURBO_SERVER_SERVER_SHARD_H_

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <vector>

#include "framework/http/date.h"
#include "framework/server/dispatcher.h"
#include "framework/server/exchange_stock.h"
#include "framework/server/http1_connection.h"
#include "framework/server/http1_exchange.h"
#include "framework/server/http2_connection.h"
#include "framework/server/http2_exchange.h"
#include "framework/server/http_server_options.h"
#include "framework/server/waiter.h"
#include "framework/tls/tls_transport.h"

namespace turbo {

// Written by one loop, read by any thread: no locked instruction is needed to add.
class LoopCounter {
 public:
  void add() { value_.store(get() + 1, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// As HTTPServerCounters, of one loop.
struct ShardCounters {
  LoopCounter requests;
  LoopCounter errors;
  LoopCounter timeouts;
  LoopCounter failed_handshakes;
  LoopCounter stalled_streams;
  std::array<LoopCounter, http2::kAbuseCount> http2_abuses;
};

class ServerShard final : private Completion {
 public:
  // How late a deadline may be noticed.
  static constexpr Duration kDeadlineCheck = std::chrono::seconds(1);

  // `options` must outlive the shard.
  ServerShard(IOLoop& loop, Service& service, const HTTPServerOptions& options);
  ServerShard(const ServerShard&) = delete;
  ServerShard& operator=(const ServerShard&) = delete;
  ~ServerShard();

  // `port` outlives the shard.
  void serve(AcceptedConnection connection, const HTTPListenOptions& port);
  // The same for what is no socket of a listener. `plain` is connected.
  void serve(std::unique_ptr<Transport> plain, ConnectionToken token,
             const HTTPListenOptions& port);

  // Answers what has arrived, then ends idle connections, the others after their exchange, all at
  // the latest after `deadline`; then `on_empty` is called, once, as a posted call of the loop; it
  // may destroy the shard. When called again the last deadline counts, and every callback is
  // called.
  void drain(Duration deadline, Callback on_empty);
  bool draining() const { return draining_; }

  // ---- for connections ----
  IOLoop& loop() const { return loop_; }
  Dispatcher& dispatcher() { return *dispatcher_; }
  const HTTPServerOptions& options() const { return options_; }
  ShardCounters& counters() { return counters_; }
  // Of a client's connection.
  IOStreamOptions stream_options() const;
  const http2::SessionOptions& session_options() const { return session_options_; }
  // The Server and Date lines of responses, of now.
  const http::CommonLines& common_lines() {
    common_lines_.get(loop_.time().time_since_epoch());
    return common_lines_;
  }
  // When a connection that begins now is old.
  TimePoint end_of_age();

  std::unique_ptr<Transport> make_tls(const tls::ServerContext& context,
                                      std::unique_ptr<Transport> plain, Buffer input);
  void handshake_failed(const absl::Status& why);

  ExchangeStock<HTTP1Exchange>& http1_exchanges() { return http1_exchanges_; }
  ExchangeStock<HTTP2Exchange>& http2_exchanges() { return http2_exchanges_; }

  // A connection that began with HTTP/1 goes on in HTTP/2; its transport is handed over.
  HTTP2Connection& go_on_with_http2(std::unique_ptr<Transport> transport, ConnectionToken token,
                                    const HTTPListenOptions& port);

  // From now on the connection waits for `wait`, and runs out when that has lasted too long.
  void set_wait(ServerConnection& connection, Wait wait) {
    waiting_.set_wait(connection, wait, loop_.time());
  }
  void set_wait(HTTP2Exchange& exchange, Wait wait) {
    waiting_streams_.set_wait(exchange, wait, loop_.time());
  }
  // The connection's last call: it is destroyed at the end of the iteration.
  void remove(ServerConnection& connection);

 private:
  Duration timeout_of(Wait wait) const;
  Duration time_of_streams() const;
  void check_deadlines();
  void complete() override;
  void report_empty();

  IOLoop& loop_;
  const HTTPServerOptions& options_;
  std::unique_ptr<Dispatcher> dispatcher_;
  http::CommonLines common_lines_;
  tls::HandshakePacer handshakes_;
  ShardCounters counters_;
  const http2::SessionOptions session_options_;
  ExchangeStock<HTTP1Exchange> http1_exchanges_;
  ExchangeStock<HTTP2Exchange> http2_exchanges_;
  WaitLists waiting_streams_;
  WaitLists waiting_;  // every connection is in one, so together they own them all
  size_t connections_ = 0;
  std::minstd_rand random_;  // of ages
  TimerHandle deadline_timer_;
  TimerHandle drain_timer_;
  bool draining_ = false;
  bool has_polled_ = false;  // since draining began
  std::vector<Callback> on_empty_;
};

}  // namespace turbo

#endif  // TURBO_SERVER_SERVER_SHARD_H_
