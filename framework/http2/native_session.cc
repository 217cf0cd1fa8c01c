#include "framework/http2/native_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"

namespace turbo::http2 {
namespace {

// Frames that wait for the peer to read what it asked for.
constexpr size_t kMaxWaitingAcks = 1000;
constexpr size_t kMaxWaitingBytes = size_t{1} << 20;

}  // namespace

NativeSession::NativeSession(Role role, SessionHandler& handler, const SessionOptions& options)
    : role_(role),
      handler_(handler),
      options_(options),
      guard_(options.flood),
      encoder_(options.encoder_table_bytes),
      preface_left_(role == Role::kServer ? kPreface.size() : 0) {
  greet();
}

void NativeSession::greet() {
  std::array<Setting, 6> settings;
  size_t count = 0;
  const auto add = [&](SettingID id, uint32_t value) { settings[count++] = {id, value}; };
  if (is_server()) {
    add(SettingID::kMaxConcurrentStreams, options_.max_concurrent_streams);
    if (options_.enable_connect_protocol) add(SettingID::kEnableConnectProtocol, 1);
  } else {
    frames_.preface(kPreface);
    add(SettingID::kEnablePush, 0);
  }
  add(SettingID::kInitialWindowSize, options_.stream_window_bytes);
  add(SettingID::kMaxHeaderListSize, static_cast<uint32_t>(options_.head.max_bytes));
  if (options_.decoder_table_bytes != HPACKDecoder::kDefaultTableBytes) {
    add(SettingID::kHeaderTableSize, options_.decoder_table_bytes);
  }
  add(SettingID::kNoRFC7540Priorities, 1);
  frames_.settings({settings.data(), count});
  window_.aim(options_.connection_window_bytes);
  if (options_.connection_window_bytes > kFirstWindow) {
    frames_.window_update(0, window_.update());
  }
}

absl::Status NativeSession::upgrade(std::string_view settings, bool, Stream& stream) {
  const bool whole = settings.size() % PeerSettings::kEntryBytes == 0;
  if (!whole || apply_settings(settings) != ErrorCode::kNoError) {
    return make_status(absl::StatusCode::kInvalidArgument, "malformed HTTP2-Settings");
  }
  last_stream_ = highest_stream_ = 1;
  adopt(1, stream);
  stream.state_.received_head = true;
  stream.state_.remote_ended = true;
  return absl::OkStatus();
}

// ---- streams ----

Stream* NativeSession::find(StreamID id) {
  if (found_ == nullptr || found_->state_.id != id) found_ = table_.find(id);
  return found_;
}

void NativeSession::adopt(StreamID id, Stream& stream) {
  Stream::State& state = stream.state_ = Stream::State();
  state.id = id;
  state.send_window.start(peer_.initial_window);
  state.receive_window.start(stream_window_);
  table_.open(id, stream);
  found_ = &stream;
  ++open_streams_;
}

void NativeSession::close(Stream& stream, ErrorCode why, bool by_peer) {
  const Stream::State& state = stream.state_;
  window_.consume(state.unconsumed);
  table_.close(state.id, state.silent ? StreamTable::Fate::kReset : StreamTable::Fate::kEnded);
  stream.send_node_.unlink();
  const bool unsent = state.unsent;
  stream.state_ = Stream::State();
  found_ = nullptr;
  --open_streams_;
  if (unsent) --unsent_streams_;
  stream.on_closed(why, by_peer);
}

void NativeSession::close_if_done(Stream& stream) {
  const Stream::State& state = stream.state_;
  if (state.remote_ended && state.sending == Sending::kEnded) {
    close(stream, ErrorCode::kNoError, false);
  }
}

void NativeSession::reset(Stream& stream, ErrorCode why) {
  if (may_send(stream)) submit_reset(stream, why);
}

void NativeSession::submit_reset(Stream& stream, ErrorCode why) {
  Stream::State& state = stream.state_;
  // Both sides have ended, and it is about to be closed.
  if (state.remote_ended && state.sending == Sending::kEnded) return;
  state.silent = true;
  state.why = why;
  stream.send_node_.unlink();
  leaving_.push_back(stream.send_node_);
  const bool ends_anyhow = state.remote_ended && state.sending == Sending::kEnding;
  if (!state.unsent && !ends_anyhow && !ended_) frames_.reset(state.id, why);
}

void NativeSession::blame(Stream& stream, ErrorCode why, Abuse abuse) {
  submit_reset(stream, why);
  count(abuse);
}

bool NativeSession::is_idle(StreamID id) const {
  if (id % 2 == 0) return true;  // nobody pushes
  return id > highest_stream_;
}

// Windows of streams that were reset are nobody's any more: one may be what its stream was reset
// for.
void NativeSession::change_send_windows(int64_t change) {
  bool fits = true;
  table_.for_each_open([&](Stream& stream) {
    Stream::State& state = stream.state_;
    if (state.silent) return;
    fits &= state.send_window.change(change);
    unblock(stream);
  });
  if (!fits) terminate(ErrorCode::kFlowControlError);
}

ErrorCode NativeSession::apply_settings(std::string_view payload) {
  const uint32_t window_before = peer_.initial_window;
  const uint32_t table_before = peer_.header_table_bytes;
  uint32_t smallest_table = table_before;
  for (; !payload.empty(); payload.remove_prefix(PeerSettings::kEntryBytes)) {
    const uint32_t id = read_number(payload.data()) >> 16;
    const uint32_t value = read_number(payload.data() + 2);
    const ErrorCode error = peer_.set(static_cast<SettingID>(id), value, !is_server());
    if (error != ErrorCode::kNoError) return error;
    smallest_table = std::min(smallest_table, peer_.header_table_bytes);
  }
  // Entries stay in the peer's table only as far as it was never smaller (RFC 7541 4.2).
  if (smallest_table < table_before) encoder_.set_peer_limit(smallest_table);
  if (peer_.header_table_bytes != smallest_table) {
    encoder_.set_peer_limit(peer_.header_table_bytes);
  }
  change_send_windows(int64_t{peer_.initial_window} - window_before);
  return ErrorCode::kNoError;
}

// ---- how it ends ----

void NativeSession::count(Abuse abuse) {
  if (!guard_.count(abuse)) end_for(abuse);
}

void NativeSession::end_for(Abuse abuse) {
  if (ended_) return;
  terminate(ErrorCode::kEnhanceYourCalm);
  handler_.on_abuse(abuse);
}

// What the peer makes us say piles up if it does not read.
void NativeSession::limit_replies() {
  if (frames_.acks() > kMaxWaitingAcks || frames_.size() > kMaxWaitingBytes) {
    end_for(Abuse::kUnreadReplies);
  }
}

void NativeSession::terminate(ErrorCode why, std::string_view debug) {
  if (ended_) return;
  ended_ = true;
  frames_.go_away(is_server() ? std::min(last_stream_, last_admitted_) : 0, why, debug);
}

void NativeSession::announce_go_away() {
  // Once; and what a GOAWAY says is never taken back.
  if (!is_server() || ended_ || going_away_ || std::exchange(announced_, true)) return;
  frames_.go_away(kMax31Bits, ErrorCode::kNoError);
}

void NativeSession::go_away(ErrorCode why) {
  if (ended_) return;
  going_away_ = true;
  last_admitted_ = std::min(last_admitted_, is_server() ? last_stream_ : 0);
  frames_.go_away(last_admitted_, why);
}

void NativeSession::ping() {
  if (ended_) return;
  ++pings_;
  frames_.ping();
}

bool NativeSession::wants_send() const {
  if (!frames_.empty()) return true;
  if (ended_) return false;
  return !leaving_.empty() || may_send_request() || window_.update_due() || !scheduler_.empty();
}

bool NativeSession::over() const {
  if (wants_send()) return false;
  return ended_ || (open_streams_ == 0 && (going_away_ || peer_going_away_));
}

void NativeSession::consume(Stream& stream, size_t bytes) {
  Stream::State& state = stream.state_;
  if (state.id == 0) return;
  TURBO_CHECK(bytes <= state.unconsumed, "more was consumed than came");
  state.unconsumed -= bytes;
  give_back(stream, bytes);
}

void NativeSession::give_back(Stream& stream, size_t bytes) {
  Stream::State& state = stream.state_;
  window_.consume(bytes);
  // A stream whose end has come, or comes with the frame in hand, needs no window.
  const bool ends = state.id == data_stream_ && frame_.has(kFlagEndStream);
  if (state.remote_ended || ends || state.silent || ended_) return;
  state.receive_window.consume(bytes);
  if (state.receive_window.update_due()) {
    frames_.window_update(state.id, state.receive_window.update());
  }
}

}  // namespace turbo::http2
