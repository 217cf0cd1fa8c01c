#include "framework/http2/nghttp2_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"

namespace turbo::http2 {
namespace {

ErrorCode code_of(int error) {
  switch (error) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return ErrorCode::kProtocolError;
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return ErrorCode::kEnhanceYourCalm;
    default:
      return ErrorCode::kInternalError;
  }
}

}  // namespace

NGHTTP2Session::NGHTTP2Session(Role role, SessionHandler& handler, const SessionOptions& options)
    : role_(role),
      handler_(handler),
      options_(options),
      guard_(options.flood),
      watch_(guard_, role == Role::kServer ? kPreface.size() : 0),
      nghttp2_(make_nghttp2(role, options, this)) {
  greet(nghttp2_.get(), role, options);
}

absl::Status NGHTTP2Session::upgrade(std::string_view settings, bool is_head, Stream& stream) {
  const int error =
      nghttp2_session_upgrade2(nghttp2_.get(), reinterpret_cast<const uint8_t*>(settings.data()),
                               settings.size(), is_head ? 1 : 0, &stream);
  if (error != 0) {
    return make_status(absl::StatusCode::kInvalidArgument, nghttp2_strerror(error));
  }
  (void)nghttp2_session_set_stream_user_data(nghttp2_.get(), 1, &stream);
  adopt(1, stream);
  last_stream_ = newest_ = 1;
  greeted_ = false;  // nghttp2 tells of these settings as of a frame
  stream.state_.received_head = true;
  stream.state_.remote_ended = true;
  return absl::OkStatus();
}

Stream* NGHTTP2Session::find(StreamID id) const {
  if (id != found_id_ || found_ == nullptr) {
    found_ = static_cast<Stream*>(nghttp2_session_get_stream_user_data(nghttp2_.get(), id));
    found_id_ = id;
  }
  return found_;
}

void NGHTTP2Session::adopt(StreamID id, Stream& stream) {
  stream.state_ = Stream::State();
  stream.state_.id = id;
  ++open_streams_;
}

void NGHTTP2Session::receive(Buffer input, TimePoint now) {
  guard_.set_time(now);
  input_ = std::move(input);
  while (!input_.empty() && !ended_) {
    const std::string_view piece = input_.front();
    feed(piece);
    input_.drain(piece.size());
  }
  input_.clear();
}

void NGHTTP2Session::feed(std::string_view piece) {
  const size_t admitted = watch_.watch(piece);
  const ssize_t taken = nghttp2_session_mem_recv(
      nghttp2_.get(), reinterpret_cast<const uint8_t*>(piece.data()), admitted);
  if (taken < 0) fail(static_cast<int>(taken));
  if (watch_.abuse().has_value()) end_for(*watch_.abuse());
}

void NGHTTP2Session::fail(int error) {
  if (error == NGHTTP2_ERR_FLOODED) return end_for(Abuse::kUnreadReplies);
  if (error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return end_for(Abuse::kHeaders);
  terminate(code_of(error));
}

void NGHTTP2Session::count(Abuse abuse) {
  if (!guard_.count(abuse)) end_for(abuse);
}

void NGHTTP2Session::end_for(Abuse abuse) {
  if (ended_) return;
  terminate(ErrorCode::kEnhanceYourCalm);
  handler_.on_abuse(abuse);
}

void NGHTTP2Session::send(Buffer& out, size_t max_bytes) {
  TURBO_CHECK(out_ == nullptr, "send() was called from inside of send()");
  out_ = &out;
  out_end_ = out.size() + max_bytes;
  while (out.size() < out_end_ && nghttp2_session_want_write(nghttp2_.get()) != 0 && !broken_) {
    const uint8_t* bytes = nullptr;
    const size_t before = out.size();
    const ssize_t count = nghttp2_session_mem_send(nghttp2_.get(), &bytes);
    broken_ = count < 0;
    if (count > 0) out.append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(count)});
    if (out.size() == before) break;
  }
  out_ = nullptr;
  windows_changed_ &= wants_send();
  if (broken_ && !said_end_) append_own_go_away(out);
}

bool NGHTTP2Session::wants_send() const {
  return broken_ ? !said_end_ : nghttp2_session_want_write(nghttp2_.get()) != 0;
}

bool NGHTTP2Session::over() const {
  return !wants_send() && (broken_ || nghttp2_session_want_read(nghttp2_.get()) == 0);
}

// What nghttp2 would say if it could.
void NGHTTP2Session::append_own_go_away(Buffer& out) {
  const auto last = static_cast<uint32_t>(is_server() ? last_stream_ : 0);
  const auto byte = [](uint32_t value, int shift) { return static_cast<char>(value >> shift); };
  const std::array<char, 17> frame = {0,
                                      0,
                                      8,
                                      NGHTTP2_GOAWAY,
                                      0,
                                      0,
                                      0,
                                      0,
                                      0,
                                      byte(last, 24),
                                      byte(last, 16),
                                      byte(last, 8),
                                      byte(last, 0),
                                      0,
                                      0,
                                      0,
                                      static_cast<char>(ErrorCode::kInternalError)};
  out.append({frame.data(), frame.size()});
  said_end_ = true;
  ended_ = true;
}

void NGHTTP2Session::announce_go_away() {
  if (is_server()) (void)nghttp2_submit_shutdown_notice(nghttp2_.get());
}

void NGHTTP2Session::go_away(ErrorCode why) {
  const StreamID last = nghttp2_session_get_last_proc_stream_id(nghttp2_.get());
  last_admitted_ = std::min(last_admitted_, last);
  (void)nghttp2_submit_goaway(nghttp2_.get(), NGHTTP2_FLAG_NONE, last_admitted_,
                              static_cast<uint32_t>(why), nullptr, 0);
}

void NGHTTP2Session::terminate(ErrorCode why, std::string_view debug) {
  if (ended_) return;
  ended_ = true;
  // The one that ends the session cannot have it.
  if (!debug.empty()) {
    const StreamID last = nghttp2_session_get_last_proc_stream_id(nghttp2_.get());
    (void)nghttp2_submit_goaway(nghttp2_.get(), NGHTTP2_FLAG_NONE, std::min(last, last_admitted_),
                                static_cast<uint32_t>(why),
                                reinterpret_cast<const uint8_t*>(debug.data()), debug.size());
  }
  broken_ = nghttp2_session_terminate_session(nghttp2_.get(), static_cast<uint32_t>(why)) != 0;
}

void NGHTTP2Session::ping() {
  if (nghttp2_submit_ping(nghttp2_.get(), NGHTTP2_FLAG_NONE, nullptr) == 0) ++pings_;
}

uint32_t NGHTTP2Session::max_peer_streams() const {
  return nghttp2_session_get_remote_settings(nghttp2_.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace turbo::http2
