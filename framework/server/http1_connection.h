// HTTP1Connection: one client's connection: reads requests, has them answered, writes what was
// answered.
//
//            read_some ─► input ─► parser ─► dispatcher ─► exchange ─► output ─► one write a turn
//
//   handshake, with TLS
//     ▼
//   idle ─► head ─► body ─► handling ─┬─► idle       all requests of a read answered in one turn
//                    ▲         ▼      ├─► draining   too much output waits: first that, then on
//                    └───── streaming └─► lingering  refused: drop what comes
//
// Owner:   its ServerShard.
// Threads: its loop's.
// Errors:  malformed requests are answered and the connection ends; a vanished peer ends it
//          silently.
// Limits:  HTTPServerOptions.
// Cost:    about 500 bytes idle, the stream included (idle_memory.py); no buffer, no exchange, no
// timer.
#ifndef TURBO_SERVER_HTTP1_CONNECTION_H_
#define TURBO_SERVER_HTTP1_CONNECTION_H_

#include <memory>
#include <string_view>

#include "framework/loop/io_loop.h"
#include "framework/net/io_stream.h"
#include "framework/net/tcp_server.h"
#include "framework/server/body_rate.h"
#include "framework/server/http_server_options.h"
#include "framework/server/waiter.h"

namespace turbo {

class HTTP1Exchange;
class ServerShard;

class HTTP1Connection final : public ServerConnection, private InputHandler {
 public:
  // `plain` is connected; what `port` speaks is put around it.
  HTTP1Connection(ServerShard& shard, std::unique_ptr<Transport> plain, ConnectionToken token,
                  const HTTPListenOptions& port);
  ~HTTP1Connection() override;

  // Begins to read.
  void start();

  // ---- for the shard ----
  void on_deadline() override;
  void drain() override;
  void end() override;

  // ---- for the exchange ----
  IOStream& stream() { return stream_; }
  ServerShard& shard() { return shard_; }
  // Where responses are written; goes out when the turn is over.
  Buffer& output() { return stream_.output(); }
  void output_added();
  bool processing() const { return processing_; }
  // It is done, or waits for a piece of the body or for the peer's end.
  void exchange_woke();
  // The head has left, the answer goes on.
  void note_streaming();
  bool output_is_high() const;
  void tell_when_output_left();
  // Cut the connection when control is back with it.
  void abort() { aborted_ = true; }

 private:
  enum class Next : uint8_t { kGoOn, kRead, kWait };

  void read();
  void on_input(Buffer data) override;
  void on_input_end(absl::Status why) override;
  void drop(Buffer data);
  void take_exchange();
  void choose_protocol(Buffer data);
  void start_tls(Buffer data);
  void go_on_with_http1();
  void go_on_with_http2();
  bool upgrade();
  void process(Next next);
  Next advance();
  Next on_head();
  Next on_streaming_request();
  Next on_body();
  Next add_body(Buffer piece);
  Next drop_body(size_t bytes);
  Next on_end();
  Next on_request();
  Next go_on_with_handler();
  Next after_handler();
  Next wait_for_handler();
  // What comes from the client has to wait.
  bool busy() const {
    return wait() == Wait::kHandling || wait() == Wait::kStreaming || wait() == Wait::kDrain;
  }
  void watch_close();
  Next finish_exchange();
  Next yield(Next (HTTP1Connection::*go_on)());
  Next go_on_with_requests() { return Next::kGoOn; }
  Next go_on_with_body();
  Next refuse_input(int status, std::string_view reason);
  Next refuse(int status, std::string_view reason);
  Next refuse_body(const absl::Status& why);
  Next close_gently();
  void drop_exchange();
  void drain_output();
  void set_wait_for_output();
  void wait_for_input();
  bool wait_for_body();
  void end_wait_for_body();
  void on_late_body();
  void become_idle();
  void send_output();
  bool output_piles_up();
  bool output_moves();

  ServerShard& shard_;
  const HTTPListenOptions& port_;
  IOStream stream_;
  ConnectionToken token_;
  std::unique_ptr<HTTP1Exchange> exchange_;  // only while a request is in hand
  TimePoint ages_at_;        // from then on the connection ends with its next request
  TimerHandle next_turn_;    // goes on with pipelined requests
  uint64_t bytes_sent_ = 0;  // at the last deadline
  uint64_t dropped_ = 0;     // bytes of a body that nobody wants, or read while closing
  uint64_t output_end_ = 0;  // bytes ever written, when last more than max_output_bytes waited
  BodyRate body_rate_;
  uint32_t requests_left_;
  uint32_t turn_requests_ = 0;  // answered in this turn
  bool watches_close_ = false;
  bool processing_ = false;
  bool aborted_ = false;
  const bool has_certificates_;  // port_ has several to choose from
  bool undecided_;               // what it will speak: the first bytes tell
  bool closing_ = false;         // the last answer is given; what comes is dropped
  bool ended_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP1_CONNECTION_H_
