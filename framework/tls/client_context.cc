#include "framework/tls/client_context.h"

#include <openssl/err.h>

#include <string>
#include <utility>

#include "framework/base/address.h"
#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/dns/hosts_file.h"
#include "framework/tls/credentials.h"
#include "framework/tls/openssl.h"
#include "framework/tls/policy.h"

namespace turbo::tls {
namespace {

// A wildcard stands for a whole label, and the common name for none at all: names are in the
// extension made for them (RFC 9525 6.3; browsers and Go have dropped the rest).
constexpr unsigned int kHostFlags =
    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

absl::Status wrong(std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument, why);
}

absl::Status verify_servers(SSL_CTX* context, const ClientOptions& options) {
  absl::StatusOr<Trust> trust = read_trust(options.ca_file, options.crl_file);
  if (!trust.ok()) return trust.status();
  SSL_CTX_set1_cert_store(context, trust->store.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return absl::OkStatus();
}

absl::Status offer(SSL_CTX* context, const std::vector<std::string>& protocols) {
  absl::StatusOr<std::string> wire = alpn_wire(protocols);
  if (!wire.ok()) return wire.status();
  // Zero is success here, unlike everywhere else.
  if (SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire->data()),
                              static_cast<unsigned int>(wire->size())) != 0) {
    return openssl_status(absl::StatusCode::kInternal, "alpn");
  }
  return absl::OkStatus();
}

// The address without brackets and scope, or empty for a name.
std::string address_in(std::string_view server_name) {
  const absl::StatusOr<Address> address = Address::parse(server_name, 0);
  if (!address.ok()) return {};
  const std::string host = address->host();
  return host.substr(0, host.find('%'));
}

absl::Status expect_address(SSL* ssl, const std::string& address) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address.c_str()) == 1) {
    return absl::OkStatus();
  }
  return openssl_status(absl::StatusCode::kInvalidArgument, address);
}

absl::Status expect_name(SSL* ssl, std::string_view server_name) {
  if (!is_host_name(server_name)) {
    return wrong("\"" + std::string(server_name) + "\" is not a host name");
  }
  // RFC 6066 3: without the dot. OpenSSL would take a dot in front for "any below".
  const std::string name = canonical_name(server_name);
  SSL_set_hostflags(ssl, kHostFlags);
  if (SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 && SSL_set1_host(ssl, name.c_str()) == 1) {
    return absl::OkStatus();
  }
  return openssl_status(absl::StatusCode::kInvalidArgument, name);
}

absl::Status expect(SSL* ssl, std::string_view server_name) {
  const std::string address = address_in(server_name);
  return address.empty() ? expect_name(ssl, server_name) : expect_address(ssl, address);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ClientContext>> ClientContext::create(
    const ClientOptions& options) {
  // Whoever sets these believes that servers are verified.
  if (!options.verify && !(options.ca_file.empty() && options.crl_file.empty())) {
    return wrong("ca_file and crl_file are for nothing, verify is off");
  }
  absl::StatusOr<ContextPtr> context = new_context(TLS_client_method(), options.min_version);
  if (!context.ok()) return context.status();
  absl::Status status = offer(context->get(), options.alpn);
  if (status.ok() && options.verify) status = verify_servers(context->get(), options);
  if (status.ok() && options.certificate.has_value()) {
    status = use_certificate(context->get(), *options.certificate, "certificate");
  }
  if (!status.ok()) return status;
  return std::shared_ptr<const ClientContext>(
      new ClientContext(context->release(), options.verify));
}

ClientContext::~ClientContext() { SSL_CTX_free(context_); }

absl::StatusOr<Engine> ClientContext::new_engine(std::string_view server_name) const {
  if (server_name.empty() && verify_) {
    return wrong("a server name is wanted to verify the server's certificate with");
  }
  Engine engine(SSL_new(context_));
  TURBO_CHECK(engine != nullptr, "OpenSSL is out of memory");
  SSL_set_connect_state(engine.get());
  if (!server_name.empty()) {
    if (absl::Status status = expect(engine.get(), server_name); !status.ok()) return status;
  }
  return engine;
}

}  // namespace turbo::tls
