// What options name as files or texts, read into OpenSSL's objects: a certificate's chain and key,
// its OCSP staple, and whom to trust. For the tls room alone.
//
// Owner:   the context it is read into, or the caller.
// Threads: any.
// Errors:  kInvalidArgument with the file, or the option, and the reason.
// Limits:  as file.h.
// Cost:    blocks on the disk; a PEM decode per certificate.
#ifndef TURBO_TLS_CREDENTIALS_H_
#define TURBO_TLS_CREDENTIALS_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/tls/openssl.h"
#include "framework/tls/options.h"

namespace turbo::tls {

// Puts chain and key into `context`, if they belong together. `option` names a text where there is
// no file: "certificates[0]".
absl::Status use_certificate(SSL_CTX* context, const Certificate& certificate,
                             std::string_view option);

// A response that says something about a certificate, as DER.
absl::StatusOr<std::string> read_staple(const std::string& path);

using Fingerprint = std::array<unsigned char, 32>;  // SHA-256

// Whom to believe, and whom not any more.
struct Trust {
  struct FreeNames {
    void operator()(STACK_OF(X509_NAME) * names) const;
  };

  StorePtr store;
  std::unique_ptr<STACK_OF(X509_NAME), FreeNames> names;  // of the CAs; null for the system's
  Fingerprint fingerprint{};                              // of the files
};

// `ca_file` empty: the system's CAs. `crl_file` empty: revocation is not checked.
absl::StatusOr<Trust> read_trust(const std::string& ca_file, const std::string& crl_file);

}  // namespace turbo::tls

#endif  // TURBO_TLS_CREDENTIALS_H_
