// HTTP2ClientConnection: one connection to one server that speaks HTTP/2, plain or over TLS, with
// many streams.
//
//   HTTP2ClientConnection connection(loop, handler, options);
//   connection.connect(address);
//   connection.open(stream);   // at once: it waits for the connection, and for its turn
//
//   connecting ─► greeting ─► ready ─► leaving ─► ended
//        │            │         │                   ▲
//        └────────────┴─────────┴───── or lost ─────┘
//
// It is ready when the server's SETTINGS have come: whoever answers otherwise is no HTTP/2 server,
// and no request is lost on it. What one turn of the loop asked for leaves in one write at its end.
// A server that says GOAWAY, or our own drain(), lets the open streams go on and takes no more.
//
// Owner:   whoever connects; destroyed by IOLoop::delete_later() or outside of the events of its
//          streams and handler. Destroying it tells nobody: streams are let go uncalled.
// Threads: its loop's.
// Errors:  on_ended(), and the same to each stream: kUnavailable (not reached, too slow, lost, or
//          the server broke the protocol), kUnauthenticated (TLS does not trust it), kCancelled
//          (close()); OK after a GOAWAY of no error or drain().
// Limits:  HTTP2ClientOptions; of what waits to be sent 64 KiB are framed, streams hold the rest.
// Cost:    a few kB idle; in steady state no allocation and one recv and one send for all streams
//          of a turn; one timer.
#ifndef TURBO_CLIENT_HTTP2_CLIENT_CONNECTION_H_
#define TURBO_CLIENT_HTTP2_CLIENT_CONNECTION_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/base/intrusive_list.h"
#include "framework/client/http2_client_options.h"
#include "framework/client/http2_client_stream.h"
#include "framework/http2/session.h"
#include "framework/loop/io_loop.h"
#include "framework/net/io_stream.h"

namespace turbo {

class HTTP2ClientConnection final : public Deletable,
                                    private InputHandler,
                                    private Completion,
                                    private http2::SessionHandler {
 public:
  // Who has the connection. Nothing of it is to be destroyed in these.
  class Handler {
   public:
    // Streams are sent from now on.
    virtual void on_ready(HTTP2ClientConnection& connection) = 0;
    // It takes no more streams; those it has go on. `why`: not OK if something is wrong.
    virtual void on_leaving(HTTP2ClientConnection& connection, const absl::Status& why) = 0;
    // The last call, after that of every stream. Without connect() or start() it never comes.
    virtual void on_ended(HTTP2ClientConnection& connection, const absl::Status& why) = 0;

   protected:
    ~Handler() = default;
  };

  // `handler` and `options` outlive the connection.
  HTTP2ClientConnection(IOLoop& loop, Handler& handler, const HTTP2ClientOptions& options);
  HTTP2ClientConnection(const HTTP2ClientConnection&) = delete;
  HTTP2ClientConnection& operator=(const HTTP2ClientConnection&) = delete;
  ~HTTP2ClientConnection() override;

  // Instead of the options' interval, for a server that found it too short. Before connect().
  void set_keepalive_interval(Duration interval) { keepalive_interval_ = interval; }

  // ---- once, one of these ----
  void connect(const Address& server);
  // Over a transport that is connected, and has TLS already if it is to: `options.tls` is for
  // connect().
  void start(std::unique_ptr<Transport> transport);

  // Sends the stream's request, now or when the server lets it. kUnavailable: the connection takes
  // no more; kResourceExhausted: too many wait. The stream stays the caller's then, and is told
  // nothing. Requires: it is not open.
  [[nodiscard]] absl::Status open(HTTP2ClientStream& stream);

  // Ends when the streams that are open have, at the latest after `deadline`. Those that wait are
  // refused.
  void drain(Duration deadline);
  // Ends soon, whatever is open: on_ended(kCancelled) follows.
  void close();

  bool ready() const { return phase_ == Phase::kReady; }
  // False: open() would be refused.
  bool accepts() const { return phase_ < Phase::kLeaving; }
  // Those the session has. / Those that wait for it.
  size_t open_streams() const { return session_ == nullptr ? 0 : session_->open_streams(); }
  size_t queued_streams() const { return queued_count_; }
  // A stream came to a good end, or the server said that it goes on with one.
  bool served() const { return served_; }
  // The server ended it with ENHANCE_YOUR_CALM, as it does when PINGs come too often.
  bool told_to_calm() const { return told_to_calm_; }
  IOLoop& loop() const { return loop_; }
  Handler& handler() const { return handler_; }
  const IOStream& stream() const { return *stream_; }

 private:
  friend class HTTP2ClientStream;
  using StreamList = IntrusiveList<HTTP2ClientStream, HTTP2ClientStreamTag>;

  enum class Phase : uint8_t { kNew, kConnecting, kGreeting, kReady, kLeaving, kEnded };

  // ---- connecting ----
  void on_connected(const absl::Status& connected);
  void greet();
  void greeted();

  // ---- streams ----
  bool has_room() const;
  absl::Status send_request(HTTP2ClientStream& stream);
  void send_queued();
  void withdraw(HTTP2ClientStream& stream, http2::ErrorCode why);
  void tell_withdrawn();
  void refuse_queued(const absl::Status& why);
  void on_stream_closed(HTTP2ClientStream& stream, http2::ErrorCode why, bool by_peer);
  void finish(HTTP2ClientStream& stream, const StreamEnd& end);

  // ---- bytes ----
  void on_input(Buffer data) override;
  void on_input_end(absl::Status why) override;
  void output_added();
  void complete() override;
  void send_output();
  void wait_for_output();

  // ---- time ----
  void end_within(Duration time);
  void set_timer();
  void on_timer();
  void ping();
  bool is_idle() const;
  bool keeps_alive() const;
  TimePoint next_check() const;

  // ---- ending ----
  void leave();
  void end_if_over();
  void end(absl::Status why);

  http2::Stream* on_stream() override { return nullptr; }  // nobody pushes
  void on_go_away(http2::ErrorCode why, http2::StreamID last) override;
  void on_abuse(http2::Abuse abuse) override;

  IOLoop& loop_;
  Handler& handler_;
  const HTTP2ClientOptions& options_;
  std::unique_ptr<IOStream> stream_;
  std::unique_ptr<http2::Session> session_;
  StreamList open_;       // the session has them
  StreamList queued_;     // wait to be sent
  StreamList withdrawn_;  // while they waited; their end is to be told
  size_t queued_count_ = 0;
  TimerHandle timer_;
  TimePoint received_at_{};
  TimePoint idle_since_{};
  TimePoint ends_at_ = TimePoint::max();  // at the latest: connecting, leaving
  TimePoint pong_due_{};
  Duration keepalive_interval_;
  absl::Status failure_;  // what to end with
  Phase phase_ = Phase::kNew;
  bool served_ = false;
  bool told_to_calm_ = false;
  bool pinging_ = false;
  bool closing_ = false;  // close() was called
  bool waits_for_output_ = false;
};

}  // namespace turbo

#endif  // TURBO_CLIENT_HTTP2_CLIENT_CONNECTION_H_
