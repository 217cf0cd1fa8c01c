// Statuses from errno and from plain text, with the codes of the stream contract.
//
// Owner:   values.
// Threads: any.
// Errors:  this is them.
// Limits:  none.
// Cost:    an error status allocates; the hot path makes none.
#ifndef TURBO_BASE_STATUS_H_
#define TURBO_BASE_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace turbo {

// kUnavailable, or kDeadlineExceeded for ETIMEDOUT, with "what: strerror (ENAME)". `error` is an
// errno value.
absl::Status errno_status(int error, std::string_view what);

// A status of `code` with a message given as a standard view.
absl::Status make_status(absl::StatusCode code, std::string_view message);

}  // namespace turbo

#endif  // TURBO_BASE_STATUS_H_
