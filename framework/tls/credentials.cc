#include "framework/tls/credentials.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include <optional>
#include <utility>
#include <vector>

#include "framework/base/status.h"
#include "framework/tls/file.h"

namespace turbo::tls {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

absl::Status wrong(std::string_view source, std::string_view why) {
  return make_status(kInvalid, std::string(source).append(": ").append(why));
}

// OpenSSL would ask on the terminal.
int refuse_password(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

X509* read_one(BIO* bio, X509*) {
  return PEM_read_bio_X509(bio, nullptr, refuse_password, nullptr);
}
X509_CRL* read_one(BIO* bio, X509_CRL*) {
  return PEM_read_bio_X509_CRL(bio, nullptr, refuse_password, nullptr);
}

bool at_end() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// All PEM blocks of one kind; others are skipped. `kind` names it to the user.
template <class Pointer>
absl::StatusOr<std::vector<Pointer>> read_all(std::string_view text, std::string_view source,
                                              std::string_view kind) {
  const BioPtr bio = bio_over(text);
  std::vector<Pointer> found;
  ERR_clear_error();
  while (typename Pointer::pointer one = read_one(bio.get(), typename Pointer::pointer{})) {
    found.emplace_back(one);
  }
  if (!at_end()) {
    const std::string number = std::to_string(found.size() + 1);
    return openssl_status(kInvalid, std::string(source) + ": " + std::string(kind) + " " + number +
                                        " cannot be read");
  }
  ERR_clear_error();
  if (found.empty()) return wrong(source, "there is no " + std::string(kind) + " in PEM in it");
  return found;
}

// A text and what to call it in a message.
struct Source {
  Secret text;
  std::string name;
};

absl::StatusOr<Source> open_source(const std::string& file, const std::string& pem,
                                   const std::string& option) {
  if (file.empty() == pem.empty()) {
    return wrong(option, file.empty() ? "wants a file or a text"
                                      : "has both a file (" + file + ") and a text");
  }
  if (!pem.empty()) return Source{Secret(pem), option + "_pem"};
  absl::StatusOr<Secret> text = read_file(file);
  if (!text.ok()) return text.status();
  return Source{*std::move(text), file};
}

absl::StatusOr<KeyPtr> read_key(const Source& source) {
  const BioPtr bio = bio_over(source.text.view());
  bool encrypted = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, &encrypted));
  if (encrypted) {
    ERR_clear_error();
    return wrong(source.name, "the key is encrypted; store it without a passphrase");
  }
  if (key != nullptr) return key;
  const bool none = source.text.view().find("PRIVATE KEY-----") == std::string_view::npos;
  if (!none) return openssl_status(kInvalid, source.name + ": the key cannot be read");
  ERR_clear_error();
  return wrong(source.name, "there is no private key in PEM in it");
}

absl::Status install(SSL_CTX* context, const std::vector<X509Ptr>& chain, const Source& source) {
  // Fails for keys and digests that are too weak to be worth a handshake.
  if (SSL_CTX_use_certificate(context, chain[0].get()) != 1) {
    return openssl_status(kInvalid, source.name + ": the certificate cannot be used");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return openssl_status(
          kInvalid, source.name + ": certificate " + std::to_string(i + 1) + " cannot be used");
    }
  }
  return absl::OkStatus();
}

// The names go to clients, which choose their certificate by them.
absl::Status add_authorities(std::string_view text, const std::string& source, Trust& trust) {
  absl::StatusOr<std::vector<X509Ptr>> authorities = read_all<X509Ptr>(text, source, "certificate");
  if (!authorities.ok()) return authorities.status();
  trust.names.reset(sk_X509_NAME_new_null());
  for (const X509Ptr& authority : *authorities) {
    X509_NAME* const name = X509_NAME_dup(X509_get_subject_name(authority.get()));
    if (X509_STORE_add_cert(trust.store.get(), authority.get()) != 1 ||
        sk_X509_NAME_push(trust.names.get(), name) == 0) {
      X509_NAME_free(name);
      return openssl_status(kInvalid, source + ": a certificate cannot be used");
    }
  }
  return absl::OkStatus();
}

