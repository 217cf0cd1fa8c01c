#include "framework/tls/peer_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <span>

#include "framework/tls/openssl.h"
#include "framework/tls/subject_names.h"

namespace turbo::tls {
namespace {

// A stranger's certificate may have thousands.
constexpr size_t kMaxNames = 100;
// RFC 2253, but letters outside of ASCII stay letters.
constexpr unsigned long kNameFormat = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

std::string text_of_name(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (X509_NAME_print_ex(bio.get(), name, 0, kNameFormat) < 0) return {};
  return text_of(bio.get());
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  return hexadecimal(
      {ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial))});
}

std::string digest_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  return hexadecimal({digest, size});
}

std::string pem_of(const X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return text_of(bio.get());
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

std::optional<PeerCertificate> peer_certificate(const ssl_st* engine) {
  const X509* const certificate = SSL_get0_peer_certificate(engine);
  if (certificate == nullptr) return std::nullopt;
  PeerCertificate peer;
  peer.subject = text_of_name(X509_get_subject_name(certificate));
  peer.issuer = text_of_name(X509_get_issuer_name(certificate));
  peer.dns_names = dns_names_of(certificate, kMaxNames);
  peer.ip_addresses = ip_addresses_of(certificate, kMaxNames);
  peer.serial = serial_of(certificate);
  peer.sha256 = digest_of(certificate);
  peer.not_before = time_of(X509_get0_notBefore(certificate));
  peer.not_after = time_of(X509_get0_notAfter(certificate));
  peer.pem = pem_of(certificate);
  // Extensions that do not decode leave errors behind, which are nobody's.
  ERR_clear_error();
  return peer;
}

}  // namespace turbo::tls
