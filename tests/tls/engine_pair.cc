#include "tests/tls/engine_pair.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <cstdlib>
#include <utility>

#include "framework/tls/subject_names.h"

namespace turbo::tls {
namespace {

// More flights than any handshake has.
constexpr int kRounds = 20;

template <class Context>
Context made(absl::StatusOr<Context> context) {
  if (context.ok()) return *std::move(context);
  ADD_FAILURE() << context.status();
  std::abort();
}

}  // namespace

EnginePair::EnginePair(Engine client, Engine server)
    : client_{std::move(client), {}}, server_{std::move(server), {}} {
  BIO* left = nullptr;
  BIO* right = nullptr;
  EXPECT_EQ(BIO_new_bio_pair(&left, 0, &right, 0), 1);
  SSL_set_bio(client_.ssl.get(), left, left);
  SSL_set_bio(server_.ssl.get(), right, right);
}

EnginePair::~EnginePair() {
  SSL_set_shutdown(client(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_set_shutdown(server(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void EnginePair::note(Side& side, int result) {
  const int why = SSL_get_error(side.ssl.get(), result);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
  if (why == SSL_ERROR_ZERO_RETURN) {
    side.error = "closed";
    return;
  }
  side.error = std::string(openssl_status(absl::StatusCode::kUnavailable, "TLS").message());
  const long verified = SSL_get_verify_result(side.ssl.get());
  const bool asked = SSL_get_verify_mode(side.ssl.get()) != SSL_VERIFY_NONE;
  if (verified == X509_V_OK || !asked) return;
  side.error += std::string(" [") + X509_verify_cert_error_string(verified) + "]";
}

void EnginePair::step(Side& side) {
  if (!side.error.empty() || SSL_is_init_finished(side.ssl.get())) return;
  ERR_clear_error();
  if (const int result = SSL_do_handshake(side.ssl.get()); result != 1) note(side, result);
}

void EnginePair::drain(Side& side) {
  if (!side.error.empty()) return;
  ERR_clear_error();
  char byte;
  if (const int got = SSL_read(side.ssl.get(), &byte, 1); got <= 0) note(side, got);
}

bool EnginePair::handshake() {
  for (int round = 0; round < kRounds; ++round) {
    step(client_);
    step(server_);
  }
  drain(client_);
  drain(server_);
  return client_.error.empty() && server_.error.empty() && SSL_is_init_finished(client()) &&
         SSL_is_init_finished(server());
}

bool EnginePair::exchange() {
  char byte = 0;
  ERR_clear_error();
  const bool there = SSL_write(client(), "a", 1) == 1 && SSL_read(server(), &byte, 1) == 1;
  const bool back = SSL_write(server(), "b", 1) == 1 && SSL_read(client(), &byte, 1) == 1;
  ERR_clear_error();
  return there && back && byte == 'b';
}

std::string EnginePair::alpn() const {
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(server(), &protocol, &size);
  return {reinterpret_cast<const char*>(protocol), size};
}

std::string EnginePair::server_common_name() const {
  const X509* const certificate = SSL_get0_peer_certificate(client());
  return certificate == nullptr ? std::string() : common_name_of(certificate);
}

std::shared_ptr<ServerContext> make_server(ServerOptions options) {
  return made(ServerContext::create(std::move(options)));
}

std::shared_ptr<const ClientContext> make_client(const ClientOptions& options) {
  return made(ClientContext::create(options));
}

Engine make_client_engine(const ClientOptions& options, std::string_view server_name) {
  return made(make_client(options)->new_engine(server_name));
}

}  // namespace turbo::tls
