#include <array>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/http2/nghttp2_callbacks.h"
#include "framework/http2/nghttp2_session.h"

namespace turbo::http2 {
namespace {

// Values worth guessing stay out of the table that others' fields share (RFC 7541 7.1).
bool is_secret(std::string_view name) {
  switch (name.size()) {
    case 10:
      return http::equals_ignore_case(name, "set-cookie");
    case 13:
      return http::equals_ignore_case(name, "authorization");
    default:
      return false;
  }
}

// A head in nghttp2's terms. nghttp2 copies it, names in lower case.
class FieldList {
 public:
  void add(std::string_view name, std::string_view value) {
    const uint8_t flags = is_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    fields_.push_back({pointer(name), pointer(value), name.size(), value.size(), flags});
  }
  void add(std::span<const http::Field> fields) {
    for (const http::Field& field : fields) add(field.name, field.value);
  }
  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  static uint8_t* pointer(std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  }

  absl::InlinedVector<nghttp2_nv, 20> fields_;
};

class StatusText {
 public:
  explicit StatusText(int status)
      : digits_{digit(status / 100), digit(status / 10), digit(status)} {
    TURBO_DCHECK(status >= 100 && status <= 999, "a status has three digits");
  }
  std::string_view view() const { return {digits_.data(), digits_.size()}; }

 private:
  static char digit(int number) { return static_cast<char>('0' + number % 10); }

