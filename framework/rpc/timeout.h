// The grpc-timeout field: how long a call may take.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  parse_timeout(): nothing for what is malformed.
// Limits:  eight digits; longer times than kMaxTimeout are that, which is for ever.
// Cost:    none worth counting.
// Source:  gRPC over HTTP/2, "Timeout".
#ifndef TURBO_RPC_TIMEOUT_H_
#define TURBO_RPC_TIMEOUT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "framework/base/clock.h"

namespace turbo::rpc {

inline constexpr size_t kTimeoutBytes = 9;
inline constexpr Duration kMaxTimeout = std::chrono::hours(24 * 365 * 10);

std::optional<Duration> parse_timeout(std::string_view value);
// In the finest unit that eight digits suffice for, rounded up; zero or less is "0n". The view is
// into `room`.
std::string_view format_timeout(Duration timeout, std::array<char, kTimeoutBytes>& room);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_TIMEOUT_H_
