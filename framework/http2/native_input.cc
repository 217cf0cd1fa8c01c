#include <algorithm>
#include <utility>

#include "framework/http2/native_session.h"

namespace turbo::http2 {
namespace {

constexpr uint32_t kMaxContinuations = 8;
constexpr size_t kFewBytes = 256;
constexpr size_t kKeptBytes = 4096;

}  // namespace

void NativeSession::receive(Buffer input, TimePoint now) {
  guard_.set_time(now);
  input_ = std::move(input);
  while (!input_.empty() && !ended_) {
    const std::string_view piece = input_.front();
    feed(piece);
    input_.drain(piece.size());
  }
  input_.clear();
}

void NativeSession::feed(std::string_view piece) {
  while (!piece.empty() && !ended_) {
    if (in_payload_) {
      take_payload(piece);
    } else if (preface_left_ > 0) {
      take_preface(piece);
    } else if (take_frame_head(piece)) {
      begin_frame();
    }
  }
}

void NativeSession::take_preface(std::string_view& piece) {
  const std::string_view wanted =
      kPreface.substr(kPreface.size() - preface_left_).substr(0, piece.size());
  if (!piece.starts_with(wanted)) return terminate(ErrorCode::kProtocolError);
  preface_left_ -= wanted.size();
  piece.remove_prefix(wanted.size());
}

// False: it has not all come.
bool NativeSession::take_frame_head(std::string_view& piece) {
  if (frame_head_bytes_ == 0 && piece.size() >= kFrameHeadSize) [[likely]] {
    frame_ = read_frame_head(piece.data());
    piece.remove_prefix(kFrameHeadSize);
    return true;
  }
  const size_t part = std::min(kFrameHeadSize - frame_head_bytes_, piece.size());
  std::copy_n(piece.data(), part, frame_head_.data() + frame_head_bytes_);
  frame_head_bytes_ += part;
  piece.remove_prefix(part);
  if (frame_head_bytes_ < kFrameHeadSize) return false;
  frame_head_bytes_ = 0;
  frame_ = read_frame_head(frame_head_.data());
  return true;
}

void NativeSession::begin_frame() {
  if (!admit_frame()) return;
  payload_left_ = frame_.length;
  if (frame_.type == FrameType::kData) {
    begin_data();
    if (payload_left_ == 0 && !ended_) end_data();
  } else if (frame_.type == FrameType::kHeaders) {
    head_ = {.stream = frame_.stream, .ends_stream = frame_.has(kFlagEndStream)};
  }
  in_payload_ = payload_left_ > 0;
  if (!in_payload_ && frame_.type != FrameType::kData) end_frame({});
}

void NativeSession::take_payload(std::string_view& piece) {
  if (frame_.type == FrameType::kData) {
    take_data(piece);
    return;
  }
  const std::string_view part = piece.substr(0, payload_left_);
  piece.remove_prefix(part.size());
  payload_left_ -= part.size();
  in_payload_ = payload_left_ > 0;
  if (part.size() == frame_.length) return end_frame(part);
  append(part, payload_);
  if (in_payload_) return;
  end_frame({payload_.data(), payload_.size()});
  payload_.clear();
  if (payload_.capacity() > kKeptBytes) PoolVector<char>().swap(payload_);
}

// By its head alone.
bool NativeSession::admit_frame() {
  if (frame_.length > kMaxFramePayload) {
    terminate(ErrorCode::kFrameSizeError);
  } else if (!is_in_turn()) {
    terminate(ErrorCode::kProtocolError);
  } else {
    count_frame();
  }
  return !ended_;
}

// Nothing comes between the frames of a head, nothing before SETTINGS, and nobody pushes.
bool NativeSession::is_in_turn() const {
  const FrameType type = frame_.type;
  if (head_.has_value()) return type == FrameType::kContinuation && frame_.stream == head_->stream;
  if (!greeted_) return type == FrameType::kSettings && !frame_.has(kFlagAck);
  return type != FrameType::kContinuation && type != FrameType::kPushPromise;
}

// What floods are made of, as far as the head tells.
void NativeSession::count_frame() {
  switch (frame_.type) {
    case FrameType::kHeaders:
    case FrameType::kReset:        // counted by who reset what
    case FrameType::kPushPromise:  // never in turn
      return;
    case FrameType::kData:
      if (frame_.length == 0 && !frame_.has(kFlagEndStream)) count(Abuse::kEmptyData);
      return;
    case FrameType::kContinuation:
      if (++head_->continuations > kMaxContinuations) end_for(Abuse::kHeaders);
      return;
    case FrameType::kSettings:
      if (frame_.length > PeerSettings::kMostEntries * PeerSettings::kEntryBytes) {
        end_for(Abuse::kSettings);
      }
      if (!frame_.has(kFlagAck)) count(Abuse::kSettings);
      return;
    case FrameType::kPing:
      if (!frame_.has(kFlagAck)) count(Abuse::kPings);
      return;
    case FrameType::kPriority:
    case FrameType::kPriorityUpdate:
      return count(Abuse::kPriorities);
    case FrameType::kWindowUpdate:
      return count(Abuse::kWindowUpdates);
    case FrameType::kGoAway:
    default:
      return count(Abuse::kUnknownFrames);
  }
}

void NativeSession::end_frame(std::string_view payload) {
  switch (frame_.type) {
    case FrameType::kHeaders:
      return on_headers(payload);
    case FrameType::kContinuation:
      return add_to_head(payload);
    case FrameType::kPriority:
      return on_priority();
    case FrameType::kReset:
      return on_reset(payload);
    case FrameType::kSettings:
      return frame_.has(kFlagAck) ? on_settings_ack() : on_settings(payload);
    case FrameType::kPing:
      return on_ping(payload);
    case FrameType::kGoAway:
      return on_go_away(payload);
    case FrameType::kWindowUpdate:
      return on_window_update(payload);
    case FrameType::kPriorityUpdate:
      return on_priority_update(payload);
    default:
      return;
  }
}

// Frames of another length than this have no meaning.
bool NativeSession::has_length(uint32_t bytes) {
  if (frame_.length == bytes) return true;
  terminate(ErrorCode::kFrameSizeError);
  return false;
}

// ---- DATA ----

void NativeSession::begin_data() {
  data_stream_ = 0;
  data_left_ = frame_.length;
  padding_unknown_ = frame_.has(kFlagPadded);
  if (is_idle(frame_.stream)) return terminate(ErrorCode::kProtocolError);
  if (padding_unknown_ && frame_.length == 0) return terminate(ErrorCode::kFrameSizeError);
  if (!window_.receive(frame_.length)) return terminate(ErrorCode::kFlowControlError);
  if (admit_data()) data_stream_ = frame_.stream;
}

// False: nobody hears of it.
bool NativeSession::admit_data() {
  Stream* const stream = find(frame_.stream);
  if (stream == nullptr) {
    const bool late = frame_.stream > last_admitted_ ||
                      table_.fate_of(frame_.stream) == StreamTable::Fate::kReset;
    late ? count_stray() : terminate(ErrorCode::kStreamClosed);
    return false;
  }
  Stream::State& state = stream->state_;
  if (state.silent) {
    count_stray();
    return false;
  }
  if (state.remote_ended) {
    terminate(ErrorCode::kStreamClosed);
    return false;
  }
  if (!state.received_head) {
    blame(*stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
    return false;
  }
  if (!state.receive_window.receive(frame_.length)) {
    blame(*stream, ErrorCode::kFlowControlError, Abuse::kStreamErrors);
    return false;
  }
  return true;
}

// Who had a body to send when its stream was reset has more of it in a frame.
void NativeSession::count_stray() {
  if (frame_.length < kFewBytes) count(Abuse::kEmptyData);
}

void NativeSession::take_data(std::string_view& piece) {
  if (padding_unknown_) take_padding_length(piece);
  const std::string_view body = piece.substr(0, data_left_);
  piece.remove_prefix(body.size());
  data_left_ -= body.size();
  payload_left_ -= body.size();
  if (!body.empty() && !ended_) on_body(body);
  const size_t padding = data_left_ > 0 ? 0 : std::min(payload_left_, piece.size());
  piece.remove_prefix(padding);
  payload_left_ -= padding;
  in_payload_ = payload_left_ > 0;
  if (!in_payload_ && !ended_) end_data();
}

// Padding and its length are given back at once.
void NativeSession::take_padding_length(std::string_view& piece) {
  const auto padding = static_cast<uint8_t>(piece.front());
  piece.remove_prefix(1);
  --payload_left_;
  padding_unknown_ = false;
  data_left_ = 0;
  if (padding > payload_left_) return terminate(ErrorCode::kProtocolError);
  data_left_ = payload_left_ - padding;
  Stream* const stream = data_stream_ == 0 ? nullptr : find(data_stream_);
  stream == nullptr ? discard(padding + size_t{1}) : give_back(*stream, padding + size_t{1});
  if (data_left_ == 0 && !frame_.has(kFlagEndStream)) count(Abuse::kEmptyData);
}

void NativeSession::on_body(std::string_view bytes) {
  Stream* const stream = data_stream_ == 0 ? nullptr : find(data_stream_);
  if (stream == nullptr || stream->state_.silent) return discard(bytes.size());
  Stream::State& state = stream->state_;
  if (bytes.size() > state.body_left) {
    discard(bytes.size());
    return blame(*stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  }
  if (state.body_left != Stream::kAnyLength) state.body_left -= bytes.size();
  state.unconsumed += bytes.size();
  const auto offset = static_cast<size_t>(bytes.data() - input_.front().data());
  stream->on_data(input_.share(offset, bytes.size()));
}

void NativeSession::end_data() {
  const StreamID id = std::exchange(data_stream_, 0);
  if (!frame_.has(kFlagEndStream) || id == 0) return;
  Stream* const stream = find(id);
  if (stream == nullptr) return;
  Stream::State& state = stream->state_;
  if (state.silent) {
    state.remote_ended = true;
  } else if (state.body_left != 0 && state.body_left != Stream::kAnyLength) {
    blame(*stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  } else {
    end_remote(*stream, {});
  }
}

// ---- the other frames ----

// The scheme of RFC 7540 is not followed.
void NativeSession::on_priority() {
  if (frame_.stream == 0) return terminate(ErrorCode::kProtocolError);
  if (frame_.length == 5) return;
  Stream* const stream = find(frame_.stream);
  if (stream == nullptr) return terminate(ErrorCode::kFrameSizeError);
  if (!stream->state_.silent) blame(*stream, ErrorCode::kFrameSizeError, Abuse::kStreamErrors);
}

// A client's streams end by the requests it made, of which a reset each is no flood.
void NativeSession::on_reset(std::string_view payload) {
  if (!has_length(4)) return;
  if (is_idle(frame_.stream)) return terminate(ErrorCode::kProtocolError);
  Stream* const stream = find(frame_.stream);
  if (is_server() || stream == nullptr) count(Abuse::kResets);
  if (ended_) return;
  limit_replies();
  if (stream != nullptr && !ended_) {
    close(*stream, static_cast<ErrorCode>(read_number(payload.data())), true);
  }
}

void NativeSession::on_settings(std::string_view payload) {
  if (payload.size() % PeerSettings::kEntryBytes != 0) {
    return terminate(ErrorCode::kFrameSizeError);
  }
  if (frame_.stream != 0) return terminate(ErrorCode::kProtocolError);
  const ErrorCode error = apply_settings(payload);
  if (error != ErrorCode::kNoError) return terminate(error);
  // What the first SETTINGS do not say is said for good (RFC 9218 2.1).
  if (!peer_.no_rfc7540_priorities.has_value()) peer_.no_rfc7540_priorities = false;
  greeted_ = true;
  if (ended_) return;
  frames_.settings_ack();
  limit_replies();
}

void NativeSession::on_settings_ack() {
  if (!has_length(0)) return;
  if (frame_.stream != 0) return terminate(ErrorCode::kProtocolError);
  // We send them once.
  if (std::exchange(acknowledged_, true)) return terminate(ErrorCode::kProtocolError);
  const int64_t change = int64_t{options_.stream_window_bytes} - stream_window_;
  stream_window_ = options_.stream_window_bytes;
  // One that was made small may leave the peer nothing to send, so it hears what was consumed.
  table_.for_each_open([this, change](Stream& stream) {
    stream.state_.receive_window.shift(change);
    give_back(stream, 0);
  });
  decoder_.set_limit(options_.decoder_table_bytes);
}

void NativeSession::on_ping(std::string_view payload) {
  if (!has_length(8)) return;
  if (frame_.stream != 0) return terminate(ErrorCode::kProtocolError);
  if (!frame_.has(kFlagAck)) {
    frames_.ping_ack(payload);
    handler_.on_ping();
    return limit_replies();
  }
  if (pings_ == 0) return count(Abuse::kPings);
  --pings_;
  handler_.on_pong();
}

void NativeSession::on_go_away(std::string_view payload) {
  if (payload.size() < 8) return terminate(ErrorCode::kFrameSizeError);
  if (frame_.stream != 0) return terminate(ErrorCode::kProtocolError);
  const auto last = static_cast<StreamID>(read_number(payload.data()) & kMax31Bits);
  if (last > last_answered_) return terminate(ErrorCode::kProtocolError);
  last_answered_ = last;
  peer_going_away_ = true;
  handler_.on_go_away(static_cast<ErrorCode>(read_number(payload.data() + 4)), last);
  if (is_server()) return;
  PoolVector<Stream*> refused;
  table_.for_each_open([&](Stream& stream) {
    if (stream.state_.id > last && !stream.state_.unsent) refused.push_back(&stream);
  });
  for (Stream* stream : refused) close(*stream, ErrorCode::kRefusedStream, true);
}

void NativeSession::on_window_update(std::string_view payload) {
  if (!has_length(4)) return;
  const uint32_t bytes = read_number(payload.data()) & kMax31Bits;
  if (frame_.stream == 0) {
    if (bytes == 0) return terminate(ErrorCode::kProtocolError);
    if (!send_window_.change(bytes)) return terminate(ErrorCode::kFlowControlError);
    return unblock_streams();
  }
  if (is_idle(frame_.stream)) return terminate(ErrorCode::kProtocolError);
  Stream* const stream = find(frame_.stream);
  if (stream == nullptr || stream->state_.silent) return;
  if (bytes == 0) return blame(*stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  Stream::State& state = stream->state_;
  if (!state.send_window.change(bytes)) {
    return blame(*stream, ErrorCode::kFlowControlError, Abuse::kStreamErrors);
  }
  unblock(*stream);
}

void NativeSession::unblock_streams() {
  if (send_window_.left() <= 0 || !std::exchange(blocked_by_it_, false)) return;
  table_.for_each_open([this](Stream& stream) { unblock(stream); });
}

// If its own window is open. One that was reset waits for that to be sent.
void NativeSession::unblock(Stream& stream) {
  const Stream::State& state = stream.state_;
  if (state.sending != Sending::kBlocked || state.silent) return;
  if (state.send_window.left() > 0) queue_body(stream);
}

void NativeSession::on_priority_update(std::string_view payload) {
  if (!is_server()) return terminate(ErrorCode::kProtocolError);
  if (payload.size() < 4) return terminate(ErrorCode::kFrameSizeError);
  if (frame_.stream != 0) return terminate(ErrorCode::kProtocolError);
  const auto id = static_cast<StreamID>(read_number(payload.data()) & kMax31Bits);
  if (id % 2 == 0) return terminate(ErrorCode::kProtocolError);
  const Priority priority = parse_priority(payload.substr(4));
  Stream* const stream = find(id);
  if (stream == nullptr) {
    if (is_idle(id) && id <= last_admitted_) early_priorities_.add(id, priority);
    return;
  }
  Stream::State& state = stream->state_;
  state.priority = priority;
  state.prioritized = true;
  if (state.sending != Sending::kQueued || state.silent) return;
  stream->send_node_.unlink();
  scheduler_.add(stream->send_node_, priority);
}

}  // namespace turbo::http2
