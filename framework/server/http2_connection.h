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
// Limits:  HTTPServerOptions. Of what waits to be sent about output_high_bytes are in memory, and
//          what the streams hold.
// Cost:    some 20 kB idle, mostly the session's tables.
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
  // There is something to be sent: it is, at the end of the turn.
  void output_added();
  // The connection as a whole is behind.
  bool output_is_high() const;
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
  void wait_for_output();
  void choose_wait();
  void go_away(http2::ErrorCode why);
  void close_gently();
  void drop_exchanges();

  http2::Stream* on_stream() override;
  void on_pong() override;
  void on_abuse(http2::Abuse abuse) override;

  ServerShard& shard_;
  IOStream stream_;
  ConnectionToken token_;
  std::unique_ptr<http2::Session> session_;
  IntrusiveList<HTTP2Exchange, HTTP2ExchangeTag> exchanges_;  // it owns them
  TimePoint ages_at_;  // from then on no more streams are wanted
  uint64_t dropped_ = 0;
  uint32_t requests_left_;
  const bool has_certificates_;
  bool stream_begun_ = false;  // since choose_wait() was called last
  bool waits_for_output_ = false;
  bool input_ended_ = false;
  bool going_away_ = false;
  bool closing_ = false;  // our side is shut; what comes is dropped
  bool ended_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP2_CONNECTION_H_
