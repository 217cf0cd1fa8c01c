#include <algorithm>

#include "framework/http2/message_rules.h"
#include "framework/http2/native_session.h"

namespace turbo::http2 {
namespace {

// A head of so many times the limit is not read to its end.
// A server that has nothing to say but 102 says so every 20 seconds (RFC 2518 10.1).
constexpr uint8_t kMaxInterimHeads = 100;
// Of a head as it comes, compressed. One that is twice as large as its limit can still be answered.
constexpr size_t kMaxBlockBytes = size_t{64} << 10;
// What is kept for the next that comes in several frames.
constexpr size_t kKeptBlockBytes = 4096;
constexpr size_t kPriorityBytes = 5;

size_t max_block_bytes(const HeadLimits& limits) {
  return std::max(kMaxBlockBytes, 2 * limits.max_bytes);
}

}  // namespace

void NativeSession::on_headers(std::string_view payload) {
  if (!strip(payload) || !admit_head(frame_.stream)) return;
  add_to_head(payload);
}

// Takes padding and the old scheme's priority off.
bool NativeSession::strip(std::string_view& payload) {
  const size_t before =
      (frame_.has(kFlagPadded) ? 1 : 0) + (frame_.has(kFlagPriority) ? kPriorityBytes : 0);
  if (payload.size() < before) {
    terminate(ErrorCode::kFrameSizeError);
    return false;
  }
  const size_t padding = frame_.has(kFlagPadded) ? static_cast<uint8_t>(payload.front()) : 0;
  payload.remove_prefix(before);
  if (padding > payload.size()) {
    terminate(ErrorCode::kProtocolError);
    return false;
  }
  payload.remove_suffix(padding);
  return true;
}

// False: the session has ended.
bool NativeSession::admit_head(StreamID id) {
  const bool is_new = is_server() && id > highest_stream_ && id % 2 == 1;
  if (is_new) return admit_request(id);
  if (!is_idle(id)) return admit_late_head(id);
  terminate(ErrorCode::kProtocolError);
  return false;
}

bool NativeSession::admit_request(StreamID id) {
  highest_stream_ = id;
  if (id > last_admitted_) {
    ignore_head();
  } else if (open_streams_ >= options_.max_concurrent_streams) {
    refuse(id);
  } else {
    begin_request(id);
  }
  return !ended_;
}

bool NativeSession::admit_late_head(StreamID id) {
  const Stream* const stream = find(id);
  if (stream == nullptr) {
    const StreamTable::Fate fate = table_.fate_of(id);
    if (id > last_admitted_ || fate == StreamTable::Fate::kReset) {
      ignore_head();
    } else {
      terminate(fate == StreamTable::Fate::kUnused ? ErrorCode::kProtocolError
                                                   : ErrorCode::kStreamClosed);
    }
  } else if (stream->state_.silent) {
    ignore_head();
  } else if (stream->state_.remote_ended) {
    terminate(ErrorCode::kStreamClosed);
  }
  return !ended_;
}

void NativeSession::ignore_head() {
  head_->ignored = true;
  count(Abuse::kRefusedStreams);
}

void NativeSession::refuse(StreamID id) {
  frames_.reset(id, ErrorCode::kRefusedStream);
  table_.add_reset(id);
  ignore_head();
}

void NativeSession::begin_request(StreamID id) {
  last_stream_ = id;
  Stream* const stream = handler_.on_stream();
  if (ended_) return;
  if (stream == nullptr) return refuse(id);
  adopt(id, *stream);
  const std::optional<Priority> early = early_priorities_.take(id);
  if (!early.has_value()) return;
  stream->state_.priority = *early;
  stream->state_.prioritized = true;
}

void NativeSession::add_to_head(std::string_view part) {
  const bool is_last = frame_.has(kFlagEndHeaders);
  if (is_last && block_.empty()) return end_head(part);
  append(part, block_);
  if (block_.size() > max_block_bytes(options_.head)) return end_for(Abuse::kHeaders);
  if (!is_last) return;
  end_head({block_.data(), block_.size()});
  block_.clear();
  if (block_.capacity() > kKeptBlockBytes) PoolVector<char>().swap(block_);
}

void NativeSession::end_head(std::string_view block) {
  const ComingHead head = *head_;
  head_.reset();
  Stream* stream = head.ignored ? nullptr : find(head.stream);
  if (stream != nullptr && stream->state_.silent) stream = nullptr;
  fields_ = nullptr;
  const bool decoded =
      stream == nullptr ? decoder_.decode(block, *this) : decode_for(*stream, block);
  if (!decoded) return terminate(ErrorCode::kCompressionError);
  if (stream == nullptr) return;
  stream->state_.received_head ? show_trailers(*stream, head.ends_stream)
                               : show_head(*stream, head.ends_stream);
}

bool NativeSession::decode_for(Stream& stream, std::string_view block) {
  using Message = FieldRules::Message;
  if (stream.state_.received_head) {
    fields_ = &stream.trailer_block_;
    fields_->start(options_.trailers);
    rules_ = FieldRules(Message::kTrailers);
  } else {
    fields_ = &stream.head_block_;
    fields_->start(options_.head);
    rules_ = FieldRules(is_server() ? Message::kRequest : Message::kResponse);
  }
  const bool decoded = decoder_.decode(block, *this);
  fields_->finish();
  return decoded;
}

// A mark is the field's kind, so that one that stands in a table is looked at once. Where nobody
// listens any more none is looked at: a byte may stand for 4 KiB.
uint8_t NativeSession::on_field(std::string_view name, std::string_view value, uint8_t mark) {
  if (fields_ == nullptr || rules_.malformed() || fields_->hopeless()) [[unlikely]]
    return mark;
  const FieldKind kind = mark != 0 ? static_cast<FieldKind>(mark) : classify(name, value, role_);
  rules_.note(kind);
  if (!rules_.malformed()) (void)fields_->add(name, value, kind);
  return static_cast<uint8_t>(kind);
}

// ---- what they mean ----

void NativeSession::show_head(Stream& stream, bool ends) {
  Stream::State& state = stream.state_;
  if (!admit_fields(stream, stream.head_block_)) return;
  const Head& head = stream.head();
  if (!is_good_head(stream, ends)) {
    return blame(stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  }
  if (head.too_large) count(Abuse::kHeaders);
  if (ended_) return;
  if (head.status / 100 == 1 && ++state.interim_heads > kMaxInterimHeads) {
    return blame(stream, ErrorCode::kEnhanceYourCalm, Abuse::kStreamErrors);
  }
  if (rules_.has(FieldKind::kPriority)) note_priority(stream);
  state.received_head = is_server() || head.status / 100 != 1;
  state.remote_ended = ends;
  stream.on_head(ends);
  if (ends) end_remote(stream, {});
}

// Field by field.
bool NativeSession::admit_fields(Stream& stream, const HeadBlock& block) {
  if (rules_.malformed()) {
    blame(stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
    return false;
  }
  if (block.hopeless()) {
    blame(stream, ErrorCode::kEnhanceYourCalm, Abuse::kHeaders);
    return false;
  }
  return true;
}

bool NativeSession::is_good_head(Stream& stream, bool ends) {
  if (!is_server()) return is_good_response(stream, ends);
  const Head& head = stream.head();
  if (!rules_.is_whole_request(head.method, head.scheme, head.path,
                               options_.enable_connect_protocol) ||
      !(head.too_large || is_valid_request(head))) {
    return false;
  }
  if (!head.content_length.has_value() || head.method == "CONNECT") return true;
  stream.state_.body_left = *head.content_length;
  return !ends || *head.content_length == 0;
}

bool NativeSession::is_good_response(Stream& stream, bool ends) {
  const Head& head = stream.head();
  Stream::State& state = stream.state_;
  if (!rules_.has(FieldKind::kStatus)) return false;
  if (!head.too_large && !is_valid_response(head)) return false;
  if (head.status / 100 == 1) return !ends && !head.content_length.has_value();
  if (head.status == 204 && head.content_length.value_or(0) != 0) return false;
  if (state.bodiless || head.status == 204 || head.status == 304) {
    state.body_left = 0;
  } else if (head.content_length.has_value() && !(state.tunnel && head.status / 100 == 2)) {
    state.body_left = *head.content_length;
    return !ends || state.body_left == 0;
  }
  return true;
}

void NativeSession::note_priority(Stream& stream) {
  if (!is_server() || stream.state_.prioritized) return;
  for (const http::Field& field : stream.head().fields) {
    if (field.name != "priority") continue;
    stream.state_.priority = parse_priority(field.value, stream.state_.priority);
  }
}

void NativeSession::show_trailers(Stream& stream, bool ends) {
  const HeadBlock& block = stream.trailer_block_;
  if (!admit_fields(stream, block)) return;
  if (block.head().too_large) {
    return blame(stream, ErrorCode::kEnhanceYourCalm, Abuse::kHeaders);
  }
  const uint64_t left = stream.state_.body_left;
  const bool whole = left == 0 || left == Stream::kAnyLength;
  if (!ends || !whole || !are_valid_trailers(block.head().fields)) {
    return blame(stream, ErrorCode::kProtocolError, Abuse::kStreamErrors);
  }
  end_remote(stream, block.head().fields);
}

void NativeSession::end_remote(Stream& stream, std::span<const http::Field> trailers) {
  Stream::State& state = stream.state_;
  if (ended_ || state.silent) return;
  state.remote_ended = true;
  stream.on_end(trailers);
  if (!ended_) close_if_done(stream);
}

}  // namespace turbo::http2
