#include "framework/tls/session_tickets.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace turbo::tls {
namespace {

constexpr int kIvBytes = 16;  // AES' block
// From its making. Clients that come back later than this rarely come back at all, and the longer
// it is, the longer the keys are worth stealing.
constexpr long kTicketSeconds = 2L * 60 * 60;

// What OpenSSL's callback answers.
enum : int { kFailed = -1, kUnknownKey = 0, kUse = 1, kUseAndRenew = 2 };

struct Tickets {
  std::shared_ptr<TicketKeys> keys;
};

TicketKeys& keys_of(const SSL* ssl) { return *Attached<Tickets>::get(SSL_get_SSL_CTX(ssl))->keys; }

bool set_mac_key(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.hmac.data(), key.hmac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int begin_to_seal(TicketKeys::Key key, unsigned char* name, unsigned char* iv,
                  EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  std::copy(key.name.begin(), key.name.end(), name);
  const bool ready =
      RAND_bytes(iv, kIvBytes) == 1 &&
      EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.aes.data(), iv, nullptr) == 1 &&
      set_mac_key(mac, key);
  return ready ? kUse : kFailed;
}

int begin_to_open(TicketKeys::Found found, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac) {
  const bool ready =
      EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found.key.aes.data(), iv, nullptr) == 1 &&
      set_mac_key(mac, found.key);
  if (!ready) return kFailed;
  return found.newest ? kUse : kUseAndRenew;
}

int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac, int sealing) {
  TicketKeys& keys = keys_of(ssl);
  if (sealing != 0) return begin_to_seal(keys.encryption_key(), name, iv, cipher, mac);
  std::optional<TicketKeys::Found> found = keys.find(std::span<const unsigned char, 16>(name, 16));
  if (!found.has_value()) return kUnknownKey;  // a full handshake
  return begin_to_open(*std::move(found), iv, cipher, mac);
}

bool has_expired(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

SSL_TICKET_RETURN on_ticket_opened(SSL* ssl, SSL_SESSION* session, const unsigned char*, size_t,
                                   SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  // OpenSSL verifies no certificate twice, so one could be resumed from ticket to ticket for years
  // after it has expired.
  const X509* const peer = SSL_SESSION_get0_peer(session);
  if (peer != nullptr && has_expired(peer)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  // In TLS 1.3 a client uses a ticket once, so that nobody can tell its connections belong together
  // (RFC 8446 C.4): without a new one every second handshake would be a full one.
  const bool renew = status == SSL_TICKET_SUCCESS_RENEW || SSL_version(ssl) == TLS1_3_VERSION;
  return renew ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

}  // namespace

absl::Status use_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys) {
  const bool set =
      Attached<Tickets>::set(context, std::make_unique<Tickets>(Tickets{std::move(keys)})) &&
      SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket_key) == 1 &&
      SSL_CTX_set_session_ticket_cb(context, nullptr, on_ticket_opened, nullptr) == 1 &&
      // OpenSSL would send two. Each costs an encryption, a record and, after a resumption, most of
      // the handshake; a client that opens several connections at once gets one from each.
      SSL_CTX_set_num_tickets(context, 1) == 1;
  if (!set) return openssl_status(absl::StatusCode::kInternal, "session tickets");
  SSL_CTX_set_timeout(context, kTicketSeconds);
  return absl::OkStatus();
}

void refuse_tickets(SSL_CTX* context) {
  // The option is about TLS 1.2 and makes those of 1.3 refer to a table; none at all there.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

}  // namespace turbo::tls
