// HTTP2Connection: one client's connection that speaks HTTP/2: brings bytes to the session and its
// frames to the socket.
//
//   read_some ─► session ─► exchanges ─► dispatcher
//                session ◄─ exchanges        all that one turn of the loop made is sent at its end
//                   └─► output ─► one write a turn
//
// Each stream is an HTTP2Exchange, which has deadlines of its own; the connection's are for what no
// stream stands for: the preface, heads that do not end, idleness, the end.
//
// Owner:   its ServerShard.
// Threads: its loop's.
// Errors:  the session answers what the peer does wrong; a vanished peer ends the connection
//          silently.
// Limits:  HTTPServerOptions. Of what waits to be sent 64 KiB are framed, up to 1 MiB for a client
//          that takes it within some 10 ms; streams hold the rest.
// Cost:    a few kB idle, mostly the session's tables (idle_memory.py --http2).
#ifndef TURBO_SERVER_HTTP2_CONNECTION_H_
#define TURBO_SERVER_HTTP2_CONNECTION_H_

#include <memory>
#include <string>
#include <string_view>

#include "framework/base/intrusive_list.h"
#include "framework/http/request_head.h"
#include "framework/http2/session.h"
#include "framework/loop/io_loop.h"
#include "framework/net/io_stream.h"
#include "framework/net/tcp_server.h"
#include "framework/server/http_server_options.h"
#include "framework/server/ping_guard.h"
#include "framework/server/waiter.h"

namespace turbo {

class HTTP2Exchange;
class ServerShard;
struct HTTP2ExchangeTag;

class HTTP2Connection final : public ServerConnection,
                              private InputHandler,
                              private Completion,
                              private http2::SessionHandler {
 public:
  // `transport` is connected, and nothing is known of it but that its client wants HTTP/2.
  HTTP2Connection(ServerShard& shard, std::unique_ptr<Transport> transport, ConnectionToken token,
                  const HTTPListenOptions& port);
  ~HTTP2Connection() override;

  // Begins with what has arrived already.
  void start(Buffer input);
  // The same behind `request`, which asked for an upgrade and is answered as the first stream.
  // `settings` is the decoded HTTP2-Settings field.
  void start_upgraded(const http::RequestHead& request, std::string_view settings, Buffer input);

  // ---- for the shard ----
  void on_deadline() override;
  void drain() override;
  void end() override;

  // ---- for the exchanges ----
  IOStream& stream() { return stream_; }
  ServerShard& shard() { return shard_; }
  http2::Session& session() { return *session_; }
  bool has_certificates() const { return has_certificates_; }
  bool input_ended() const { return input_ended_; }
  // There is something to be sent: it is, at the end of the turn.
  void output_added();
  // A collected body holds so many bytes more; false: that is too much for one connection. / They
  // are held no more.
  bool collect(size_t bytes);
  void release_collected(size_t bytes) { collected_ -= bytes; }
  // The same for what streaming handlers have not read. While much is the client may be waiting for
  // us, whatever its stream.
  void hold_back(size_t bytes) { held_back_ += bytes; }
  void release_held_back(size_t bytes) { held_back_ -= bytes; }
  bool holds_client_back() const;
  // Of the streams' answers, since the beginning.
  void body_taken(size_t bytes) { bodies_taken_ += bytes; }
  uint64_t bodies_taken() const { return bodies_taken_; }
  // It is over: the exchange is recycled.
  void forget(HTTP2Exchange& exchange);

 private:
  void read();
  void on_input(Buffer data) override;
  void on_input_end(absl::Status why) override;
  void reset_stuck_streams();
  template <class Visit>
  void for_each_exchange(Visit visit);
  void drop(size_t bytes);
  void complete() override;
  bool finished() const;
  void send_output();
  void adapt_pull();
  void wait_for_output();
  void choose_wait();
  void go_on(Buffer input);
  void on_streams_time();
  void on_quiet_streams();
  void on_pong_time();
  bool output_moves();
  bool output_stalls();
  void grow_old();
  void cut();
  void go_away(http2::ErrorCode why);
  void close_gently();
  void drop_exchanges();

  http2::Stream* on_stream() override;
  void on_ping() override;
  void on_pong() override;
  void on_abuse(http2::Abuse abuse) override;

  ServerShard& shard_;
  IOStream stream_;
  ConnectionToken token_;
  std::unique_ptr<http2::Session> session_;
  IntrusiveList<HTTP2Exchange, HTTP2ExchangeTag> exchanges_;  // it owns them
  TimePoint ages_at_;  // from then on no more streams are wanted
  uint64_t dropped_ = 0;
  uint64_t bodies_taken_ = 0;
  uint64_t bytes_sent_ = 0;                     // at the last deadline
  TimePoint stalled_since_ = TimePoint::max();  // as far as deadlines have seen
  TimerHandle grace_;                           // of one that has grown old
  PingGuard ping_guard_;
  size_t collected_ = 0;
  size_t held_back_ = 0;
  size_t exchange_count_ = 0;
  uint32_t requests_left_;
  uint32_t pull_bytes_;  // how much output is framed at once
  TimePoint pulled_at_;  // and when that was
  const bool has_certificates_;
  bool stream_begun_ = false;  // since choose_wait() was called last
  bool completing_ = false;    // so that choose_wait() follows
  bool waits_for_output_ = false;
  bool input_ended_ = false;
  bool going_away_ = false;    // the client was asked to open no more streams
  bool client_knows_ = false;  // and answered the PING behind that
  bool keeps_wait_ = false;    // for the rest of our output, or for a sign of life
  bool pong_due_ = false;      // our PING for a sign of life is without answer
  bool closing_ = false;       // our side is shut; what comes is dropped
  bool ended_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP2_CONNECTION_H_
