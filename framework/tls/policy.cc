#include "framework/tls/policy.h"

#include "framework/base/status.h"

namespace turbo::tls {
namespace {

// Mozilla's "intermediate" without its suites of finite-field Diffie-Hellman, which cost a server
// ten times as much and which no client needs that has one of these.
constexpr char kTLS12Suites[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kTLS13Suites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
// 112 bits: RSA keys from 2048, no SHA-1. Debian's default, not everybody's.
constexpr int kSecurityLevel = 2;
// Intermediates between leaf and root. The public web has up to three; OpenSSL would verify 100.
constexpr int kMaxIntermediates = 8;

constexpr int version_number(Version version) {
  return version == Version::kTLS13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

// All of it set, not only what differs from the default: a machine's openssl.cnf may change those.
bool restrict_protocol(SSL_CTX* context, Version min_version) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  return SSL_CTX_set_min_proto_version(context, version_number(min_version)) == 1 &&
         SSL_CTX_set_max_proto_version(context, 0) == 1 &&  // the highest there is
         SSL_CTX_set_cipher_list(context, kTLS12Suites) == 1 &&
         SSL_CTX_set_ciphersuites(context, kTLS13Suites) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

void set_options(SSL_CTX* context) {
  // Our order of suites counts, the cheapest first, but a client that puts ChaCha20 first has no
  // AES in hardware and gets it.
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // An end without close_notify is no error of OpenSSL's but an end of bytes, of which the
  // transport remembers that it was not announced.
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

void set_modes(SSL_CTX* context) {
  // An idle connection holds no buffer; what is written may move between two tries.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                // What the chain file holds is what is sent: no guessing from
                                // the certificates that clients are verified with.
                                SSL_MODE_NO_AUTO_CHAIN);
  // A record that carries no data ends the call, so that a flood of them cannot hold the loop.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  // One read from the transport takes header and record, and more than one record.
  SSL_CTX_set_read_ahead(context, 1);
}

}  // namespace

absl::StatusOr<ContextPtr> new_context(const SSL_METHOD* method, Version min_version) {
  ContextPtr context(SSL_CTX_new(method));
  if (context == nullptr || !restrict_protocol(context.get(), min_version)) {
    return openssl_status(absl::StatusCode::kInternal, "OpenSSL cannot do what TLS needs");
  }
  set_options(context.get());
  set_modes(context.get());
  // Early data can be replayed by anybody who has seen it.
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_verify_depth(context.get(), kMaxIntermediates);
  // Sessions live in tickets, with the client: no table that grows and that threads fight for.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

absl::StatusOr<std::string> alpn_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return make_status(absl::StatusCode::kInvalidArgument,
                         "alpn: \"" + protocol + "\" is not of 1 to 255 bytes");
    }
    wire.push_back(static_cast<char>(protocol.size()));
    wire += protocol;
  }
  // The list has a length of two bytes.
  if (wire.size() > 65535) {
    return make_status(absl::StatusCode::kInvalidArgument, "alpn: more than 65535 bytes in all");
  }
  return wire;
}

}  // namespace turbo::tls
