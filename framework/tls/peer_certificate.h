// PeerCertificate: what the certificate of the other side says.
//
// Owner:   a value.
// Threads: any.
// Errors:  none.
// Limits:  at most 100 names are listed.
// Cost:    a copy of the strings.
#ifndef TURBO_TLS_PEER_CERTIFICATE_H_
#define TURBO_TLS_PEER_CERTIFICATE_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "framework/tls/engine.h"

namespace turbo::tls {

struct PeerCertificate {
  std::string subject;  // RFC 2253: "CN=example.org,O=Example"
  std::string issuer;
  std::vector<std::string> dns_names;  // subject alternative names
  std::vector<std::string> ip_addresses;
  std::string serial;  // hexadecimal
  std::string sha256;  // of the DER, hexadecimal
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string pem;
};

// Empty if the peer sent none, or the session was resumed without one.
std::optional<PeerCertificate> peer_certificate(const ssl_st* engine);

}  // namespace turbo::tls

#endif  // TURBO_TLS_PEER_CERTIFICATE_H_
