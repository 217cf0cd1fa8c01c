// The writing half of IOStream: queueing, flushing, completions of writes, watermarks and the ways
// to end.
#include <limits>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/net/io_stream.h"
#include "framework/net/io_stream_parts.h"
#include "framework/net/socket.h"

namespace turbo {

namespace {

// Written in one flush at most, so that one huge write does not freeze the loop (IOS-33).
constexpr size_t kWriteBudget = size_t{1} << 20;

}  // namespace

// ---- queueing ----

// Whether `bytes` more are accepted, and where they will end.
inline IOStream::WriteOperation IOStream::begin_write(size_t bytes) {
  loop_.check_here();
  const size_t unsent = output_.size();
  const uint64_t end = output_.sent() + unsent;
  if (phase_ == Phase::kClosed) [[unlikely]]
    return {*this, end, WriteRefusal::kClosed};
  if (fin_wanted_ || close_when_drained_) [[unlikely]]
    return {*this, end, WriteRefusal::kShut};
  if (bytes > max_output_ || unsent > max_output_ - bytes) [[unlikely]]
    return {*this, end, WriteRefusal::kFull};
  return {*this, end + bytes, WriteRefusal::kNone};
}

inline void IOStream::enqueued() {
  // While connecting, or while the transport is full, an event will flush.
  if (phase_ == Phase::kOpen && !output_waits_) [[likely]] {
    loop_.schedule(static_cast<Flushable&>(*this));
  }
  if (parts_ != nullptr && parts_->write != nullptr) check_watermarks();
}

IOStream::WriteOperation IOStream::write(Buffer&& data) {
  const WriteOperation operation = begin_write(data.size());
  if (operation.accepted()) {
    output_.bytes().append(std::move(data));
    enqueued();
  }
  return operation;
}

IOStream::WriteOperation IOStream::write(std::string data) {
  const WriteOperation operation = begin_write(data.size());
  if (operation.accepted()) {
    output_.bytes().append_string(std::move(data));
    enqueued();
  }
  return operation;
}

IOStream::WriteOperation IOStream::write(std::string_view data) {
  const WriteOperation operation = begin_write(data.size());
  if (operation.accepted()) {
    output_.bytes().append(data);
    enqueued();
  }
  return operation;
}

void IOStream::write(Buffer data, WriteCallback callback) {
  finish_write(write(std::move(data)), std::move(callback));
}

void IOStream::write(std::string data, WriteCallback callback) {
  finish_write(write(std::move(data)), std::move(callback));
}

void IOStream::write(std::string_view data, WriteCallback callback) {
  finish_write(write(data), std::move(callback));
}

void IOStream::appended() {
  loop_.check_here();
  TURBO_DCHECK(!fin_wanted_ && !close_when_drained_, "appended() to a stream whose output ends");
  if (phase_ == Phase::kClosed) [[unlikely]]
    return discard_later(loop_, output_.clear());
  enqueued();
}

IOStream::WriteOperation IOStream::write_file(int file, off_t offset, size_t count) {
  WriteOperation operation = begin_write(count);
  if (!operation.accepted()) return operation;
  if (offset < 0 || count > static_cast<size_t>(std::numeric_limits<off_t>::max() - offset)) {
    return {*this, output_.end(), WriteRefusal::kBadRange};
  }
  absl::StatusOr<UniqueFd> own = duplicate_fd(file);
  if (!own.ok()) return {*this, output_.end(), WriteRefusal::kNoDescriptor};
  output_.append_file(*std::move(own), offset, count);
  enqueued();
  return operation;
}

absl::Status IOStream::refusal_status(WriteRefusal refusal) const {
  switch (refusal) {
    case WriteRefusal::kNone:
      return absl::OkStatus();
    case WriteRefusal::kClosed:
      return ended_status();
    case WriteRefusal::kFull:
      return absl::ResourceExhaustedError("the write does not fit max_write_buffer_size");
    case WriteRefusal::kShut:
      return absl::FailedPreconditionError("the write side was shut");
    case WriteRefusal::kBadRange:
      return absl::InvalidArgumentError("no file has such a range");
    case WriteRefusal::kNoDescriptor:
      return absl::UnavailableError("the file's descriptor could not be duplicated");
  }
  return absl::OkStatus();
}

void IOStream::finish_write(const WriteOperation& operation, WriteCallback callback) {
  if (!callback) return;
  if (operation.refusal_ != WriteRefusal::kNone) {
    return defer(std::move(callback), refusal_status(operation.refusal_));
  }
  if (output_.empty()) return defer(std::move(callback), absl::OkStatus());
  // The old one may own the stream: it dies with the argument, after everything here.
  std::swap(write_parts().slot, callback);
}

// ---- flushing ----

void IOStream::flush() {
  if (phase_ != Phase::kOpen || output_waits_) [[unlikely]]
    return;
  LifeWatch watch(life_);
  size_t budget = kWriteBudget;
  while (!output_.empty() && budget > 0) {
    const WriteStep step = output_.write_to(*transport_, budget);
    if (watch.dead()) [[unlikely]]
      return;  // by a releaser
    if (!step.whole) [[unlikely]] {
      if (step.result.kind == IOResult::Kind::kError) return output_failed(step.result.error);
      const bool some = step.result.kind == IOResult::Kind::kBytes;
      output_blocked(some ? uint32_t{kWritable} : step.result.wants);
      break;
    }
    budget -= step.result.bytes;
  }
  if (parts_ != nullptr) output_moved();
  if (output_.empty()) {
    if (fin_wanted_ || close_when_drained_) [[unlikely]]
      output_drained();
  } else if (!output_waits_) {
    loop_.schedule(static_cast<Flushable&>(*this));
  }
}

[[gnu::noinline]] void IOStream::output_blocked(uint32_t wants) {
  if (phase_ == Phase::kClosed) return;  // by a releaser
  output_waits_ = true;
  write_wants_ = static_cast<uint8_t>(wants);
  raise_interest();
  if (parts_ == nullptr || parts_->deadlines == nullptr) return;
  Deadlines& timers = *parts_->deadlines;
  if (timers.stall_timeout == Duration::zero() || timers.stall_armed) return;
  arm_write_stall(timers.stall_timeout);
}

// Output went to the kernel, or none was there: tell who waits for it. Like its neighbours apart
// from flush(), which then has few registers to save.
[[gnu::noinline]] void IOStream::output_moved() {
  if (parts_->deadlines != nullptr) note_progress();
  WriteParts* extra = parts_->write.get();
  if (extra == nullptr) return;
  while (!extra->waiting.empty()) {
    auto& awaiter = static_cast<WriteAwaiter&>(extra->waiting.front());
    if (awaiter.end_ > output_.sent()) break;
    make_ready(awaiter, absl::OkStatus());
  }
  if (output_.empty() && extra->slot) defer(std::move(extra->slot), absl::OkStatus());
  check_watermarks();
}

// A flush that moved nothing is no progress; output that begins to wait has its whole time.
void IOStream::note_progress() {
  Deadlines& timers = *parts_->deadlines;
  const uint64_t position = output_.empty() ? Deadlines::kNothingWaits : output_.sent();
  if (position == timers.waits_at) return;
  timers.waits_at = position;
  timers.last_moved = loop_.time();
}

[[gnu::noinline]] void IOStream::output_drained() {
  if (phase_ == Phase::kClosed) return;  // by a releaser
  if (close_when_drained_) return end(EndedBy::kUs, absl::OkStatus());
  if (!fin_sent_) send_fin();
}

[[gnu::noinline]] void IOStream::output_failed(int error) {
  receive_last();
  end(EndedBy::kError, transport_->explain(error, "write"));
}

void IOStream::fail_writes() {
  if (!output_.empty()) discard_later(loop_, output_.clear());
  if (parts_ == nullptr || parts_->write == nullptr) return;
  WriteParts& extra = *parts_->write;
  while (!extra.waiting.empty()) {
    make_ready(static_cast<WriteAwaiter&>(extra.waiting.front()), ended_status());
  }
  if (extra.slot) defer(std::move(extra.slot), ended_status());
}

// ---- awaited writes ----

void IOStream::WriteAwaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  stream_->await_write(*this);
}

