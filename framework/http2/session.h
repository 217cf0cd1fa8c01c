// Session: one side of an HTTP/2 connection as a pure machine: bytes and calls in, events and bytes
// out. No socket, no loop, no clock.
//
//   bytes ─► receive() ─► handler.on_stream(), stream.on_head(), on_data(), on_end(), on_closed()
//   respond(), request(), resume(), consume(), reset()   from inside events or at any time
//   send() ─► stream.body_ready(), take_body() ─► bytes
//
// Whoever has streams derives them from Stream and hands one to the session for each request; the
// session calls it until on_closed(), which is the last call. A body is pulled from the stream when
// flow control and priority (RFC 9218) let it go, as late as possible; how much of what came was
// consumed is told by consume(), and only that opens the peer's windows again.
//
// Owner:   the connection. Destroying it calls no stream; a stream outlives its session or its
//          on_closed(), whichever comes first.
// Threads: one.
// Errors:  what the peer does wrong is answered as RFC 9113 says, by RST_STREAM or GOAWAY, in what
//          send() gives; over() then turns true. Malformed messages are never shown (8.1.1).
// Limits:  SessionOptions. One head of each kind a stream; sent heads up to 128 KiB.
// Cost:    in steady state no allocation but from the BlockPool; bodies are moved both ways.
// Source:  RFC 9113, 7541, 8441, 9218.
#ifndef TURBO_HTTP2_SESSION_H_
#define TURBO_HTTP2_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/clock.h"
#include "framework/buffer/buffer.h"
#include "framework/http/request_head.h"
#include "framework/http2/error_code.h"
#include "framework/http2/flood_guard.h"
#include "framework/http2/flow_window.h"
#include "framework/http2/head_block.h"
#include "framework/http2/priority.h"
#include "framework/http2/send_scheduler.h"

namespace turbo::http2 {

// What a client sends first (RFC 9113 3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

using StreamID = int32_t;  // 31 bits, odd for those a client opened; 0: none

// What reads and writes the frames. Ours spends a fraction of the instructions; nghttp2 is what
// tests compare it with, and a way back should ours turn out wrong.
enum class Codec : bool { kNative, kNGHTTP2 };

struct SessionOptions {
  Codec codec = Codec::kNative;
  // Streams the peer may have open. A loop does its work for all of them in one turn.
  uint32_t max_concurrent_streams = 128;
  // What a peer may send that was not consumed, a stream and in all: what it costs us to hold.
  uint32_t stream_window_bytes = 256 << 10;
  uint32_t connection_window_bytes = 1 << 20;
  // Announced as SETTINGS_MAX_HEADER_LIST_SIZE.
  HeadLimits head;
  // Of trailers.
  HeadLimits trailers = {8192, 32};
  // HPACK tables (RFC 7541 4.2): of what comes, announced, and of what goes, at most.
  uint32_t decoder_table_bytes = 4096;
  uint32_t encoder_table_bytes = 4096;
  // A server's: extended CONNECT (RFC 8441) is announced and accepted.
  bool enable_connect_protocol = false;
  FloodLimits flood;
};

class NativeSession;
class NGHTTP2Session;

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // 0 while no session has it.
  StreamID id() const { return state_.id; }
  // A client's request that has not been sent yet, or never was.
  bool unsent() const { return state_.unsent; }
  // What came last: the request's or the response's; valid until the next head or restart().
  const Head& head() const { return head_block_.head(); }

  // ---- what comes; the session may be called from inside ----
  // A head is complete and well formed: a request's to a server; to a client a response's, after
  // any number of interim ones (1xx). `ends`: no body and no trailers follow, and on_end() does.
  virtual void on_head(bool ends) = 0;
  // A piece of the body, never empty; to be consumed some time.
  virtual void on_data(Buffer piece) = 0;
  // The peer's side has ended, a declared length was kept.
  virtual void on_end(std::span<const http::Field> trailers) = 0;
  // Our side has ended: the last byte was given to send(). Not after a reset.
  virtual void on_sent() {}
  // No call comes any more, id() is 0. `by_peer`: `why` came from it, by RST_STREAM or GOAWAY. What
  // was not consumed is given back to the connection's window.
  virtual void on_closed(ErrorCode why, bool by_peer) = 0;

  // ---- what goes; asked inside send() ----
  struct Ready {
    size_t bytes = 0;
    bool last = false;  // nothing follows these
  };
  // How much of the body can be had now. None, and not the last: the session asks no more before
  // resume().
  virtual Ready body_ready() { return {.last = true}; }
  // Appends so many of them to `out`. False: they cannot be had, and the stream is reset.
  virtual bool take_body(size_t bytes, Buffer& out) { return (void)out, bytes == 0; }
  // Asked when the last bytes of a body go.
  virtual std::span<const http::Field> trailers_to_send() { return {}; }

 protected:
  // For a request that came by other means than the session (make_upgraded_session()).
  HeadBlock& received_head() { return head_block_; }
  // Ready for another request. Requires: on_closed() was called, or the session has gone.
  void restart() {
    state_ = State();
    send_node_.unlink();
    head_block_.restart();
    trailer_block_.restart();
  }

 private:
  friend class NativeSession;
  friend class NGHTTP2Session;

  // The length of a body that may have any.
  static constexpr uint64_t kAnyLength = UINT64_MAX;

  // How far our side is.
  enum class Sending : uint8_t {
    kNothing,  // no final head was given
    kQueued,   // its body is in the scheduler
    kWaiting,  // for resume()
    kBlocked,  // by its window
    kEnding,   // the end waits to be sent
    kEnded,
  };

