// The reading half of IOStream: starting reads, receiving, deciding when a read is satisfied,
// delivering.
#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/net/io_stream.h"
#include "framework/net/io_stream_parts.h"

namespace turbo {

namespace {

// Received in one event at most; then other streams have their turn (IOS-33's bound, for reading).
constexpr size_t kReadBudget = size_t{1} << 20;
// The same for what comes in small pieces, TLS records of a byte each.
constexpr int kMaxReceives = 64;
// A block's rest is used for the next receive if it has this much. Smaller rests are left, larger
// ones would let a peer that sends single bytes cost a block each.
constexpr size_t kSmallestRoom = 512;
// Between tries of a regular expression that are not worth their cost (ReadMatcher).
constexpr Duration kMatchRetry = std::chrono::milliseconds(10);

// For results that do not come the usual way.
ReadCallback callback_for(InputHandler& handler) {
  return [&handler](absl::StatusOr<Buffer> result) {
    if (!result.ok()) return handler.on_input_end(result.status());
    handler.on_input(*std::move(result));
  };
}

}  // namespace

// ---- starting ----

void IOStream::read_until(std::string_view delimiter, ReadCallback callback, size_t max_bytes) {
  loop_.check_here();
  TURBO_CHECK(callback, "read_until needs a callback");
  if (refuse_second_read(callback)) return;
  absl::Status accepted = read_parts().matcher.set_delimiter(delimiter);
  if (!accepted.ok()) return defer_read(std::move(callback), std::move(accepted));
  start_read(ReadKind::kUntil, std::min(max_bytes, max_input_), std::move(callback));
}

void IOStream::read_until_regex(std::string_view pattern, ReadCallback callback, size_t max_bytes) {
  loop_.check_here();
  TURBO_CHECK(callback, "read_until_regex needs a callback");
  if (refuse_second_read(callback)) return;
  absl::Status accepted = read_parts().matcher.set_pattern(pattern);
  if (!accepted.ok()) return defer_read(std::move(callback), std::move(accepted));
  start_read(ReadKind::kRegex, std::min(max_bytes, max_input_), std::move(callback));
}

void IOStream::read_bytes(size_t count, ReadCallback callback) {
  TURBO_CHECK(callback, "read_bytes needs a callback");
  start_read(ReadKind::kBytes, count, std::move(callback));
}

void IOStream::read_bytes(size_t count, ReadCallback callback, StreamingCallback streaming) {
  TURBO_CHECK(callback, "read_bytes needs a callback");
  if (!streaming) return start_read(ReadKind::kBytes, count, std::move(callback));
  start_streaming(ReadKind::kStreamBytes, count, std::move(callback), std::move(streaming));
}

void IOStream::read_bytes_partial(size_t count, ReadCallback callback) {
  TURBO_CHECK(callback, "read_bytes_partial needs a callback");
  start_read(ReadKind::kPartial, count, std::move(callback));
}

void IOStream::read_some(ReadCallback callback) {
  TURBO_CHECK(callback, "read_some needs a callback");
  start_read(ReadKind::kPartial, kNoLimit, std::move(callback));
}

void IOStream::read_some(InputHandler& handler) {
  loop_.check_here();
  if (reading()) [[unlikely]] {
    return defer_read(callback_for(handler),
                      absl::FailedPreconditionError("a read is pending already"));
  }
  read_.handler = &handler;
  accept_read(ReadKind::kPartial, kNoLimit);
}

void IOStream::read_until_close(ReadCallback callback, StreamingCallback streaming) {
  if (!streaming) return start_read(ReadKind::kUntilClose, kNoLimit, std::move(callback));
  start_streaming(ReadKind::kStreamUntilClose, kNoLimit, std::move(callback), std::move(streaming));
}

void IOStream::read_into(std::span<char> room, ReadIntoCallback callback) {
  start_into(ReadKind::kInto, room, std::move(callback));
}

void IOStream::read_into_partial(std::span<char> room, ReadIntoCallback callback) {
  start_into(ReadKind::kIntoPartial, room, std::move(callback));
}

void IOStream::start_read(ReadKind kind, size_t count, ReadCallback&& callback) {
  loop_.check_here();
  if (refuse_second_read(callback)) return;
  read_.callback = std::move(callback);
  accept_read(kind, count);
}

void IOStream::accept_read(ReadKind kind, size_t count) {
  read_.kind = kind;
  read_.count = count;
  ++read_.serial;
  begin_read();
}

void IOStream::start_streaming(ReadKind kind, size_t count, ReadCallback callback,
                               StreamingCallback streaming) {
  loop_.check_here();
  if (refuse_second_read(callback)) return;
  read_parts().streaming = std::move(streaming);
  start_read(kind, count, std::move(callback));
}

void IOStream::start_into(ReadKind kind, std::span<char> room, ReadIntoCallback callback) {
  loop_.check_here();
  TURBO_CHECK(callback, "read_into needs a callback");
  if (reading()) {
    return defer_read_into(std::move(callback),
                           absl::FailedPreconditionError("a read is pending already"), 0);
  }
  ReadParts& extra = read_parts();
  extra.into = std::move(callback);
  extra.room = room;
  extra.filled = 0;
  start_read(kind, room.size(), ReadCallback());
}

bool IOStream::refuse_second_read(ReadCallback& callback) {
  if (!reading()) [[likely]]
    return false;
  defer_read(std::move(callback), absl::FailedPreconditionError("a read is pending already"));
  return true;
}

void IOStream::begin_read() {
  if (read_deadline_set_) arm_read_deadline();
  if (read_.kind == ReadKind::kBytes && read_.count > max_input_) return read_over_limit();
  advance_read();
}

// From the buffer first; then, if the kernel is known to hold more, from there; else when the
// poller says so. A receive on the chance would cost every HTTP request a system call that answers
// EAGAIN.
void IOStream::advance_read() {
  if (settle_read()) return;
  if (phase_ == Phase::kClosed || input_ended_) return end_read();
  if (phase_ == Phase::kOpen && (more_input_likely_ || transport_->has_buffered_input())) receive();
  raise_interest();
}

// ---- receiving ----

[[gnu::always_inline]] inline IOResult IOStream::receive_once(size_t& offered) {
  size_t wanted = chunk_;  // never above max_input_
  if (input_.empty()) {
    if (read_.kind == ReadKind::kInto || read_.kind == ReadKind::kIntoPartial) {
      return receive_into(offered);
    }
  } else {
    // One byte over the limit tells "exactly full, then the end" from "too much".
    const size_t limit = max_input_ + (read_.kind == ReadKind::kUntilClose ? 1 : 0);
    wanted = std::min(wanted, limit - input_.size());
  }
  std::span<char> room = input_.reserve(std::min(wanted, kSmallestRoom), chunk_);
  if (room.size() > wanted) room = room.first(wanted);
  offered = room.size();
  const IOResult result = transport_->read(room);
  input_.commit(result.bytes);
  return result;
}

// Returns how many bytes came. Requires: wants_input().
size_t IOStream::receive() {
  size_t received = 0;
  int receives = 0;
  do {
    size_t offered = 0;
    const IOResult result = receive_once(offered);
    if (result.kind != IOResult::Kind::kBytes) [[unlikely]] {
      received_nothing(result);
      break;
    }
    more_input_likely_ = result.bytes == offered;
    read_wants_ = kReadable;
    received += result.bytes;
    settle_read();
    if (!more_input_likely_ && !transport_->has_buffered_input()) break;
    if (received < kReadBudget && ++receives < kMaxReceives) continue;
    // The poller, being level-triggered, tells again of what the kernel holds, but not of what the
    // transport holds.
    receive_again_ = transport_->has_buffered_input();
    if (receive_again_) loop_.schedule(static_cast<Completion&>(*this));
    break;
  } while (wants_input());
  return received;
}

[[gnu::noinline]] void IOStream::received_nothing(IOResult result) {
  more_input_likely_ = false;
  if (result.kind == IOResult::Kind::kEnd) {
    input_ended();
  } else if (result.kind == IOResult::Kind::kError) {
    end(EndedBy::kError, transport_->explain(result.error, "read"));
  } else {
    read_wants_ = static_cast<uint8_t>(result.wants);
    raise_interest();
  }
}

// Before the stream ends for an error on the writing side: what had arrived stays readable.
void IOStream::receive_last() {
  size_t budget = kReadBudget;
  while (wants_input() && budget > 0) {
    size_t offered = 0;
    const IOResult result = receive_once(offered);
    if (result.kind != IOResult::Kind::kBytes) return;
    settle_read();
    budget -= std::min(budget, result.bytes);
  }
}

[[gnu::noinline]] IOResult IOStream::receive_into(size_t& offered) {
  ReadParts& extra = *parts_->read;
  const std::span<char> room = extra.room.subspan(extra.filled);
  offered = room.size();
  const IOResult result = transport_->read(room);
  extra.filled += result.bytes;
  return result;
}

// ---- deciding ----

// True when the pending read has got its result, good or bad.
bool IOStream::settle_read() {
  // What servers read is decided first, and the rest apart: this runs twice a request.
  if (read_.kind != ReadKind::kPartial) return settle_other_read();
  if (input_.empty() && read_.count != 0) return false;
  return read_is_ready(std::min(input_.size(), read_.count));
}

[[gnu::noinline]] bool IOStream::settle_other_read() {
  const size_t have = input_.size();
  switch (read_.kind) {
    case ReadKind::kNone:
      return false;
    case ReadKind::kBytes:
      return have >= read_.count && read_is_ready(read_.count);
    case ReadKind::kPartial:
    case ReadKind::kStreamBytes:
      return (have > 0 || read_.count == 0) && read_is_ready(std::min(have, read_.count));
    case ReadKind::kStreamUntilClose:
      return have > 0 && read_is_ready(have);
    case ReadKind::kUntilClose:
      if (have <= max_input_) return false;
      read_over_limit();
      return true;
    case ReadKind::kUntil:
      return settle_match(parts_->read->matcher.find_delimiter(input_, read_.count));
    case ReadKind::kRegex: {
      ReadMatcher& matcher = parts_->read->matcher;
      const auto end = matcher.find_pattern(input_, read_.count, ReadMatcher::Effort::kIfWorthIt);
      if (matcher.retry_wanted()) retry_match_later();
      return settle_match(end);
    }
    case ReadKind::kInto:
    case ReadKind::kIntoPartial:
      return settle_into();
  }
  return false;
}

// The limit decides alone, whatever the packets: a match that ends beyond it does not count
// (IOS-14).
bool IOStream::settle_match(std::optional<size_t> end) {
  if (end.has_value()) return read_is_ready(*end);
  if (input_.size() < read_.count) return false;
  read_over_limit();
  return true;
}

bool IOStream::settle_into() {
  ReadParts& extra = *parts_->read;
  const size_t bytes = std::min(input_.size(), extra.room.size() - extra.filled);
  input_.copy_to(0, extra.room.subspan(extra.filled, bytes));
  input_.drain(bytes);
  extra.filled += bytes;
  const bool some = read_.kind == ReadKind::kIntoPartial && extra.filled > 0;
  if (!some && extra.filled < extra.room.size()) return false;
  return read_is_ready(0);
}

bool IOStream::read_is_ready(size_t bytes) {
  read_.ready = true;
  read_.ready_bytes = bytes;
  // A place still held for a read that was cancelled, or to receive again, is before results that
  // were ready earlier than this one (IOS-4).
  Completion& place = *this;
  place.unlink();
  loop_.schedule(place);
  return true;
}

void IOStream::read_over_limit() {
  absl::Status cause = absl::ResourceExhaustedError("the read's limit was reached before its end");
  fail_read(cause);
  if (on_limit_ == OnLimit::kClose) end(EndedBy::kError, std::move(cause));
}

// ---- the end of input ----

void IOStream::input_ended() {
  input_ended_ = true;
  more_input_likely_ = false;
  end_read();
  // What was promised to be written first is still written.
  const bool ends_by_itself = close_when_drained_ || (fin_wanted_ && !fin_sent_);
  if ((!half_open_ && !ends_by_itself) || fin_sent_) return end(EndedBy::kPeer, absl::OkStatus());
  set_interest();
}

// Before our own close: only the peer can complete a read_until_close. A read of more than can ever
// come fails as it should, behind the pieces that came (rows 7 and 9).
void IOStream::cancel_until_close() {
  if (read_.kind == ReadKind::kUntilClose) read_.kind = ReadKind::kBytes;
  if (read_.kind == ReadKind::kStreamUntilClose) read_.kind = ReadKind::kStreamBytes;
}

// No more input will come: the pending read gets what there is or fails.
void IOStream::end_read() {
  if (read_.ready) return;
  switch (read_.kind) {
    case ReadKind::kNone:
      return;
    case ReadKind::kUntilClose:
      read_is_ready(input_.size());
      return;
    case ReadKind::kStreamUntilClose:
      read_is_ready(input_.size());
      return;
    case ReadKind::kStreamBytes:
      if (!input_.empty()) {
        read_is_ready(input_.size());
        return;
      }
      break;
    case ReadKind::kRegex:
      if (auto end =
              parts_->read->matcher.find_pattern(input_, read_.count, ReadMatcher::Effort::kNow)) {
        read_is_ready(*end);
        return;
      }
      break;
    default:
      break;
  }
  fail_read(ended_status());
}

void IOStream::fail_read(absl::Status status) {
  if (!reading()) return;
  if (read_.kind == ReadKind::kInto || read_.kind == ReadKind::kIntoPartial) {
    ReadParts& extra = *parts_->read;
    defer_read_into(std::move(extra.into), std::move(status), extra.filled);
  } else if (read_.handler != nullptr) {
    defer_read(callback_for(*std::exchange(read_.handler, nullptr)), std::move(status));
  } else {
    defer_read(std::move(read_.callback), std::move(status));
  }
  forget_read();
}

void IOStream::forget_read_parts() {
  if (parts_->read != nullptr && parts_->read->streaming) {
    discard_later(loop_, std::move(parts_->read->streaming));
    parts_->read->streaming = nullptr;
  }
  if (!read_deadline_set_) return;
  read_deadline_set_ = false;
  loop_.cancel(parts_->deadlines->read);
}

// The coroutine that awaited the read was destroyed: nobody is told.
void IOStream::withdraw_read(uint32_t serial) {
  if (!reading() || read_.serial != serial) return;
  read_.callback = nullptr;
  if (parts_ != nullptr && parts_->read != nullptr) parts_->read->into = nullptr;
  forget_read();
}

void IOStream::cancel_read() {
  loop_.check_here();
  fail_read(make_status(absl::StatusCode::kCancelled, "the read was cancelled"));
}

void IOStream::discard_input() {
  loop_.check_here();
  // What a finished read is about to deliver is no longer unread.
  Buffer promised;
  if (read_.ready) promised = input_.split(std::min(read_.ready_bytes, input_.size()));
  input_ = std::move(promised);
  if (parts_ != nullptr && parts_->read != nullptr) parts_->read->matcher.restart();
  raise_interest();
}

void IOStream::unread(Buffer data) {
  loop_.check_here();
  TURBO_CHECK(!reading(), "unread() while a read is pending");
  input_.prepend(std::move(data));
  if (parts_ != nullptr && parts_->read != nullptr) parts_->read->matcher.restart();
}

// ---- delivering ----

[[gnu::noinline]] void IOStream::deliver_read() {
  if (read_.kind >= ReadKind::kStreamBytes) [[unlikely]]
    return deliver_apart();
  const size_t bytes = read_.ready_bytes;
  forget_read();
  ReadCallback callback = std::move(read_.callback);
  if (!callback) {
    input_.drain(bytes);
    return after_completion();
  }
  const bool alive = call_out([&] {
    // Everything, which is the usual result, moves into the callback's argument at once.
    if (bytes == input_.size()) [[likely]]
      return callback(std::move(input_));
    callback(input_.split(bytes));
  });
  if (alive) after_completion();
}

[[gnu::noinline]] void IOStream::deliver_to_handler() {
  const size_t bytes = read_.ready_bytes;
  InputHandler& handler = *std::exchange(read_.handler, nullptr);
  forget_read();
  const bool alive = call_out([&] { handler.on_input(take_input(bytes)); });
  // A handler that has begun its next read has raised the interest with it.
  if (alive && !reading()) after_completion();
}

// Apart, so that the usual delivery need not save the registers of these.
[[gnu::noinline]] void IOStream::deliver_apart() {
  if (read_.kind >= ReadKind::kInto) return deliver_into();
  deliver_piece();
}

void IOStream::deliver_into() {
  ReadIntoCallback callback = std::move(parts_->read->into);
  const size_t filled = parts_->read->filled;
  forget_read();
  // Withdrawn reads are forgotten, so there is a callback.
  if (call_out([&] { callback(absl::OkStatus(), filled); })) after_completion();
}

// One piece for the streaming callback, or, when all pieces have been delivered, the final
// callback.
void IOStream::deliver_piece() {
  const size_t bytes = std::min(input_.size(), read_.count);
  if (bytes == 0) {
    const bool complete = read_.kind == ReadKind::kStreamUntilClose || read_.count == 0;
    if (complete) {
      // It may own the stream, so it dies behind the rest.
      StreamingCallback streaming = std::move(parts_->read->streaming);
      parts_->read->streaming = nullptr;
      ReadCallback callback = std::move(read_.callback);
      forget_read();
      if (!callback) return after_completion();
      if (call_out([&] { callback(Buffer()); })) after_completion();
      return;
    }
    read_.ready = false;
    return advance_read();
  }
  read_.ready = false;
  Buffer piece = take_input(bytes);
  if (read_.kind == ReadKind::kStreamBytes) read_.count -= bytes;
  const uint32_t serial = read_.serial;
  StreamingCallback streaming = std::move(parts_->read->streaming);
  if (!call_out([&] { streaming(std::move(piece)); })) return;
  // The callback may have cancelled its read and started another.
  if (reading() && read_.serial == serial) {
    parts_->read->streaming = std::move(streaming);
    if (!read_.ready) advance_read();
  }
  after_completion();
}

Buffer IOStream::take_input(size_t bytes) {
  if (bytes == input_.size()) [[likely]]
    return std::move(input_);
  return input_.split(bytes);
}

// ---- time ----

void IOStream::set_read_deadline(Duration timeout) {
  loop_.check_here();
  Deadlines& timers = deadlines();
  loop_.cancel(timers.read);
  timers.read_timeout = timeout;
  read_deadline_set_ = true;
  if (reading()) arm_read_deadline();
}

void IOStream::arm_read_deadline() {
  Deadlines& timers = *parts_->deadlines;
  timers.read = loop_.call_later(timers.read_timeout, [this] { read_timed_out(); });
}

void IOStream::read_timed_out() {
  const bool streaming =
      read_.kind == ReadKind::kStreamBytes || read_.kind == ReadKind::kStreamUntilClose;
  if (read_.ready && !streaming) return;  // in time, only not delivered yet
  fail_read(absl::DeadlineExceededError("the read's deadline passed"));
}

void IOStream::retry_match_later() {
  Deadlines& timers = deadlines();
  if (timers.match_retry_armed) return;
  timers.match_retry_armed = true;
  timers.match_retry = loop_.call_later(kMatchRetry, [this] {
    parts_->deadlines->match_retry_armed = false;
    if (read_.kind != ReadKind::kRegex || read_.ready) return;
    settle_match(
        parts_->read->matcher.find_pattern(input_, read_.count, ReadMatcher::Effort::kNow));
  });
}

IOStream::ReadParts& IOStream::read_parts() {
  auto& extra = parts().read;
  if (extra == nullptr) extra = std::make_unique<ReadParts>();
  return *extra;
}

}  // namespace turbo
