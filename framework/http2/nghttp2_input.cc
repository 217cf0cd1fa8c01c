#include <algorithm>

#include "framework/http2/message_rules.h"
#include "framework/http2/nghttp2_session.h"

namespace turbo::http2 {
namespace {

// A head of so many times the limit is not read to its end.
// A server that has nothing to say but 102 says so every 20 seconds (RFC 2518 10.1).
constexpr uint8_t kMaxInterimHeads = 100;

// Who had a body to send when its stream was reset has more of it in a frame.
constexpr size_t kFewBytes = 256;

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

bool changes_windows(const nghttp2_settings& settings) {
  return std::any_of(settings.iv, settings.iv + settings.niv, [](const auto& entry) {
    return entry.settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
  });
}

}  // namespace

// Heads for streams that are closed, or that came after a GOAWAY, are shown nowhere else.
void NGHTTP2Session::on_begin_frame(const nghttp2_frame_hd& frame) {
  if (ended_) return;
  const ErrorCode error = error_of(frame);
  if (error != ErrorCode::kNoError) return terminate(error);
  if (frame.type == NGHTTP2_DATA && frame.length < kFewBytes && find(frame.stream_id) == nullptr) {
    count(Abuse::kEmptyData);
  }
  if (frame.type != NGHTTP2_HEADERS) return;
  if (head_pending_) count(Abuse::kRefusedStreams);
  head_pending_ = true;
}

// What RFC 9113 forbids and nghttp2 lets pass (6.3: where it ignores priorities).
ErrorCode NGHTTP2Session::error_of(const nghttp2_frame_hd& frame) {
  switch (frame.type) {
    case NGHTTP2_HEADERS:  // 5.1.1
      return may_begin(frame.stream_id) ? ErrorCode::kNoError : ErrorCode::kProtocolError;
    case NGHTTP2_PRIORITY:  // 6.3
      return frame.stream_id != 0 ? ErrorCode::kNoError : ErrorCode::kProtocolError;
    case NGHTTP2_CONTINUATION:  // 4.2
      return frame.length <= nghttp2_session_get_local_settings(nghttp2_.get(),
                                                                NGHTTP2_SETTINGS_MAX_FRAME_SIZE)
                 ? ErrorCode::kNoError
                 : ErrorCode::kFrameSizeError;
    default:
      return ErrorCode::kNoError;
  }
}

// False for a stream that a client left out when it opened its newest. Those it left out earlier
// are not remembered: they count as closed, for which HEADERS may still be on their way.
bool NGHTTP2Session::may_begin(StreamID id) {
  if (!is_server()) return true;
  if (id <= newest_) return id <= newest_but_one_ || id == newest_;
  newest_but_one_ = newest_;
  newest_ = id;
  return true;
}

void NGHTTP2Session::on_begin_head(const nghttp2_frame& frame) {
  head_pending_ = false;
  if (ended_) return;
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    return begin_request(frame.hd.stream_id);
  }
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return;
  if (stream->state_.received_head) return stream->trailer_block_.start(options_.trailers);
  stream->head_block_.start(options_.head);
}

void NGHTTP2Session::begin_request(StreamID id) {
  // nghttp2 ignores it only once the GOAWAY went, and closes it then: the client may try it again.
  if (id > last_admitted_) return;
  last_stream_ = id;
  Stream* stream = handler_.on_stream();
  if (stream == nullptr) {
    (void)nghttp2_submit_rst_stream(nghttp2_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return count(Abuse::kRefusedStreams);
  }
  adopt(id, *stream);
  (void)nghttp2_session_set_stream_user_data(nghttp2_.get(), id, stream);
  found_id_ = id;
  found_ = stream;
  stream->head_block_.start(options_.head);
}

bool NGHTTP2Session::on_field(const nghttp2_frame& frame, std::string_view name,
                              std::string_view value) {
  if (ended_) return false;
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->state_.silent) return false;
  const bool trailer = stream->state_.received_head;
  HeadBlock& block = trailer ? stream->trailer_block_ : stream->head_block_;
  if (block.add(name, value)) return true;
  if (!block.hopeless()) return true;
  blame(*stream, ErrorCode::kEnhanceYourCalm, Abuse::kHeaders);
  return false;
}

