// The names that a certificate carries. For the tls room alone.
//
// Owner:   values.
// Threads: any.
// Errors:  none: what cannot be read is left out, as is a name with a NUL in it, which would show
//          less of itself than it is.
// Limits:  the caller's.
// Cost:    a decode of the extension a call.
#ifndef TURBO_TLS_SUBJECT_NAMES_H_
#define TURBO_TLS_SUBJECT_NAMES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "framework/tls/openssl.h"

namespace turbo::tls {

// The first `limit` of the subject alternative names.
std::vector<std::string> dns_names_of(const X509* certificate, size_t limit);
std::vector<std::string> ip_addresses_of(const X509* certificate, size_t limit);
// The subject's; empty if it has none.
std::string common_name_of(const X509* certificate);

}  // namespace turbo::tls

#endif  // TURBO_TLS_SUBJECT_NAMES_H_
