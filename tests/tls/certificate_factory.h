// Certificates of every kind, good and bad, made for the moment: authorities, leaves, revocation
// lists and OCSP responses.
#ifndef TURBO_TESTS_TLS_CERTIFICATE_FACTORY_H_
#define TURBO_TESTS_TLS_CERTIFICATE_FACTORY_H_

#include <string>
#include <string_view>
#include <vector>

#include "framework/tls/openssl.h"
#include "framework/tls/options.h"

namespace turbo::tls {

inline constexpr long kHour = 60 * 60;

struct CertificateSpec {
  std::string common_name = "leaf";
  std::vector<std::string> dns;
  std::vector<std::string> ips;
  bool ca = false;
  long valid_from = -kHour;  // seconds from now
  long valid_to = 24 * kHour;
  int rsa_bits = 0;  // 0: ECDSA with P-256
};

// A certificate, its key, and the chain above it without the root.
class Issued {
 public:
  static Issued root(std::string name = "root", CertificateSpec spec = {});
  // Signed by nobody else, but no authority.
  static Issued alone(const CertificateSpec& spec);

  Issued issue(const CertificateSpec& spec) const;
  Issued intermediate(const std::string& name = "intermediate") const;
  // A leaf for one DNS name.
  Issued leaf(const std::string& dns) const;

  std::string pem() const;
  std::string chain_pem() const;  // the leaf and the intermediates
  std::string key_pem() const;
  std::string encrypted_key_pem() const;
  Certificate certificate() const { return {.chain_pem = chain_pem(), .key_pem = key_pem()}; }

  // In PEM: what this one has revoked.
  std::string crl(const std::vector<const Issued*>& revoked, long valid_to = 24 * kHour) const;
  // In DER: that `leaf`, issued by this one, is good; or, with a status of the responder's own, no
  // answer.
  std::string ocsp(const Issued& leaf, int response_status = 0) const;

  const X509* x509() const { return certificate_.get(); }

 private:
  static Issued make(const CertificateSpec& spec, const Issued* issuer);

  X509Ptr certificate_;
  KeyPtr key_;
  std::string above_;  // the PEMs of the intermediates that lead to the root
};

// A folder of one test's files, gone with it.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  std::string path(std::string_view name) const;
  // The path. Replaces the file by another one, as certbot and Kubernetes do.
  std::string write(std::string_view name, std::string_view text) const;
  // Chain and key as NAME.pem and NAME.key.
  Certificate write(std::string_view name, const Issued& issued) const;

 private:
  std::string folder_;
};

}  // namespace turbo::tls

#endif  // TURBO_TESTS_TLS_CERTIFICATE_FACTORY_H_