  std::array<char, 3> digits_;
};

nghttp2_data_provider body_of(Stream& stream) {
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = read_body;
  return provider;
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
         (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

void NGHTTP2Session::respond(Stream& stream, int status, std::span<const http::Field> fields,
                             Body body) {
  if (!may_send(stream) || stream.state_.responded) return;
  stream.state_.responded = true;
  const StatusText text(status);
  FieldList list;
  list.add(":status", text.view());
  list.add(fields);
  const nghttp2_data_provider provider = body_of(stream);
  const int error = nghttp2_submit_response(nghttp2_.get(), stream.id(), list.data(), list.size(),
                                            body == Body::kFollows ? &provider : nullptr);
  if (error != 0) reset(stream, ErrorCode::kInternalError);
}

void NGHTTP2Session::inform(Stream& stream, int status, std::span<const http::Field> fields) {
  if (!may_send(stream) || stream.state_.responded) return;
  const StatusText text(status);
  FieldList list;
  list.add(":status", text.view());
  list.add(fields);
  (void)nghttp2_submit_headers(nghttp2_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr, list.data(),
                               list.size(), nullptr);
}

absl::Status NGHTTP2Session::request(Stream& stream, const RequestFields& fields, Body body) {
  TURBO_CHECK(stream.id() == 0, "the stream carries another request");
  if (ended_ || nghttp2_session_check_request_allowed(nghttp2_.get()) == 0) {
    return make_status(absl::StatusCode::kUnavailable, "the connection is going away");
  }
  if (!fields.protocol.empty() &&
      nghttp2_session_get_remote_settings(nghttp2_.get(),
                                          NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 0) {
    return make_status(absl::StatusCode::kFailedPrecondition, "no extended CONNECT (RFC 8441 3)");
  }
  if (open_streams_ >= max_peer_streams()) {
    return make_status(absl::StatusCode::kResourceExhausted, "no more streams are allowed");
  }
  FieldList list;
  list.add(":method", fields.method);
  if (!fields.scheme.empty()) list.add(":scheme", fields.scheme);
  if (!fields.authority.empty()) list.add(":authority", fields.authority);
  if (!fields.path.empty()) list.add(":path", fields.path);
  if (!fields.protocol.empty()) list.add(":protocol", fields.protocol);
  list.add(fields.fields);
  const nghttp2_data_provider provider = body_of(stream);
  const StreamID id = nghttp2_submit_request(nghttp2_.get(), nullptr, list.data(), list.size(),
                                             body == Body::kFollows ? &provider : nullptr, &stream);
  if (id < 0) return make_status(absl::StatusCode::kUnavailable, nghttp2_strerror(id));
  adopt(id, stream);
  return absl::OkStatus();
}

void NGHTTP2Session::resume(Stream& stream) {
  // An error says that nothing was waiting.
  if (may_send(stream)) (void)nghttp2_session_resume_data(nghttp2_.get(), stream.id());
}

void NGHTTP2Session::consume(Stream& stream, size_t bytes) {
  Stream::State& state = stream.state_;
  if (state.id == 0) return;
  TURBO_CHECK(bytes <= state.unconsumed, "more was consumed than came");
  state.unconsumed -= bytes;
  // A stream whose end has come needs no window.
  if (state.remote_ended || state.silent) {
    (void)nghttp2_session_consume_connection(nghttp2_.get(), bytes);
  } else {
    (void)nghttp2_session_consume(nghttp2_.get(), state.id, bytes);
  }
}

bool NGHTTP2Session::window_shut(const Stream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(nghttp2_.get(), stream.id()) <= 0;
}

bool NGHTTP2Session::window_shut() const {
  return nghttp2_session_get_remote_window_size(nghttp2_.get()) <= 0;
}

void NGHTTP2Session::reset(Stream& stream, ErrorCode why) {
  if (may_send(stream)) submit_reset(stream, why);
}

void NGHTTP2Session::submit_reset(Stream& stream, ErrorCode why) {
  stream.state_.silent = true;
  stream.state_.excused = true;
  (void)nghttp2_submit_rst_stream(nghttp2_.get(), NGHTTP2_FLAG_NONE, stream.id(),
                                  static_cast<uint32_t>(why));
}

ssize_t NGHTTP2Session::plan_body(size_t max_bytes, Stream& stream, uint32_t& flags) {
  const Stream::Ready ready = stream.body_ready();
  if (ready.bytes == 0 && !ready.last) return NGHTTP2_ERR_DEFERRED;
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (ready.bytes > max_bytes) return static_cast<ssize_t>(max_bytes);
  if (ready.last) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    const std::span<const http::Field> trailers = stream.trailers_to_send();
    if (!trailers.empty()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_trailers(stream, trailers);
    }
  }
  return static_cast<ssize_t>(ready.bytes);
}

void NGHTTP2Session::submit_trailers(Stream& stream, std::span<const http::Field> trailers) {
  FieldList list;
  list.add(trailers);
  (void)nghttp2_submit_trailer(nghttp2_.get(), stream.id(), list.data(), list.size());
}

int NGHTTP2Session::send_body(std::string_view frame_head, size_t bytes, Stream& stream) {
  Buffer body;
  if (!stream.take_body(bytes, body) || body.size() != bytes) {
    stream.state_.silent = true;
    stream.state_.excused = true;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  out_->append(frame_head);
  out_->append(std::move(body));
  guard_.data_sent();
  return out_->size() < out_end_ ? 0 : NGHTTP2_ERR_PAUSE;
}

void NGHTTP2Session::on_frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    const auto code = static_cast<ErrorCode>(frame.rst_stream.error_code);
    Stream* stream = find(frame.hd.stream_id);
    // What nghttp2 found by itself and told nobody of.
    if (stream != nullptr && !stream->state_.excused && code != ErrorCode::kRefusedStream) {
      count(Abuse::kStreamErrors);
      // nghttp2 resets the streams whose windows SETTINGS made too large (RFC 9113 6.9.2).
      if (windows_changed_ && code == ErrorCode::kFlowControlError) terminate(code);
    }
    return;
  }
  if (!ends_stream(frame)) return;
  Stream* stream = find(frame.hd.stream_id);
  if (stream != nullptr && !stream->state_.silent) stream->on_sent();
}

// A head beyond what may be sent, or what was overtaken by the end of its stream or session.
void NGHTTP2Session::on_frame_not_sent(const nghttp2_frame& frame, int error) {
  if (frame.hd.type != NGHTTP2_HEADERS) return;
  Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return;
  // nghttp2 closes the stream of a request itself.
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return reset(*stream, ErrorCode::kInternalError);
  stream->state_.unsent =
      error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED || error == NGHTTP2_ERR_SESSION_CLOSING;
}

}  // namespace turbo::http2
