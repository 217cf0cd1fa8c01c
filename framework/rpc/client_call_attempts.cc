#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/channel_part.h"
#include "framework/rpc/client_call.h"

namespace turbo::rpc {

// An answer has begun: there is no other try.
void ClientCall::commit() {
  committed_ = true;
  stop_keeping();
}

void ClientCall::stop_keeping() {
  keeps_request_ = false;
  if (sent_ == 0) return;
  has_all_ = false;
  request_.drain(std::exchange(sent_, 0));
}

void ClientCall::keep_no_more_than(size_t bytes) {
  if (keeps_request_ && request_.size() > bytes) stop_keeping();
}

// The try has come to `status`.
void ClientCall::conclude(absl::Status status, const Pushback& pushback) {
  const std::optional<Duration> wait = plan_next_try(status, pushback);
  if (!wait.has_value()) return end(std::move(status));
  ++failed_attempts_;
  if (connection() == nullptr) return try_again_after(*wait);
  next_try_in_ = wait;
}

// How long to wait for it, if there is to be one. The budget is told of each end.
std::optional<Duration> ClientCall::plan_next_try(const absl::Status& status,
                                                  const Pushback& pushback) {
  const RetryPolicy& policy = part_->options().retry;
  RetryBudget& budget = part_->retry_budget();
  if (policy.max_attempts <= 1) return std::nullopt;
  if (status.ok()) return budget.succeeded(), std::nullopt;
  if (!policy.retryable.contains(status.code()) || !budget.failed()) return std::nullopt;
  if (pushback.forbidden || committed_ || !has_all_) return std::nullopt;
  if (failed_attempts_ + 1 >= policy.max_attempts) return std::nullopt;
  // Behind what the server said the waits begin anew (gRFC A6).
  if (!backoff_.has_value() || pushback.wait.has_value()) backoff_.emplace(policy.backoff);
  const Duration wait = pushback.wait.has_value() ? *pushback.wait : backoff_->next();
  if (deadline_.has_value() && saturating_add(loop_->time(), wait) >= *deadline_) {
    return std::nullopt;
  }
  return wait;
}

void ClientCall::try_again_after(Duration wait) {
  retry_timer_ = loop_->call_later(wait, [this] { start_over(); });
}

// The server has not begun it. Only what it refused itself counts: what never left may wait for as
// long as the call may.
void ClientCall::try_transparently(const StreamEnd& end) {
  if (end.by_server && ++refusals_ > part_->options().max_transparent_retries) {
    return conclude(status_of(end), {});
  }
  start_over();
}

void ClientCall::start_over() {
  TURBO_DCHECK(has_all_, "a request is sent again whole");
  retry_timer_ = TimerHandle();
  sent_ = unconsumed_ = 0;
  has_reply_ = replies_whole_ = false;
  reply_.clear();
  replies_.emplace(part_->options().max_reply_bytes);
  if (context_ != nullptr) {
    context_->initial_.clear();
    context_->trailing_.clear();
  }
  keep_no_more_than(part_->options().max_retry_bytes);  // what was written between two tries, too
  part_->route_later(*this);
}

}  // namespace turbo::rpc
