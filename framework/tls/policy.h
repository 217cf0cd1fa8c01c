// What every context of ours has in common: versions, cipher suites, and what is off. For the tls
// room alone.
//
// Owner:   the caller.
// Threads: any.
// Errors:  new_context(): kInternal if this OpenSSL lacks a part. alpn_wire(): kInvalidArgument.
// Limits:  none.
// Cost:    some hundred allocations a context.
#ifndef TURBO_TLS_POLICY_H_
#define TURBO_TLS_POLICY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "framework/tls/openssl.h"
#include "framework/tls/options.h"

namespace turbo::tls {

absl::StatusOr<ContextPtr> new_context(const SSL_METHOD* method, Version min_version);

// The protocols as ALPN has them on the wire: each behind its length.
absl::StatusOr<std::string> alpn_wire(const std::vector<std::string>& protocols);

}  // namespace turbo::tls

#endif  // TURBO_TLS_POLICY_H_
