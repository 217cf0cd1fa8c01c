// NativeSession: the Session whose codec is our own. Private to the room.
//
//   native_session.cc  the connection: how it begins and ends, what its user asks
//   native_input.cc    frames that come
//   native_heads.cc    heads that come: whose they are, and what they mean
//   native_output.cc   heads and bodies that go
//
//   receive() ─► feed() ─► begin_frame() ─┬► end_frame() ─► on_...()     payloads that are whole
//                                         └► take_data() ─► on_data()    DATA, as it comes
//   respond(), reset() ... ─► frames_ ─┐
//                    scheduler_ ─► DATA ┴► send()
//
// A head is encoded when it is given, since HPACK wants them sent in the order they were encoded;
// only a client's requests wait for send(), so that they may be given up. A stream whose end or
// reset is among the frames that wait is in leaving_ until they went.
//
// Owner, threads, errors, limits and cost: see session.h.
#ifndef TURBO_HTTP2_NATIVE_SESSION_H_
#define TURBO_HTTP2_NATIVE_SESSION_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framework/http2/field_rules.h"
#include "framework/http2/flow_window.h"
#include "framework/http2/frame.h"
#include "framework/http2/frame_writer.h"
#include "framework/http2/held_requests.h"
#include "framework/http2/hpack_decoder.h"
#include "framework/http2/hpack_encoder.h"
#include "framework/http2/peer_settings.h"
#include "framework/http2/priority.h"
#include "framework/http2/role.h"
#include "framework/http2/send_scheduler.h"
#include "framework/http2/session.h"
#include "framework/http2/stream_table.h"

namespace turbo::http2 {

class NativeSession final : public Session, private FieldSink {
 public:
  NativeSession(Role role, SessionHandler& handler, const SessionOptions& options);

  // Before anything else.
  absl::Status upgrade(std::string_view settings, bool is_head, Stream& stream);

  void receive(Buffer input, TimePoint now) override;
  void send(Buffer& out, size_t max_bytes) override;
  bool wants_send() const override;
  bool over() const override;
  size_t open_streams() const override { return open_streams_; }
  StreamID last_stream() const override { return last_stream_; }
  bool in_head() const override { return head_.has_value(); }
  bool greeted() const override { return greeted_; }
  TimePoint received_at() const override { return guard_.time(); }

  void announce_go_away() override;
  void go_away(ErrorCode why) override;
  void terminate(ErrorCode why, std::string_view debug = {}) override;
  void ping() override;

  void respond(Stream& stream, int status, std::span<const http::Field> fields, Body body) override;
  void inform(Stream& stream, int status, std::span<const http::Field> fields) override;
  absl::Status request(Stream& stream, const RequestFields& fields, Body body) override;
  uint32_t max_peer_streams() const override { return peer_.max_concurrent_streams; }
  void resume(Stream& stream) override;
  void consume(Stream& stream, size_t bytes) override;
  bool window_shut(const Stream& stream) const override {
    return stream.state_.send_window.left() <= 0;
  }
  bool window_shut() const override { return send_window_.left() <= 0; }
  void reset(Stream& stream, ErrorCode why) override;

 private:
  using Sending = Stream::Sending;

  // A head whose frames are coming.
  struct ComingHead {
    StreamID stream = 0;
    bool ignored = false;  // it is decoded, and nobody hears of it
    bool ends_stream = false;
    uint32_t continuations = 0;
  };

  bool is_server() const { return role_ == Role::kServer; }

  // ---- the connection ----
  void greet();
  Stream* find(StreamID id);
  void adopt(StreamID id, Stream& stream);
  void close(Stream& stream, ErrorCode why, bool by_peer);
  void close_if_done(Stream& stream);
  void count(Abuse abuse);
  void end_for(Abuse abuse);
  void limit_replies();
  // Resets the stream for what the peer did.
  void blame(Stream& stream, ErrorCode why, Abuse abuse);
  void submit_reset(Stream& stream, ErrorCode why);
  bool may_send(const Stream& stream) const {
    return stream.state_.id != 0 && !stream.state_.silent;
  }
  // True: nobody has opened it.
  bool is_idle(StreamID id) const;
  void change_send_windows(int64_t change);
  [[nodiscard]] ErrorCode apply_settings(std::string_view payload);

