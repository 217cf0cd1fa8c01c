#include "framework/rpc/client_call.h"

#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/channel.h"
#include "framework/rpc/channel_part.h"
#include "framework/rpc/protobuf_buffer.h"

namespace turbo::rpc {

// ---- the beginning ----

ClientCall::Handle ClientCall::start(Channel& channel, const Method& method,
                                     ClientContext* context) {
  ChannelPart& part = channel.part();
  ClientCall& call = part.take_call();
  call.begin(part, method, context);
  if (!call.ended_) part.route(call);
  return Handle(&call);
}

void ClientCall::begin(ChannelPart& part, const Method& method, ClientContext* context) {
  part_ = &part;
  loop_ = &part.loop();
  method_ = &method;
  replies_.emplace(part.options().max_reply_bytes);
  if (context != nullptr) {
    TURBO_CHECK(context->call_ == nullptr, "a ClientContext is for one call at a time");
    context_ = context;
    context->call_ = this;
    context->initial_.clear();
    context->trailing_.clear();
    if (context->metadata_.head_bytes() > part.options().max_metadata_bytes) {
      return end(absl::ResourceExhaustedError("the metadata is larger than max_metadata_bytes"));
    }
  }
  begin_deadline();
}

void ClientCall::begin_deadline() {
  const TimePoint now = loop_->time();
  std::optional<Duration> timeout = part_->options().default_timeout;
  if (context_ != nullptr) {
    deadline_ = context_->deadline_;
    if (context_->timeout_.has_value()) timeout = context_->timeout_;
    if (deadline_.has_value() && !context_->timeout_.has_value()) timeout.reset();
  }
  if (timeout.has_value()) {
    const TimePoint then = saturating_add(now, *timeout);
    deadline_ = std::min(deadline_.value_or(then), then);
  }
  if (!deadline_.has_value()) return;
  if (*deadline_ <= now) return end(absl::DeadlineExceededError("the deadline has passed"));
  deadline_timer_ = loop_->call_at(
      *deadline_, [this] { fail(absl::DeadlineExceededError("the deadline has passed")); });
}

// ---- requests ----

void ClientCall::write(const Message& request, Last last) {
  if (ended_) return;
  TURBO_CHECK(!writes_done_, "no request follows writes_done()");
  const ChannelOptions& options = part_->options();
  if (request_.size() - sent_ > options.max_unsent_bytes) {
    return fail(absl::ResourceExhaustedError("too much was written that has not been sent"));
  }
  const bool compresses = context_ != nullptr && context_->compresses_;
  const Compression compression = compresses ? context_->compression_ : Compression::kIdentity;
  if (!append_message(request, compression, options.max_request_bytes, request_)) {
    return fail(absl::ResourceExhaustedError("the request is larger than max_request_bytes"));
  }
  writes_done_ = last == Last::kYes;
  if (!between_tries()) keep_no_more_than(options.max_retry_bytes);
  resume();
}

void ClientCall::writes_done() {
  if (ended_ || std::exchange(writes_done_, true)) return;
  resume();
}

bool ClientCall::writable() const {
  return ended_ || request_.size() - sent_ <= part_->options().write_buffer_bytes;
}

absl::Status ClientCall::write_status() const {
  if (!ended_) return absl::OkStatus();
  return status_.ok() ? absl::FailedPreconditionError("the call has ended") : status_;
}

void ClientCall::when_writable(StatusCallback callback) {
  TURBO_CHECK(!writable_callback_, "one write is waited for at a time");
  writable_callback_ = std::move(callback);
  if (writable()) wake();
}

// ---- replies ----

ClientCall::Read ClientCall::try_read(Message& reply) {
  if (ended_ && !replies_whole_) return Read::kEnd;
  absl::StatusOr<std::optional<Buffer>> next = replies_->next();
  if (!next.ok()) return fail(next.status()), Read::kEnd;
  if (!next->has_value()) {
    consume_all_but(0);  // or the rest of a large one would never come
    if (!ended_) return Read::kLater;
    if (absl::Status cut = replies_->check_end(); !cut.ok()) fail(std::move(cut));
    return Read::kEnd;
  }
  consume_all_but(replies_->size());
  if (parse_message(**next, reply)) return Read::kMessage;
  fail(absl::InternalError("a reply is malformed"));
  return Read::kEnd;
}

void ClientCall::read(Message& reply, ReadCallback callback) {
  TURBO_CHECK(!read_callback_, "one read is waited for at a time");
  read_into_ = &reply;
  read_callback_ = std::move(callback);
  wake();
}

void ClientCall::cancel_read() {
  read_into_ = nullptr;
  read_callback_ = nullptr;
}

// The server may send as much again as is no longer held.
void ClientCall::consume_all_but(size_t held) {
  if (unconsumed_ <= held) return;
  consume(unconsumed_ - held);
  unconsumed_ = held;
}

// ---- the end ----

void ClientCall::finish(Message* reply, StatusCallback callback) {
  TURBO_CHECK(!finish_callback_, "the end is waited for once");
  reply_into_ = reply;
  finish_callback_ = std::move(callback);
  if (!collects()) {
    drops_replies_ = true;
    consume_all_but(0);
  }
  if (ended_) wake();
}

absl::Status ClientCall::take_end(Message* reply) {
  if (!status_.ok() || reply == nullptr) return status_;
  if (!has_reply_) return absl::InternalError("the server sent no reply");
  if (parse_message(reply_, *reply)) return absl::OkStatus();
  return absl::InternalError("the reply is malformed");
}

void ClientCall::end(absl::Status status) {
  if (std::exchange(ended_, true)) return;
  status_ = std::move(status);
  if (part_ != nullptr) part_->stop_waiting(*this);
  if (deadline_timer_ != TimerHandle()) loop_->cancel(deadline_timer_);
  if (retry_timer_ != TimerHandle()) loop_->cancel(retry_timer_);
  if (context_ != nullptr) std::exchange(context_, nullptr)->call_ = nullptr;
  wake_if_awaited();
}

// The server is told, if it may still be working.
void ClientCall::fail(absl::Status status) {
  if (ended_ && status_.ok())
    status_ = std::move(status);  // what was left to read was no good
  else
    end(std::move(status));
  replies_whole_ = false;
  reset(http2::ErrorCode::kCancel);
}

void ClientCall::cancel() {
  if (!ended_) fail(absl::CancelledError("the call was cancelled"));
}

void ClientCall::wake_if_awaited() {
  if (read_callback_ || writable_callback_ || finish_callback_) wake();
}

// Whoever is told may drop the call, so nothing of it is touched behind that.
void ClientCall::complete() {
  if (read_callback_) {
    const Read found = try_read(*read_into_);
    if (found != Read::kLater) {
      ReadCallback callback = std::exchange(read_callback_, nullptr);
      wake_if_awaited();
      return callback(found == Read::kMessage);
    }
  }
  if (writable_callback_ && writable()) {
    StatusCallback callback = std::exchange(writable_callback_, nullptr);
    wake_if_awaited();
    return callback(write_status());
  }
  if (!finish_callback_ || !ended_) return;
  absl::Status status = take_end(reply_into_);
  std::exchange(finish_callback_, nullptr)(std::move(status));
}

void ClientCall::release() {
  // One of them may own the context, or the channel: they go when the call has ended.
  const ReadCallback read = std::exchange(read_callback_, nullptr);
  const StatusCallback writable = std::exchange(writable_callback_, nullptr);
  const StatusCallback finish = std::exchange(finish_callback_, nullptr);
  released_ = true;
  ListNode<CompletionQueueTag>::unlink();
  cancel();
  if (connection() == nullptr) recycle();  // else when its stream is gone
}

void ClientCall::recycle() {
  if (part_ == nullptr) {
    delete this;
    return;
  }
  ChannelPart& part = *part_;
  clear();
  part.put_call(*this);
}

void ClientCall::clear() {
  deadline_.reset();
  deadline_timer_ = retry_timer_ = TimerHandle();
  request_.clear();
  reply_.clear();
  replies_.reset();
  sent_ = unconsumed_ = 0;
  keeps_request_ = has_all_ = true;
  writes_done_ = has_reply_ = drops_replies_ = replies_whole_ = committed_ = false;
  read_into_ = reply_into_ = nullptr;
  failed_attempts_ = refusals_ = 0;
  backoff_.reset();
  next_try_in_.reset();
  status_ = absl::OkStatus();
  ended_ = released_ = false;
}

void ClientCall::leave_part() {
  part_ = nullptr;
  ListNode<ClientCallTag>::unlink();
  ListNode<WaitingCallTag>::unlink();
  if (released_) {
    delete this;
    return;
  }
  // One of them may own the call.
  const ReadCallback read = std::exchange(read_callback_, nullptr);
  const StatusCallback writable = std::exchange(writable_callback_, nullptr);
  const StatusCallback finish = std::exchange(finish_callback_, nullptr);
  end(absl::CancelledError("the channel is gone"));
}

}  // namespace turbo::rpc
