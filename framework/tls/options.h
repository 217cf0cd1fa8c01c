// What a TLS server or client is made from: plain values, checked when a context is created.
//
//   tls::ServerOptions options;
//   options.certificates = {{.chain_file = "example.org.pem", .key_file = "example.org.key"}};
//   auto context = tls::ServerContext::create(options);
//
// Owner:   values.
// Threads: any.
// Errors:  none here; create() says which file is wrong and why.
// Limits:  as noted at each.
// Cost:    none.
#ifndef TURBO_TLS_OPTIONS_H_
#define TURBO_TLS_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace turbo::tls {

class TicketKeys;

// A chain and its key, each as a file (read again by reload()) or as a PEM text.
struct Certificate {
  std::string chain_file;  // PEM: the leaf, then the intermediates; sent as it is
  std::string key_file;    // PEM, not encrypted
  std::string ocsp_file;   // DER, stapled to the leaf; empty: none
  std::string chain_pem;   // instead of the files
  std::string key_pem;
};

// TLS 1.2 comes with ECDHE and AEAD only. Nothing older is spoken.
enum class Version : uint8_t { kTLS12, kTLS13 };

// Whether a server asks its clients for a certificate. kOptional: one that is sent must be valid.
enum class ClientAuth : uint8_t { kOff, kOptional, kRequired };

struct ServerOptions {
  // At least one. A client's server name chooses the first whose leaf carries it exactly, then the
  // first that does by wildcard (RFC 6125: one left-most label); else the first of all serves.
  std::vector<Certificate> certificates;
  // What is spoken over the connection, in the order of preference: HTTP unless it is set. A client
  // that offers nothing of it by ALPN is refused (RFC 7301 3.2), one that does not use ALPN is not.
  // Empty: ALPN is ignored.
  std::vector<std::string> alpn = {"h2", "http/1.1"};
  Version min_version = Version::kTLS12;

  ClientAuth client_auth = ClientAuth::kOff;
  std::string client_ca_file;  // PEM; wanted unless kOff
  std::string crl_file;  // PEM, of every issuer in the chain; empty: revocation is not checked

  // Session tickets, good for two hours: a client that comes back saves a round trip, and us the
  // signature. They resume only where the same clients are let in: client_auth, client_ca_file and
  // crl_file as they were.
  bool tickets = true;
  // Shared by all contexts that should take each other's tickets. Null: made by create().
  std::shared_ptr<TicketKeys> ticket_keys;
};

struct ClientOptions {
  // The chain and that the certificate is the server name's, by its subject alternative names. Off
  // only for tests: anybody can then sit in between.
  bool verify = true;
  std::string ca_file;   // PEM; empty: the system's store
  std::string crl_file;  // as above
  // For servers that ask for one.
  std::optional<Certificate> certificate;
  std::vector<std::string> alpn;
  Version min_version = Version::kTLS12;
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_OPTIONS_H_