  struct State {
    StreamID id = 0;
    size_t unconsumed = 0;
    bool received_head = false;  // the final one
    bool remote_ended = false;
    bool responded = false;  // the final head was given
    bool silent = false;     // was reset: nothing but on_closed() comes
    bool excused = false;    // its reset is not the peer's fault, or was counted
    bool reset_by_peer = false;
    bool unsent = false;  // a request the peer never saw
    uint8_t interim_heads = 0;
    // Only the native codec's:
    Sending sending = Sending::kNothing;
    bool prioritized = false;  // by PRIORITY_UPDATE, which its head does not change
    bool bodiless = false;     // an answer to HEAD
    bool tunnel = false;       // CONNECT
    Priority priority;
    ErrorCode why = ErrorCode::kNoError;  // it was reset
    uint64_t body_left = kAnyLength;      // of what was declared
    ReceiveWindow receive_window;
    SendWindow send_window;
  };

  State state_;
  SendNode send_node_{*this};
  HeadBlock head_block_;
  HeadBlock trailer_block_;
};

class SessionHandler {
 public:
  // To a server: a request begins, which this stream is to carry. nullptr: REFUSED_STREAM.
  virtual Stream* on_stream() = 0;
  // The peer will open, or answer, no streams above `last`.
  virtual void on_go_away(ErrorCode why, StreamID last) { (void)why, (void)last; }
  // The peer pings, and is answered.
  virtual void on_ping() {}
  // The answer to ping().
  virtual void on_pong() {}
  // The session ends for this. Once.
  virtual void on_abuse(Abuse abuse) { (void)abuse; }

 protected:
  ~SessionHandler() = default;
};

// Whether a body follows a head.
enum class Body : bool { kNone, kFollows };

struct RequestFields {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view protocol;  // extended CONNECT
  std::span<const http::Field> fields;
};

class Session {
 public:
  virtual ~Session() = default;

  // ---- the connection ----
  // All of `input` is taken. `now` empties the flood guard's buckets. Not to be called from inside
  // any event.
  virtual void receive(Buffer input, TimePoint now) = 0;
  // Appends frames until `out` has grown by `max_bytes` or a frame more, or nothing can go now. Not
  // to be called from inside any event.
  virtual void send(Buffer& out, size_t max_bytes) = 0;
  // send() would give something, as far as is known.
  virtual bool wants_send() const = 0;
  // Nothing more will be sent or is to be received: close the connection.
  virtual bool over() const = 0;
  // Streams that are open, refused ones not.
  virtual size_t open_streams() const = 0;
  // The highest the peer opened.
  virtual StreamID last_stream() const = 0;
  // A header block has begun and not ended.
  virtual bool in_head() const = 0;
  // The peer's preface, which its first SETTINGS belong to, has come.
  virtual bool greeted() const = 0;
  // When receive() was called last, or up to a second before.
  virtual TimePoint received_at() const = 0;

  // ---- ending ----
  // Asks the peer to open no more streams, and still takes those on their way (RFC 9113 6.8).
  virtual void announce_go_away() = 0;
  // Streams opened from now on are ignored; over() when the others have ended.
  virtual void go_away(ErrorCode why) = 0;
  // GOAWAY, then over(), whatever is open; streams get on_closed() from send() or never. `debug`:
  // what it says besides, some words.
  virtual void terminate(ErrorCode why, std::string_view debug = {}) = 0;
  virtual void ping() = 0;

  // ---- streams ----
  // Names are sent in lower case; views are used during the call only. For a stream that was
  // closed nothing happens, in all of these.
  virtual void respond(Stream& stream, int status, std::span<const http::Field> fields,
                       Body body) = 0;
  // An interim response (1xx but 101), before respond().
  virtual void inform(Stream& stream, int status, std::span<const http::Field> fields) = 0;
  // A client's. kUnavailable: the connection is going away or out of stream ids;
  // kResourceExhausted: max_peer_streams() are open; kFailedPrecondition: the peer did not announce
  // extended CONNECT. One that was not sent before the peer went away ends with REFUSED_STREAM.
  [[nodiscard]] virtual absl::Status request(Stream& stream, const RequestFields& fields,
                                             Body body) = 0;
  // The streams the peer lets us have open.
  virtual uint32_t max_peer_streams() const = 0;
  // There is more of the body, or its end.
  virtual void resume(Stream& stream) = 0;
  virtual void consume(Stream& stream, size_t bytes) = 0;
  // Nothing of its body can go before the peer widens the stream's window. / The connection's.
  virtual bool window_shut(const Stream& stream) const = 0;
  virtual bool window_shut() const = 0;
  // on_closed() follows, from a later send().
  virtual void reset(Stream& stream, ErrorCode why) = 0;
};

// `handler` and `options` outlive the session.
std::unique_ptr<Session> make_server_session(SessionHandler& handler,
                                             const SessionOptions& options);
std::unique_ptr<Session> make_client_session(SessionHandler& handler,
                                             const SessionOptions& options);
// A server whose first stream came by HTTP/1.1 (RFC 7540 3.2): `settings` is the decoded
// HTTP2-Settings field, `stream` the request, complete, of id 1. Its events are not repeated. An
// error: the settings are malformed.
absl::StatusOr<std::unique_ptr<Session>> make_upgraded_session(SessionHandler& handler,
                                                               const SessionOptions& options,
                                                               std::string_view settings,
                                                               bool is_head, Stream& stream);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_SESSION_H_