absl::Status add_revoked(std::string_view text, const std::string& source, Trust& trust) {
  absl::StatusOr<std::vector<CrlPtr>> lists = read_all<CrlPtr>(text, source, "CRL");
  if (!lists.ok()) return lists.status();
  for (const CrlPtr& list : *lists) {
    if (X509_STORE_add_crl(trust.store.get(), list.get()) != 1) {
      return openssl_status(kInvalid, source + ": a CRL cannot be used");
    }
  }
  // Of the intermediates too, so the file needs a list of every issuer.
  X509_STORE_set_flags(trust.store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return absl::OkStatus();
}

bool digest(std::string_view text, Fingerprint& fingerprint) {
  return EVP_Digest(text.data(), text.size(), fingerprint.data(), nullptr, EVP_sha256(), nullptr) ==
         1;
}

}  // namespace

absl::Status use_certificate(SSL_CTX* context, const Certificate& certificate,
                             std::string_view option) {
  const std::string name(option);
  absl::StatusOr<Source> chain_source =
      open_source(certificate.chain_file, certificate.chain_pem, name + ".chain");
  if (!chain_source.ok()) return chain_source.status();
  absl::StatusOr<Source> key_source =
      open_source(certificate.key_file, certificate.key_pem, name + ".key");
  if (!key_source.ok()) return key_source.status();

  absl::StatusOr<std::vector<X509Ptr>> chain =
      read_all<X509Ptr>(chain_source->text.view(), chain_source->name, "certificate");
  if (!chain.ok()) return chain.status();
  absl::StatusOr<KeyPtr> key = read_key(*key_source);
  if (!key.ok()) return key.status();
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    ERR_clear_error();
    return wrong(key_source->name, "the key is not the certificate's");
  }
  if (absl::Status status = install(context, *chain, *chain_source); !status.ok()) return status;
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return openssl_status(kInvalid, key_source->name + ": the key cannot be used");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> read_staple(const std::string& path) {
  absl::StatusOr<Secret> file = read_file(path);
  if (!file.ok()) return file.status();
  const std::string_view text = file->view();
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  const std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(text.size())));
  ERR_clear_error();
  if (response == nullptr || at != end) return wrong(path, "it is not an OCSP response in DER");
  const int status = OCSP_response_status(response.get());
  // A responder's "try later" would only make clients give up.
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return wrong(path, std::string("the OCSP response is no answer but \"") +
                           OCSP_response_status_str(status) + "\"");
  }
  return std::string(text);
}

void Trust::FreeNames::operator()(STACK_OF(X509_NAME) * names) const {
  sk_X509_NAME_pop_free(names, X509_NAME_free);
}

absl::StatusOr<Trust> read_trust(const std::string& ca_file, const std::string& crl_file) {
  Trust trust;
  trust.store.reset(X509_STORE_new());
  Fingerprint fingerprints[2] = {};
  if (ca_file.empty()) {
    if (X509_STORE_set_default_paths(trust.store.get()) != 1) {
      return openssl_status(kInvalid, "the system's CA certificates");
    }
  } else {
    absl::StatusOr<Secret> text = read_file(ca_file);
    if (!text.ok()) return text.status();
    absl::Status added = add_authorities(text->view(), ca_file, trust);
    if (!added.ok()) return added;
    digest(text->view(), fingerprints[0]);
  }
  if (!crl_file.empty()) {
    absl::StatusOr<Secret> text = read_file(crl_file);
    if (!text.ok()) return text.status();
    absl::Status added = add_revoked(text->view(), crl_file, trust);
    if (!added.ok()) return added;
    digest(text->view(), fingerprints[1]);
  }
  // Of digests, so that no byte can move from one file to the other unnoticed.
  digest({reinterpret_cast<const char*>(fingerprints), sizeof fingerprints}, trust.fingerprint);
  return trust;
}

}  // namespace turbo::tls