void NGHTTP2Session::on_frame(const nghttp2_frame& frame) {
  if (ended_) return;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (Stream* stream = find(frame.hd.stream_id)) end_head(frame, *stream);
      return;
    case NGHTTP2_DATA:
      // Of padding alone; FrameWatch sees those without.
      if (frame.hd.length > 0 && frame.hd.length == frame.data.padlen && !ends_stream(frame)) {
        count(Abuse::kEmptyData);
      }
      if (Stream* stream = find(frame.hd.stream_id); stream != nullptr && ends_stream(frame)) {
        end_remote(*stream, {});
      }
      return;
    case NGHTTP2_RST_STREAM:
      return on_peers_reset(frame);
    case NGHTTP2_SETTINGS:
      greeted_ = true;
      windows_changed_ |= changes_windows(frame.settings);
      return;
    case NGHTTP2_PING:
      return (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 ? on_ping_answered() : handler_.on_ping();
    case NGHTTP2_GOAWAY:
      return handler_.on_go_away(static_cast<ErrorCode>(frame.goaway.error_code),
                                 frame.goaway.last_stream_id);
    default:
      return;
  }
}

void NGHTTP2Session::end_head(const nghttp2_frame& frame, Stream& stream) {
  Stream::State& state = stream.state_;
  if (state.silent) return;
  if (state.received_head) return end_trailers(stream);
  stream.head_block_.finish();
  if (!admit_head(stream)) return;
  state.received_head = is_server() || stream.head().status / 100 != 1;
  state.remote_ended = ends_stream(frame);
  stream.on_head(state.remote_ended);
  if (state.remote_ended) end_remote(stream, {});
}

bool NGHTTP2Session::admit_head(Stream& stream) {
  const Head& head = stream.head();
  if (head.too_large) {
    count(Abuse::kHeaders);
    return !ended_;
  }
  if (!(is_server() ? is_valid_request(head) : is_valid_response(head))) {
    blame(stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
    return false;
  }
  if (head.status / 100 == 1 && ++stream.state_.interim_heads > kMaxInterimHeads) {
    blame(stream, ErrorCode::kEnhanceYourCalm, Abuse::kStreamErrors);
    return false;
  }
  return true;
}

void NGHTTP2Session::end_trailers(Stream& stream) {
  stream.trailer_block_.finish();
  const Head& trailers = stream.trailer_block_.head();
  if (trailers.too_large) return blame(stream, ErrorCode::kEnhanceYourCalm, Abuse::kHeaders);
  if (!are_valid_trailers(trailers.fields)) {
    return blame(stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  }
  end_remote(stream, trailers.fields);
}

void NGHTTP2Session::end_remote(Stream& stream, std::span<const http::Field> trailers) {
  if (ended_ || stream.state_.silent) return;
  stream.state_.remote_ended = true;
  stream.on_end(trailers);
}

void NGHTTP2Session::on_body(StreamID id, std::string_view bytes) {
  Stream* stream = ended_ ? nullptr : find(id);
  if (stream == nullptr || stream->state_.silent) {
    // Nobody will consume it.
    (void)nghttp2_session_consume_connection(nghttp2_.get(), bytes.size());
    return;
  }
  stream->state_.unconsumed += bytes.size();
  const auto offset = static_cast<size_t>(bytes.data() - input_.front().data());
  stream->on_data(input_.share(offset, bytes.size()));
}

// A client's streams end by the requests it made, of which a reset each is no flood.
void NGHTTP2Session::on_peers_reset(const nghttp2_frame& frame) {
  Stream* stream = find(frame.hd.stream_id);
  if (stream != nullptr) stream->state_.reset_by_peer = true;
  if (is_server() || stream == nullptr) count(Abuse::kResets);
}

void NGHTTP2Session::on_ping_answered() {
  if (pings_ == 0) return count(Abuse::kPings);
  --pings_;
  handler_.on_pong();
}

void NGHTTP2Session::on_invalid_frame(const nghttp2_frame& frame, int error) {
  if (frame.hd.type == NGHTTP2_HEADERS && error == NGHTTP2_ERR_REFUSED_STREAM) {
    head_pending_ = false;
    return count(Abuse::kRefusedStreams);
  }
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->state_.excused) return;
  stream->state_.silent = true;
  stream->state_.excused = true;
  count(Abuse::kStreamErrors);
}

void NGHTTP2Session::blame(Stream& stream, ErrorCode why, Abuse abuse) {
  submit_reset(stream, why);
  count(abuse);
}

void NGHTTP2Session::on_stream_closed(StreamID id, ErrorCode why) {
  Stream* stream = find(id);
  found_ = nullptr;
  if (stream == nullptr) return;
  --open_streams_;
  const Stream::State state = stream->state_;
  stream->state_ = Stream::State();
  if (state.unconsumed > 0) {
    (void)nghttp2_session_consume_connection(nghttp2_.get(), state.unconsumed);
  }
  // While bytes come, only the peer's GOAWAY closes what no RST_STREAM did.
  const bool by_peer = state.reset_by_peer || (!input_.empty() && why == ErrorCode::kRefusedStream);
  stream->on_closed(state.unsent ? ErrorCode::kRefusedStream : why, by_peer);
}

}  // namespace turbo::http2
