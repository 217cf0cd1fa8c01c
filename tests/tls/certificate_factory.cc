#include "tests/tls/certificate_factory.h"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>

namespace turbo::tls {
namespace {

void must(bool done) {
  if (done) return;
  ADD_FAILURE() << openssl_status(absl::StatusCode::kInternal, "the certificate factory");
  std::abort();
}

BioPtr memory() { return BioPtr(BIO_new(BIO_s_mem())); }

std::string alt_names(const CertificateSpec& spec) {
  std::string value;
  for (const std::string& name : spec.dns) value += (value.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& ip : spec.ips) value += (value.empty() ? "IP:" : ",IP:") + ip;
  return value;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void extend(X509* certificate, X509* issuer, const CertificateSpec& spec) {
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  if (spec.ca) {
    extend(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
    extend(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
    return;
  }
  extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  const std::string names = alt_names(spec);
  if (!names.empty()) extend(certificate, issuer, NID_subject_alt_name, names);
}

void set_serial(X509* certificate) {
  static std::atomic<long> serial{1};
  must(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) == 1);
}

// X509_gmtime_adj takes a long of seconds; fine for years.
void set_times(X509* certificate, const CertificateSpec& spec) {
  must(X509_gmtime_adj(X509_getm_notBefore(certificate), spec.valid_from) != nullptr);
  must(X509_gmtime_adj(X509_getm_notAfter(certificate), spec.valid_to) != nullptr);
}

void set_subject(X509* certificate, const CertificateSpec& spec) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(spec.common_name.c_str());
  must(X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>("Turbo"), -1, -1, 0) == 1);
  if (spec.common_name.empty()) return;
  must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, -1, -1, 0) == 1);
}

using CrlTime = std::unique_ptr<ASN1_TIME, FreeBy<ASN1_TIME_free>>;

void revoke(X509_CRL* crl, const X509* certificate, const ASN1_TIME* when) {
  X509_REVOKED* const entry = X509_REVOKED_new();
  must(X509_REVOKED_set_serialNumber(
           entry, const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate))) == 1);
  must(X509_REVOKED_set_revocationDate(entry, const_cast<ASN1_TIME*>(when)) == 1);
  must(X509_CRL_add0_revoked(crl, entry) == 1);
}

}  // namespace

Issued Issued::make(const CertificateSpec& spec, const Issued* issuer) {
  Issued made;
  made.key_.reset(spec.rsa_bits == 0 ? EVP_EC_gen("P-256")
                                     : EVP_RSA_gen(static_cast<unsigned int>(spec.rsa_bits)));
  made.certificate_.reset(X509_new());
  X509* const certificate = made.certificate_.get();
  X509* const above = issuer == nullptr ? certificate : issuer->certificate_.get();
  must(X509_set_version(certificate, X509_VERSION_3) == 1);
  set_serial(certificate);
  set_times(certificate, spec);
  set_subject(certificate, spec);
  must(X509_set_issuer_name(certificate, X509_get_subject_name(above)) == 1);
  must(X509_set_pubkey(certificate, made.key_.get()) == 1);
  extend(certificate, above, spec);
  EVP_PKEY* const signer = issuer == nullptr ? made.key_.get() : issuer->key_.get();
  must(X509_sign(certificate, signer, EVP_sha256()) > 0);
  return made;
}

Issued Issued::root(std::string name, CertificateSpec spec) {
  spec.common_name = std::move(name);
  spec.ca = true;
  return make(spec, nullptr);
}

Issued Issued::alone(const CertificateSpec& spec) { return make(spec, nullptr); }

Issued Issued::issue(const CertificateSpec& spec) const {
  Issued made = make(spec, this);
  const bool by_root = X509_NAME_cmp(X509_get_subject_name(certificate_.get()),
                                     X509_get_issuer_name(certificate_.get())) == 0;
  if (!by_root) made.above_ = pem() + above_;
  return made;
}

Issued Issued::intermediate(const std::string& name) const {
  return issue({.common_name = name, .ca = true});
}

Issued Issued::leaf(const std::string& dns) const { return issue({.dns = {dns}}); }

std::string Issued::pem() const {
  const BioPtr bio = memory();
  must(PEM_write_bio_X509(bio.get(), certificate_.get()) == 1);
  return text_of(bio.get());
}

std::string Issued::chain_pem() const { return pem() + above_; }

std::string Issued::key_pem() const {
  const BioPtr bio = memory();
  must(PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

std::string Issued::encrypted_key_pem() const {
  const BioPtr bio = memory();
  unsigned char passphrase[] = "passphrase";
  must(PEM_write_bio_PrivateKey(bio.get(), key_.get(), EVP_aes_128_cbc(), passphrase,
                                sizeof passphrase - 1, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

std::string Issued::crl(const std::vector<const Issued*>& revoked, long valid_to) const {
  const CrlPtr crl(X509_CRL_new());
  const std::time_t now = std::time(nullptr);
  const CrlTime from(ASN1_TIME_set(nullptr, now - 2 * kHour));
  const CrlTime to(ASN1_TIME_set(nullptr, now + valid_to));
  must(X509_CRL_set_version(crl.get(), 1) == 1);
  must(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(certificate_.get())) == 1);
  must(X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1);
  must(X509_CRL_set1_nextUpdate(crl.get(), to.get()) == 1);
  for (const Issued* one : revoked) revoke(crl.get(), one->x509(), from.get());
  must(X509_CRL_sign(crl.get(), key_.get(), EVP_sha256()) > 0);
  const BioPtr bio = memory();
  must(PEM_write_bio_X509_CRL(bio.get(), crl.get()) == 1);
  return text_of(bio.get());
}

std::string Issued::ocsp(const Issued& leaf, int response_status) const {
  const std::unique_ptr<OCSP_BASICRESP, FreeBy<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
  OCSP_CERTID* const id = OCSP_cert_to_id(nullptr, leaf.x509(), certificate_.get());
  const CrlTime from(X509_gmtime_adj(nullptr, -kHour));
  const CrlTime to(X509_gmtime_adj(nullptr, kHour));
  must(OCSP_basic_add1_status(basic.get(), id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from.get(),
                              to.get()) != nullptr);
  OCSP_CERTID_free(id);
  must(OCSP_basic_sign(basic.get(), certificate_.get(), key_.get(), EVP_sha256(), nullptr, 0) == 1);
  const std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>> response(
      OCSP_response_create(response_status, response_status == 0 ? basic.get() : nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &der);
  must(size > 0);
  std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

TempFolder::TempFolder() : folder_(testing::TempDir() + "turbo_tls_XXXXXX") {
  must(::mkdtemp(folder_.data()) != nullptr);
}

TempFolder::~TempFolder() { std::filesystem::remove_all(folder_); }

std::string TempFolder::path(std::string_view name) const {
  return folder_ + "/" + std::string(name);
}

std::string TempFolder::write(std::string_view name, std::string_view text) const {
  const std::string next = path(name) + ".new";
  std::ofstream(next, std::ios::binary) << text;
  std::filesystem::rename(next, path(name));
  return path(name);
}

Certificate TempFolder::write(std::string_view name, const Issued& issued) const {
  return {.chain_file = write(std::string(name) + ".pem", issued.chain_pem()),
          .key_file = write(std::string(name) + ".key", issued.key_pem())};
}

}  // namespace turbo::tls
