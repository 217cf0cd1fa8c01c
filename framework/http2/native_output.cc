#include <algorithm>
#include <array>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/http2/native_session.h"

namespace turbo::http2 {
namespace {

// A frame that a window cut to fewer calls for no WINDOW_UPDATE of its own.
constexpr size_t kManyBytes = 256;

constexpr size_t kMaxSentHeadBytes = size_t{128} << 10;

size_t most_bytes_of(std::span<const http::Field> fields) {
  size_t bytes = HPACKEncoder::kBeginBytes + HPACKEncoder::kStatusBytes;
  for (const http::Field& field : fields) {
    bytes += HPACKEncoder::field_bytes(field.name, field.value);
  }
  return bytes;
}

}  // namespace

// ---- heads ----

// `encode` writes the fields behind what it is given, and answers where they end.
template <class Encode>
void NativeSession::write_head(StreamID id, bool ends, size_t most_bytes, Encode&& encode) {
  if (most_bytes <= kMaxFramePayload) [[likely]] {
    char* const begin = frames_.begin_head(most_bytes);
    return frames_.end_head(id, ends, encode(encoder_.begin(begin)));
  }
  PoolVector<char> block(most_bytes);
  const char* const end = encode(encoder_.begin(block.data()));
  frames_.large_head(id, ends, {block.data(), static_cast<size_t>(end - block.data())});
}

// False: the head is too large.
bool NativeSession::write_response(StreamID id, int status, std::span<const http::Field> fields,
                                   bool ends) {
  TURBO_DCHECK(status >= 100 && status <= 999, "a status has three digits");
  const size_t most_bytes = most_bytes_of(fields);
  if (most_bytes > kMaxSentHeadBytes) return false;
  write_head(id, ends, most_bytes, [&](char* out) {
    out = encoder_.status(status, out);
    for (const http::Field& field : fields) out = encoder_.field(field.name, field.value, out);
    return out;
  });
  return true;
}

void NativeSession::respond(Stream& stream, int status, std::span<const http::Field> fields,
                            Body body) {
  Stream::State& state = stream.state_;
  if (!may_send(stream) || state.responded || ended_) return;
  state.responded = true;
  const bool ends = body == Body::kNone;
  if (!write_response(state.id, status, fields, ends)) {
    return submit_reset(stream, ErrorCode::kInternalError);
  }
  ends ? end_local(stream) : queue_body(stream);
}

void NativeSession::inform(Stream& stream, int status, std::span<const http::Field> fields) {
  if (!may_send(stream) || stream.state_.responded || ended_) return;
  if (!write_response(stream.id(), status, fields, false)) {
    submit_reset(stream, ErrorCode::kInternalError);
  }
}

absl::Status NativeSession::request(Stream& stream, const RequestFields& fields, Body body) {
  TURBO_CHECK(stream.id() == 0, "the stream carries another request");
  if (ended_ || going_away_ || peer_going_away_ || is_server() || next_request_ > kMax31Bits) {
    return make_status(absl::StatusCode::kUnavailable, "the connection is going away");
  }
  if (!fields.protocol.empty() && !peer_.connect_protocol) {
    return make_status(absl::StatusCode::kFailedPrecondition, "no extended CONNECT (RFC 8441 3)");
  }
  if (open_streams_ >= max_peer_streams()) {
    return make_status(absl::StatusCode::kResourceExhausted, "no more streams are allowed");
  }
  const auto id = static_cast<StreamID>(next_request_);
  next_request_ += 2;
  adopt(id, stream);
  Stream::State& state = stream.state_;
  state.unsent = true;
  ++unsent_streams_;
  state.bodiless = fields.method == "HEAD";
  state.tunnel = fields.method == "CONNECT";
  if (body == Body::kFollows) state.sending = Sending::kWaiting;
  hold_request(id, fields);
  return absl::OkStatus();
}

void NativeSession::hold_request(StreamID id, const RequestFields& fields) {
  held_.add(id, [&fields](auto visit) {
    visit(std::string_view(":method"), fields.method);
    if (!fields.scheme.empty()) visit(std::string_view(":scheme"), fields.scheme);
    if (!fields.authority.empty()) visit(std::string_view(":authority"), fields.authority);
    if (!fields.path.empty()) visit(std::string_view(":path"), fields.path);
    if (!fields.protocol.empty()) visit(std::string_view(":protocol"), fields.protocol);
    for (const http::Field& field : fields.fields) visit(field.name, field.value);
  });
}

// One that was held until it heard of the limit of streams waits for its turn.
bool NativeSession::may_send_request() const {
  if (held_.empty()) return false;
  return peer_going_away_ || open_streams_ - unsent_streams_ < max_peer_streams();
}

bool NativeSession::send_request() {
  if (!may_send_request()) return false;
  Stream* const stream = find(held_.next_stream());
  const bool wanted = stream != nullptr && !stream->state_.silent;
  const bool sent = wanted && !peer_going_away_ && write_request(*stream);
  held_.drop_next();
  if (!wanted || sent) return true;
  close(*stream, peer_going_away_ ? ErrorCode::kRefusedStream : ErrorCode::kInternalError, false);
  return true;
}

// False: the head is too large.
bool NativeSession::write_request(Stream& stream) {
  size_t most_bytes = HPACKEncoder::kBeginBytes;
  held_.visit_next([&](std::string_view name, std::string_view value) {
    most_bytes += HPACKEncoder::field_bytes(name, value);
  });
  if (most_bytes > kMaxSentHeadBytes) return false;
  Stream::State& state = stream.state_;
  const bool ends = state.sending == Sending::kNothing;
  write_head(state.id, ends, most_bytes, [&](char* out) {
    held_.visit_next([&](std::string_view name, std::string_view value) {
      out = encoder_.field(name, value, out);
    });
    return out;
  });
  highest_stream_ = state.id;
  state.unsent = false;
  --unsent_streams_;
  ends ? end_local(stream) : queue_body(stream);
  return true;
}

void NativeSession::write_trailers(Stream& stream, std::span<const http::Field> trailers) {
  const size_t most_bytes = most_bytes_of(trailers);
  if (most_bytes > kMaxSentHeadBytes) return submit_reset(stream, ErrorCode::kInternalError);
  write_head(stream.id(), true, most_bytes, [&](char* out) {
    for (const http::Field& field : trailers) out = encoder_.field(field.name, field.value, out);
    return out;
  });
  end_local(stream);
}

// ---- bodies ----

void NativeSession::queue_body(Stream& stream) {
  stream.state_.sending = Sending::kQueued;
  scheduler_.add(stream.send_node_, stream.state_.priority);
}

void NativeSession::wait_with_body(Stream& stream, Sending how) {
  stream.send_node_.unlink();
  stream.state_.sending = how;
}

void NativeSession::end_local(Stream& stream) {
  stream.send_node_.unlink();
  stream.state_.sending = Sending::kEnding;
  leaving_.push_back(stream.send_node_);
}

void NativeSession::resume(Stream& stream) {
  const Stream::State& state = stream.state_;
  if (may_send(stream) && !state.unsent && state.sending == Sending::kWaiting) queue_body(stream);
}

void NativeSession::send(Buffer& out, size_t max_bytes) {
  TURBO_CHECK(!sending_, "send() was called from inside of send()");
  sending_ = true;
  send_waiting(out, out.size() + max_bytes);
  sending_ = false;
}

void NativeSession::send_waiting(Buffer& out, size_t end) {
  for (;;) {
    if (!ended_ && window_.update_due()) frames_.window_update(0, window_.update());
    if (!frames_.empty()) {
      if (out.size() >= end) return;
      frames_.move_to(out, end);
    } else if (ended_) {
      return;
    } else if (!leaving_.empty()) {
      let_go();
    } else if (out.size() >= end || !(send_request() || send_data(out))) {
      return;
    }
  }
}

// The first of the streams whose last frame went.
void NativeSession::let_go() {
  Stream& stream = leaving_.pop_front().stream();
  Stream::State& state = stream.state_;
  if (state.silent) return close(stream, state.why, false);
  state.sending = Sending::kEnded;
  stream.on_sent();
  if (!ended_ && !state.silent) close_if_done(stream);
}

// A frame of the stream whose turn it is. False: none can go.
bool NativeSession::send_data(Buffer& out) {
  SendNode* const node = scheduler_.next();
  if (node == nullptr) return false;
  Stream& stream = node->stream();
  Stream::State& state = stream.state_;
  const Stream::Ready ready = stream.body_ready();
  if (ended_ || state.sending != Sending::kQueued || state.silent) return true;
  const int64_t room =
      std::min<int64_t>({send_window_.left(), state.send_window.left(), int64_t{kMaxFramePayload}});
  const size_t bytes = std::min(ready.bytes, static_cast<size_t>(std::max<int64_t>(room, 0)));
  const bool ends = ready.last && bytes == ready.bytes;
  if (bytes == 0 && !ends) {
    wait_with_body(stream, ready.bytes == 0 ? Sending::kWaiting : Sending::kBlocked);
    blocked_by_it_ |= send_window_.left() <= 0;
    return true;
  }
  std::span<const http::Field> trailers;
  if (ends) trailers = stream.trailers_to_send();
  const bool is_frame = bytes > 0 || trailers.empty();
  if (is_frame && !write_data(stream, bytes, ends && trailers.empty(), out)) return true;
  if (bytes == ready.bytes || bytes >= kManyBytes) guard_.data_sent();
  if (ended_ || state.silent) return true;
  if (!trailers.empty()) {
    write_trailers(stream, trailers);
  } else if (ends) {
    end_local(stream);
  } else if (state.priority.incremental) {
    stream.send_node_.unlink();
    queue_body(stream);
  }
  return true;
}

// False: its bytes cannot be had.
bool NativeSession::write_data(Stream& stream, size_t bytes, bool ends, Buffer& out) {
  const size_t before = out.size();
  std::array<char, kFrameHeadSize> head;
  write_frame_head(head.data(), {.length = static_cast<uint32_t>(bytes),
                                 .type = FrameType::kData,
                                 .flags = ends ? kFlagEndStream : uint8_t{0},
                                 .stream = stream.id()});
  out.append({head.data(), head.size()});
  if (!stream.take_body(bytes, out) || out.size() != before + head.size() + bytes) {
    out = out.split(before);
    if (may_send(stream)) submit_reset(stream, ErrorCode::kInternalError);
    return false;
  }
  send_window_.send(bytes);
  stream.state_.send_window.send(bytes);
  return true;
}

}  // namespace turbo::http2