  // ---- what comes ----
  void feed(std::string_view piece);
  void take_preface(std::string_view& piece);
  bool take_frame_head(std::string_view& piece);
  void take_payload(std::string_view& piece);
  void begin_frame();
  bool admit_frame();
  bool is_in_turn() const;
  void count_frame();
  void end_frame(std::string_view payload);
  void begin_data();
  bool admit_data();
  void count_stray();
  void take_data(std::string_view& piece);
  void take_padding_length(std::string_view& piece);
  void on_body(std::string_view bytes);
  void end_data();
  void discard(size_t bytes) { window_.consume(bytes); }
  void give_back(Stream& stream, size_t bytes);
  bool has_length(uint32_t bytes);
  void on_priority();
  void on_reset(std::string_view payload);
  void on_settings(std::string_view payload);
  void on_settings_ack();
  void on_ping(std::string_view payload);
  void on_go_away(std::string_view payload);
  void on_window_update(std::string_view payload);
  void unblock_streams();
  void unblock(Stream& stream);
  void on_priority_update(std::string_view payload);

  // ---- heads that come ----
  void on_headers(std::string_view payload);
  bool strip(std::string_view& payload);
  bool admit_head(StreamID id);
  bool admit_request(StreamID id);
  bool admit_late_head(StreamID id);
  void ignore_head();
  void refuse(StreamID id);
  void begin_request(StreamID id);
  void add_to_head(std::string_view part);
  void end_head(std::string_view block);
  bool decode_for(Stream& stream, std::string_view block);
  uint8_t on_field(std::string_view name, std::string_view value, uint8_t mark) override;
  void show_head(Stream& stream, bool ends);
  bool admit_fields(Stream& stream, const HeadBlock& block);
  bool is_good_head(Stream& stream, bool ends);
  bool is_good_response(Stream& stream, bool ends);
  void note_priority(Stream& stream);
  void show_trailers(Stream& stream, bool ends);
  void end_remote(Stream& stream, std::span<const http::Field> trailers);

  // ---- what goes ----
  template <class Encode>
  void write_head(StreamID id, bool ends, size_t most_bytes, Encode&& encode);
  bool write_response(StreamID id, int status, std::span<const http::Field> fields, bool ends);
  void hold_request(StreamID id, const RequestFields& fields);
  bool may_send_request() const;
  bool send_request();
  bool write_request(Stream& stream);
  void send_waiting(Buffer& out, size_t end);
  void let_go();
  bool send_data(Buffer& out);
  bool write_data(Stream& stream, size_t bytes, bool ends, Buffer& out);
  void wait_with_body(Stream& stream, Sending how);
  void queue_body(Stream& stream);
  void end_local(Stream& stream);
  void write_trailers(Stream& stream, std::span<const http::Field> trailers);

  const Role role_;
  SessionHandler& handler_;
  const SessionOptions& options_;
  FloodGuard guard_;
  PeerSettings peer_;
  HPACKDecoder decoder_;
  HPACKEncoder encoder_;
  StreamTable table_;
  SendScheduler scheduler_;
  SendList leaving_;
  FrameWriter frames_;
  HeldRequests held_;
  EarlyPriorities early_priorities_;
  ReceiveWindow window_;  // of the connection
  SendWindow send_window_;
  bool blocked_by_it_ = false;             // some streams are
  uint32_t stream_window_ = kFirstWindow;  // as far as the peer acknowledged it

  // What is being received, from the piece in hand on.
  Buffer input_;
  size_t preface_left_;
  FrameHead frame_;
  std::array<char, kFrameHeadSize> frame_head_;
  size_t frame_head_bytes_ = 0;
  bool in_payload_ = false;
  size_t payload_left_ = 0;
  PoolVector<char> payload_;  // one that came in pieces
  // Of DATA: whose it is (0: nobody's), and how much of it is no padding.
  StreamID data_stream_ = 0;
  size_t data_left_ = 0;
  bool padding_unknown_ = false;
  std::optional<ComingHead> head_;
  PoolVector<char> block_;  // of a head that came in several frames
  // Where the fields of the block in hand go; nullptr: nowhere.
  HeadBlock* fields_ = nullptr;
  FieldRules rules_{FieldRules::Message::kRequest};

  size_t open_streams_ = 0;
  size_t unsent_streams_ = 0;    // of them, whose requests are held
  StreamID last_stream_ = 0;     // that the handler was asked for
  StreamID highest_stream_ = 0;  // that was opened, or refused
  uint32_t next_request_ = 1;
  // What our GOAWAY said, and the peer's.
  StreamID last_admitted_ = kMax31Bits;
  StreamID last_answered_ = kMax31Bits;
  uint32_t pings_ = 0;  // without answer
  bool greeted_ = false;
  bool acknowledged_ = false;  // our settings
  bool announced_ = false;     // by announce_go_away()
  bool going_away_ = false;    // no more streams: we said so, or the peer
  bool peer_going_away_ = false;
  bool ended_ = false;  // by terminate(), or for what the peer did
  bool sending_ = false;
  // The stream that was looked for last.
  Stream* found_ = nullptr;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_NATIVE_SESSION_H_
