#include "framework/tls/server_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <optional>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/tls/credentials.h"
#include "framework/tls/openssl.h"
#include "framework/tls/policy.h"
#include "framework/tls/server_names.h"
#include "framework/tls/session_tickets.h"
#include "framework/tls/ticket_keys.h"

namespace turbo::tls {
namespace {

absl::Status wrong(std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument, why);
}

struct Sites;

// What OpenSSL's callbacks need beside the connection. Owned by the SSL_CTX of the certificate.
struct Site {
  std::string alpn;
  std::string staple;
  size_t number = 0;
  const Sites* all = nullptr;  // lives as long as the connection
};

// Which other SSL_CTX serves a name. Owned by the SSL_CTX of the first certificate, which every
// connection begins with and holds; so it is not among `others`.
struct Sites {
  ServerNames names;
  std::vector<ContextPtr> others;
};

// In the ServerHello's making: the version and a resumption are decided by now, by the first
// SSL_CTX, the certificate is not. Policy is the same in all, so that a name changes none.
int on_server_name(SSL* ssl, int*, void* arg) {
  const auto& sites = *static_cast<const Sites*>(arg);
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const std::optional<size_t> number = sites.names.find(name);
  if (!number.has_value()) return SSL_TLSEXT_ERR_NOACK;
  if (*number > 0) SSL_set_SSL_CTX(ssl, sites.others[*number - 1].get());
  return SSL_TLSEXT_ERR_OK;
}

int on_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
            const unsigned char* offered, unsigned int offered_size, void* arg) {
  const auto& site = *static_cast<const Site*>(arg);
  unsigned char* protocol = nullptr;
  const int found = SSL_select_next_proto(
      &protocol, chosen_size, reinterpret_cast<const unsigned char*>(site.alpn.data()),
      static_cast<unsigned int>(site.alpn.size()), offered, offered_size);
  // To go on would be to speak a protocol that the client has not agreed to (ALPACA).
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = protocol;
  return SSL_TLSEXT_ERR_OK;
}

