#include "framework/tls/self_signed.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <string_view>
#include <utility>

#include "framework/base/status.h"
#include "framework/dns/hosts_file.h"
#include "framework/tls/openssl.h"

namespace turbo::tls {
namespace {

constexpr long kDay = 24L * 60 * 60;
constexpr long kValidFor = 90 * kDay;
// Clocks of the machines around differ.
constexpr long kValidSince = -60L * 60;

absl::Status failed() {
  return openssl_status(absl::StatusCode::kInternal, "making a self-signed certificate");
}

using NamePtr = std::unique_ptr<GENERAL_NAME, FreeBy<GENERAL_NAME_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

// Null if `text` is neither an address nor a name.
NamePtr alt_name(std::string_view text) {
  NamePtr name(GENERAL_NAME_new());
  if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(std::string(text).c_str())) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
    return name;
  }
  const bool wildcard = text.starts_with("*.");
  if (!is_host_name(wildcard ? text.substr(2) : text)) return nullptr;
  const std::string canonical = canonical_name(text);
  ASN1_IA5STRING* const dns = ASN1_IA5STRING_new();
  ASN1_STRING_set(dns, canonical.data(), static_cast<int>(canonical.size()));
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
  return name;
}

absl::StatusOr<NamesPtr> alt_names(const std::vector<std::string>& texts) {
  NamesPtr names(sk_GENERAL_NAME_new_null());
  for (const std::string& text : texts) {
    NamePtr name = alt_name(text);
    ERR_clear_error();
    if (name == nullptr) {
      return make_status(absl::StatusCode::kInvalidArgument,
                         "\"" + text + "\" is neither a host name nor an address");
    }
    sk_GENERAL_NAME_push(names.get(), name.release());
  }
  if (!texts.empty()) return names;
  return absl::InvalidArgumentError("a certificate wants at least one name");
}

bool add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A leaf and nothing else: whoever trusts it trusts this one key, not what it would sign.
bool add_extensions(X509* certificate, GENERAL_NAMES* names) {
  return add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash") &&
         X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
}

// At random, since browsers refuse two certificates of one issuer with the same number.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = (bytes[0] & 0x7f) | 0x40;  // positive, and always as long
  ASN1_INTEGER* const serial = X509_get_serialNumber(certificate);
  return ASN1_STRING_set(serial, bytes.data(), bytes.size()) == 1;
}

bool set_subject(X509* certificate) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  constexpr char kName[] = "Turbo self-signed";
  const auto* const text = reinterpret_cast<const unsigned char*>(kName);
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, GENERAL_NAMES* names) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         set_subject(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), kValidSince) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kValidFor) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, names) &&
         X509_sign(certificate, key, EVP_sha256()) != 0;
}

absl::StatusOr<Certificate> to_pem(X509* certificate, EVP_PKEY* key) {
  const BioPtr chain(BIO_new(BIO_s_mem()));
  const BioPtr secret(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(chain.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed();
  }
  return Certificate{.chain_pem = text_of(chain.get()), .key_pem = text_of(secret.get())};
}

}  // namespace

absl::StatusOr<Certificate> self_signed(const std::vector<std::string>& names) {
  absl::StatusOr<NamesPtr> alternatives = alt_names(names);
  if (!alternatives.ok()) return alternatives.status();
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr ||
      !fill(certificate.get(), key.get(), alternatives->get())) {
    return failed();
  }
  return to_pem(certificate.get(), key.get());
}

}  // namespace turbo::tls
