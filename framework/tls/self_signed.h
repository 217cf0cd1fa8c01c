// A certificate for development and tests that nobody vouches for.
//
// Owner:   a value.
// Threads: any.
// Errors:  kInternal if OpenSSL cannot make one.
// Limits:  valid for 90 days; ECDSA with P-256.
// Cost:    under a millisecond.
#ifndef TURBO_TLS_SELF_SIGNED_H_
#define TURBO_TLS_SELF_SIGNED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "framework/tls/options.h"

namespace turbo::tls {

// `names`: host names, wildcards and addresses, all as subject alternative names.
absl::StatusOr<Certificate> self_signed(const std::vector<std::string>& names = {
                                            "localhost", "127.0.0.1", "::1"});

}  // namespace turbo::tls

#endif  // TURBO_TLS_SELF_SIGNED_H_