void IOStream::await_write(WriteAwaiter& awaiter) {
  loop_.check_here();
  if (awaiter.refusal_ != WriteRefusal::kNone) {
    make_ready(awaiter, refusal_status(awaiter.refusal_));
  } else if (awaiter.end_ <= output_.sent()) {
    make_ready(awaiter, absl::OkStatus());
  } else if (phase_ == Phase::kClosed) {
    make_ready(awaiter, ended_status());
  } else {
    insert_waiting(awaiter);
  }
}

// Keeps the list in the order of the writes, which is nearly always the order in which they are
// awaited.
void IOStream::insert_waiting(WriteAwaiter& awaiter) {
  WriteParts& extra = write_parts();
  if (extra.waiting.empty() || extra.last_awaited <= awaiter.end_) {
    extra.last_awaited = awaiter.end_;
    extra.waiting.push_back(awaiter);
    return;
  }
  StreamCompletionList sorted;
  while (!extra.waiting.empty() &&
         static_cast<WriteAwaiter&>(extra.waiting.front()).end_ <= awaiter.end_) {
    sorted.push_back(extra.waiting.pop_front());
  }
  sorted.push_back(awaiter);
  sorted.splice_back(extra.waiting);
  extra.waiting.splice_back(sorted);
}

void IOStream::make_ready(WriteAwaiter& awaiter, absl::Status status) {
  awaiter.ListNode<StreamCompletionTag>::unlink();
  awaiter.status_ = std::move(status);
  parts().ready.push_back(awaiter);
  loop_.schedule(awaiter);
}

