// NGHTTP2Session: the Session that nghttp2 is behind. Private to the room.
//
//   nghttp2_session.cc  the connection: bytes in, how it ends
//   nghttp2_input.cc    what nghttp2 tells of frames that came
//   nghttp2_output.cc   heads, bodies and resets that go
//
// nghttp2 is never told to stop within a call: what comes after a session ended is parsed, and
// nobody hears of it.
//
// Owner, threads, errors, limits and cost: see session.h.
#ifndef TURBO_HTTP2_NGHTTP2_SESSION_H_
#define TURBO_HTTP2_NGHTTP2_SESSION_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <limits>
#include <string_view>

#include "framework/http2/frame_watch.h"
#include "framework/http2/nghttp2_options.h"
#include "framework/http2/session.h"

namespace turbo::http2 {

inline constexpr size_t kFrameHeadBytes = 9;

class NGHTTP2Session final : public Session {
 public:
  NGHTTP2Session(Role role, SessionHandler& handler, const SessionOptions& options);

  // Before anything else.
  absl::Status upgrade(std::string_view settings, bool is_head, Stream& stream);

  void receive(Buffer input, TimePoint now) override;
  void send(Buffer& out, size_t max_bytes) override;
  bool wants_send() const override;
  bool over() const override;
  size_t open_streams() const override { return open_streams_; }
  StreamID last_stream() const override { return last_stream_; }
  bool in_head() const override { return watch_.in_head(); }
  bool greeted() const override { return greeted_; }
  TimePoint received_at() const override { return guard_.time(); }

  void announce_go_away() override;
  void go_away(ErrorCode why) override;
  void terminate(ErrorCode why, std::string_view debug = {}) override;
  void ping() override;

  void respond(Stream& stream, int status, std::span<const http::Field> fields, Body body) override;
  void inform(Stream& stream, int status, std::span<const http::Field> fields) override;
  absl::Status request(Stream& stream, const RequestFields& fields, Body body) override;
  uint32_t max_peer_streams() const override;
  void resume(Stream& stream) override;
  void consume(Stream& stream, size_t bytes) override;
  bool window_shut(const Stream& stream) const override;
  bool window_shut() const override;
  void reset(Stream& stream, ErrorCode why) override;

  // ---- what nghttp2 calls ----
  void on_begin_frame(const nghttp2_frame_hd& frame);
  void on_begin_head(const nghttp2_frame& frame);
  // False: the rest of the head is not to be told.
  bool on_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void on_frame(const nghttp2_frame& frame);
  void on_invalid_frame(const nghttp2_frame& frame, int error);
  void on_body(StreamID id, std::string_view bytes);
  void on_stream_closed(StreamID id, ErrorCode why);
  void on_frame_sent(const nghttp2_frame& frame);
  void on_frame_not_sent(const nghttp2_frame& frame, int error);
  ssize_t plan_body(size_t max_bytes, Stream& stream, uint32_t& flags);
  int send_body(std::string_view frame_head, size_t bytes, Stream& stream);

 private:
  bool is_server() const { return role_ == Role::kServer; }
  Stream* find(StreamID id) const;
  void adopt(StreamID id, Stream& stream);

  // The connection.
  void feed(std::string_view piece);
  void fail(int error);
  void count(Abuse abuse);
  void end_for(Abuse abuse);
  void append_own_go_away(Buffer& out);

  // What comes.
  void begin_request(StreamID id);
  void end_head(const nghttp2_frame& frame, Stream& stream);
  bool admit_head(Stream& stream);
  void end_trailers(Stream& stream);
  void end_remote(Stream& stream, std::span<const http::Field> trailers);
  ErrorCode error_of(const nghttp2_frame_hd& frame);
  bool may_begin(StreamID id);
  void on_peers_reset(const nghttp2_frame& frame);
  void on_ping_answered();
  // Resets the stream for what the peer did.
  void blame(Stream& stream, ErrorCode why, Abuse abuse);

  // What goes.
  void submit_reset(Stream& stream, ErrorCode why);
  bool may_send(const Stream& stream) const {
    return stream.state_.id != 0 && !stream.state_.silent;
  }
  void submit_trailers(Stream& stream, std::span<const http::Field> trailers);

  const Role role_;
  SessionHandler& handler_;
  const SessionOptions& options_;
  FloodGuard guard_;
  FrameWatch watch_;
  NGHTTP2Pointer nghttp2_;
  // What is being received, from the piece nghttp2 has in hand on.
  Buffer input_;
  // Where send() puts it, and how long it may get.
  Buffer* out_ = nullptr;
  size_t out_end_ = 0;
  size_t open_streams_ = 0;
  StreamID last_stream_ = 0;
  // What our GOAWAY says, from when it is queued on.
  StreamID last_admitted_ = std::numeric_limits<StreamID>::max();
  // The highest stream a client sent HEADERS for, and the highest below it.
  StreamID newest_ = 0;
  StreamID newest_but_one_ = 0;
  uint32_t pings_ = 0;  // without answer
  bool greeted_ = false;
  bool windows_changed_ = false;  // by SETTINGS, and what nghttp2 makes of it was not sent yet
  bool head_pending_ = false;     // HEADERS that nghttp2 did not show yet, or ignores
  bool ended_ = false;            // by terminate(), or for what the peer did
  bool broken_ = false;           // nghttp2 gives nothing any more
  bool said_end_ = false;         // and a GOAWAY of our own was sent
  // The stream that was looked for last.
  mutable StreamID found_id_ = 0;
  mutable Stream* found_ = nullptr;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_NGHTTP2_SESSION_H_