int on_status_request(SSL* ssl, void* arg) {
  const auto& site = *static_cast<const Site*>(arg);
  void* const copy = OPENSSL_memdup(site.staple.data(), site.staple.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(site.staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

// What all certificates of a generation share.
struct Policy {
  std::string alpn;
  std::optional<Trust> trust;  // of clients
  Fingerprint session_context{};
};

absl::StatusOr<Policy> read_policy(const ServerOptions& options) {
  Policy policy;
  absl::StatusOr<std::string> alpn = alpn_wire(options.alpn);
  if (!alpn.ok()) return alpn.status();
  policy.alpn = *std::move(alpn);
  if (options.client_auth == ClientAuth::kOff) return policy;
  absl::StatusOr<Trust> trust = read_trust(options.client_ca_file, options.crl_file);
  if (!trust.ok()) return trust.status();
  // A ticket stands for a verified client, so it resumes only where the same clients are let in:
  // with the same demand, CAs and revocations (CVE-2025-23419).
  policy.session_context = trust->fingerprint;
  policy.session_context[0] = static_cast<unsigned char>(options.client_auth);
  policy.trust = *std::move(trust);
  return policy;
}

void verify_clients(SSL_CTX* context, ClientAuth auth, const Trust& trust) {
  const int demand = auth == ClientAuth::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nullptr);
  SSL_CTX_set1_cert_store(context, trust.store.get());
  SSL_CTX_set0_CA_list(context, SSL_dup_CA_list(trust.names.get()));
}

absl::Status apply(const Policy& policy, const ServerOptions& options, SSL_CTX* context) {
  if (policy.trust.has_value()) verify_clients(context, options.client_auth, *policy.trust);
  if (SSL_CTX_set_session_id_context(context, policy.session_context.data(),
                                     policy.session_context.size()) != 1) {
    return openssl_status(absl::StatusCode::kInternal, "the session context");
  }
  if (options.tickets) return use_tickets(context, options.ticket_keys);
  refuse_tickets(context);
  return absl::OkStatus();
}

absl::StatusOr<ContextPtr> new_site(const ServerOptions& options, const Policy& policy,
                                    size_t number) {
  absl::StatusOr<ContextPtr> context = new_context(TLS_server_method(), options.min_version);
  if (!context.ok()) return context;
  const Certificate& certificate = options.certificates[number];
  absl::Status status =
      use_certificate(context->get(), certificate, "certificates[" + std::to_string(number) + "]");
  if (status.ok()) status = apply(policy, options, context->get());
  if (!status.ok()) return status;

  auto site = std::make_unique<Site>();
  site->alpn = policy.alpn;
  site->number = number;
  if (!site->alpn.empty()) SSL_CTX_set_alpn_select_cb(context->get(), on_alpn, site.get());
  if (!certificate.ocsp_file.empty()) {
    absl::StatusOr<std::string> staple = read_staple(certificate.ocsp_file);
    if (!staple.ok()) return staple.status();
    site->staple = *std::move(staple);
    SSL_CTX_set_tlsext_status_cb(context->get(), on_status_request);
    SSL_CTX_set_tlsext_status_arg(context->get(), site.get());
  }
  if (!Attached<Site>::set(context->get(), std::move(site))) {
    return openssl_status(absl::StatusCode::kInternal, "a certificate's context");
  }
  return context;
}

// The first certificate's context, which owns the others.
absl::StatusOr<ContextPtr> new_generation(const ServerOptions& options) {
  absl::StatusOr<Policy> policy = read_policy(options);
  if (!policy.ok()) return policy.status();
  ContextPtr first;
  auto sites = std::make_unique<Sites>();
  for (size_t i = 0; i < options.certificates.size(); ++i) {
    absl::StatusOr<ContextPtr> context = new_site(options, *policy, i);
    if (!context.ok()) return context;
    sites->names.add(SSL_CTX_get0_certificate(context->get()), i);
    if (i == 0) {
      first = *std::move(context);
    } else {
      sites->others.push_back(*std::move(context));
    }
  }
  SSL_CTX_set_tlsext_servername_callback(first.get(), on_server_name);
  SSL_CTX_set_tlsext_servername_arg(first.get(), sites.get());
  Attached<Site>::get(first.get())->all = sites.get();
  for (const ContextPtr& other : sites->others) {
    Attached<Site>::get(other.get())->all = sites.get();
  }
  if (!Attached<Sites>::set(first.get(), std::move(sites))) {
    return openssl_status(absl::StatusCode::kInternal, "the table of server names");
  }
  // Names that do not decode leave errors behind.
  ERR_clear_error();
  return first;
}

absl::Status check(const ServerOptions& options) {
  if (options.certificates.empty()) return wrong("certificates: a TLS server wants at least one");
  const bool asks = options.client_auth != ClientAuth::kOff;
  if (asks && options.client_ca_file.empty()) {
    return wrong("client_ca_file: wanted to verify clients with");
  }
  if (!options.tickets && options.ticket_keys != nullptr) {
    return wrong("ticket_keys are for nothing, tickets is off");
  }
  // Whoever sets these believes that clients are verified.
  if (!asks && !options.client_ca_file.empty()) {
    return wrong("client_ca_file: " + options.client_ca_file +
                 " is for nothing, client_auth is off");
  }
  if (!asks && !options.crl_file.empty()) {
    return wrong("crl_file: " + options.crl_file + " is for nothing, client_auth is off");
  }
  return absl::OkStatus();
}

std::vector<std::string> files_of(const ServerOptions& options) {
  std::vector<std::string> files = {options.client_ca_file, options.crl_file};
  for (const Certificate& certificate : options.certificates) {
    files.insert(files.end(),
                 {certificate.chain_file, certificate.key_file, certificate.ocsp_file});
  }
  if (options.tickets) files.push_back(options.ticket_keys->path());
  std::erase(files, std::string());
  return files;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ServerContext>> ServerContext::create(ServerOptions options) {
  if (absl::Status status = check(options); !status.ok()) return status;
  if (options.tickets && options.ticket_keys == nullptr) {
    options.ticket_keys = TicketKeys::random();
  }
  std::shared_ptr<ServerContext> context(new ServerContext(std::move(options)));
  if (absl::Status status = context->reload(); !status.ok()) return status;
  return context;
}

ServerContext::ServerContext(ServerOptions options)
    : options_(std::move(options)), files_(files_of(options_)) {}

ServerContext::~ServerContext() = default;

absl::Status ServerContext::reload() {
  const std::lock_guard lock(reload_mutex_);
  stamps_ = stamps();
  return read_files();
}

absl::StatusOr<bool> ServerContext::reload_if_changed() {
  const std::lock_guard lock(reload_mutex_);
  std::vector<FileStamp> now = stamps();
  if (now == stamps_) return false;
  // Taken before the files are read: what changes while they are is noticed the next time.
  stamps_ = std::move(now);
  if (absl::Status status = read_files(); !status.ok()) return status;
  return true;
}

bool belongs_to_another_certificate(const ssl_st* connection, std::string_view host) {
  const Site& shown = *Attached<Site>::get(SSL_get_SSL_CTX(connection));
  const std::optional<size_t> number = shown.all->names.find(host);
  if (!number.has_value() || *number == shown.number) return false;
  // Two certificates may have the name.
  return X509_check_host(SSL_get_certificate(connection), host.data(), host.size(), 0, nullptr) !=
         1;
}

Engine ServerContext::new_engine() const {
  Generation generation;
  {
    const std::lock_guard lock(mutex_);
    generation = current_;
  }
  Engine engine(SSL_new(generation.get()));
  TURBO_CHECK(engine != nullptr, "OpenSSL is out of memory");
  SSL_set_accept_state(engine.get());
  return engine;
}

std::vector<FileStamp> ServerContext::stamps() const {
  std::vector<FileStamp> stamps;
  for (const std::string& file : files_) stamps.push_back(stamp_of(file));
  return stamps;
}

absl::Status ServerContext::read_files() {
  absl::StatusOr<ContextPtr> context = new_generation(options_);
  if (!context.ok()) return context.status();
  // Last, since it takes effect at once: after it nothing can fail.
  if (options_.tickets) {
    if (absl::Status status = options_.ticket_keys->reload(); !status.ok()) return status;
  }
  Generation generation(context->release(), SSL_CTX_free);
  {
    const std::lock_guard lock(mutex_);
    current_.swap(generation);
  }
  return absl::OkStatus();  // and the old one goes, without the lock
}

}  // namespace turbo::tls