void IOStream::WriteAwaiter::complete() {
  if (stream_ == nullptr) return waiting_.resume();
  ListNode<StreamCompletionTag>::unlink();
  IOStream& stream = *stream_;
  // The frame, and this awaiter with it, may be gone when the coroutine comes back.
  std::coroutine_handle<> waiting = waiting_;
  if (stream.call_out([&] { waiting.resume(); })) stream.after_completion();
}

void IOStream::WriteAwaiter::abandon() {
  stream_ = nullptr;
  if (Completion::linked()) return;  // its status is known already
  status_ = make_status(absl::StatusCode::kCancelled, "the stream was destroyed");
  loop_.schedule(*this);
}

// ---- watermarks ----

void IOStream::set_watermarks(size_t low, size_t high, Callback on_high, Callback on_low) {
  loop_.check_here();
  WriteParts& extra = write_parts();
  extra.low = low;
  extra.high = high;
  ++extra.times_set;
  // The old ones may own the stream: they die with the arguments, after everything here.
  std::swap(extra.on_high, on_high);
  std::swap(extra.on_low, on_low);
  check_watermarks();
}

void IOStream::check_watermarks() {
  WriteParts& extra = *parts_->write;
  const size_t unsent = output_.size();
  const bool above = extra.above ? unsent > extra.low : unsent > extra.high;
  if (above == extra.above || phase_ == Phase::kClosed) return;
  extra.above = above;
  // The capture is safe: the stream owns its deferred calls.
  defer(DeferredCall::make(*this, Callback([this] { report_watermark(); })));
}

// A rise and fall before anybody was told is not worth telling.
void IOStream::report_watermark() {
  WriteParts& extra = *parts_->write;
  if (extra.reported == extra.above) return;
  extra.reported = extra.above;
  Callback& slot = extra.above ? extra.on_high : extra.on_low;
  if (!slot) return;
  const uint32_t times_set = extra.times_set;
  Callback callback = std::move(slot);
  LifeWatch watch(life_);
  callback();
  if (!watch.dead() && extra.times_set == times_set) slot = std::move(callback);
}

// ---- time ----

void IOStream::set_write_stall_timeout(Duration timeout) {
  loop_.check_here();
  Deadlines& timers = deadlines();
  timers.stall_timeout = timeout;
  if (timers.stall_armed) loop_.cancel(timers.stall);
  timers.stall_armed = false;
  if (timeout == Duration::zero() || !output_waits_) return;
  timers.last_moved = loop_.time();
  timers.waits_at = output_.sent();
  arm_write_stall(timeout);
}

void IOStream::arm_write_stall(Duration after) {
  Deadlines& timers = *parts_->deadlines;
  timers.stall_armed = true;
  timers.stall = loop_.call_later(after, [this] { check_write_stall(); });
}

// Flushes only note the time; the timer finds out whether enough of it has passed.
void IOStream::check_write_stall() {
  Deadlines& timers = *parts_->deadlines;
  timers.stall_armed = false;
  if (!output_waits_) return;
  const Duration waited = loop_.time() - timers.last_moved;
  if (waited < timers.stall_timeout) return arm_write_stall(timers.stall_timeout - waited);
  end(EndedBy::kError, absl::DeadlineExceededError("the peer does not read"));
}

// ---- ending ----

void IOStream::shutdown_write() {
  loop_.check_here();
  if (phase_ == Phase::kClosed || fin_wanted_) return;
  fin_wanted_ = true;
  if (phase_ == Phase::kOpen && output_.empty()) send_fin();
}

void IOStream::send_fin() {
  fin_sent_ = true;
  absl::Status sent = transport_->shutdown_write();
  if (!sent.ok()) return end(EndedBy::kError, std::move(sent));
  if (input_ended_ || write_only_) end(EndedBy::kPeer, absl::OkStatus());
}

void IOStream::close_after_flush(Duration timeout) {
  loop_.check_here();
  if (phase_ == Phase::kClosed) return;
  if (output_.empty()) return close();
  if (close_when_drained_) return;
  close_when_drained_ = true;
  deadlines().close = loop_.call_later(timeout, [this] {
    end(EndedBy::kError, absl::DeadlineExceededError("the output was not written in time"));
  });
}

IOStream::WriteParts& IOStream::write_parts() {
  auto& extra = parts().write;
  if (extra == nullptr) extra = std::make_unique<WriteParts>();
  return *extra;
}

}  // namespace turbo
