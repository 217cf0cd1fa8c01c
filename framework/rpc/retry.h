// RetryPolicy: which calls that failed are made again. RetryBudget: that they do not become the
// load that keeps a server down.
//
// A call is made again only while nothing of an answer has come; for a kind of failure that the
// policy names; and if the server's "grpc-retry-pushback-ms" does not say otherwise. What the
// server has not begun (it refused the stream, or was leaving) is tried again without a policy, up
// to ChannelOptions::max_transparent_retries.
//
// Owner:   values; the budget is the channel's, one for each loop.
// Threads: one.
// Errors:  none.
// Limits:  these are them.
// Cost:    an addition a call.
// Source:  gRFC A6.
#ifndef TURBO_RPC_RETRY_H_
#define TURBO_RPC_RETRY_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "framework/rpc/backoff.h"

namespace turbo::rpc {

// Kinds of failure.
class StatusCodes {
 public:
  constexpr StatusCodes(std::initializer_list<absl::StatusCode> codes) {
    for (const absl::StatusCode code : codes) bits_ |= bit(code);
  }
  constexpr bool contains(absl::StatusCode code) const { return (bits_ & bit(code)) != 0; }

 private:
  static constexpr uint32_t bit(absl::StatusCode code) { return 1u << static_cast<uint32_t>(code); }
  uint32_t bits_ = 0;
};

struct RetryPolicy {
  // The first try is one of them; 1: no other. More are for methods that may be run twice.
  uint32_t max_attempts = 1;
  StatusCodes retryable = {absl::StatusCode::kUnavailable};
  // Before the next try: anything from nothing to twice as long.
  BackoffOptions backoff = {.initial = std::chrono::milliseconds(100),
                            .multiplier = 2,
                            .jitter = 1,
                            .max = std::chrono::seconds(5)};
  // Each failure takes a token, each success gives `token_ratio` back; while half of them are gone
  // nothing is tried again.
  double max_tokens = 100;
  double token_ratio = 0.1;
};

class RetryBudget {
 public:
  explicit RetryBudget(const RetryPolicy& policy)
      : max_tokens_(policy.max_tokens), ratio_(policy.token_ratio), tokens_(policy.max_tokens) {}

  void succeeded() { tokens_ = std::min(max_tokens_, tokens_ + ratio_); }
  // Whether there may be another try.
  bool failed() {
    tokens_ = std::max(0.0, tokens_ - 1);
    return tokens_ > max_tokens_ / 2;
  }

 private:
  double max_tokens_;
  double ratio_;
  double tokens_;
};

// What a server says of the next try.
struct Pushback {
  bool forbidden = false;  // there is to be none
  std::optional<Duration> wait;
};
// `value`: of "grpc-retry-pushback-ms". What is no number forbids.
Pushback parse_pushback(std::optional<std::string_view> value);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_RETRY_H_
