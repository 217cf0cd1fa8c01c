#include "framework/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstddef>
#include <memory>

#include "framework/base/check.h"

namespace turbo {
namespace {

template <auto kFree>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

unsigned char* out_of(std::span<char> digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

const unsigned char* bytes_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// One thread's context for one algorithm. The algorithm is looked up once: EVP_sha256() would make
// OpenSSL look for it in every call.
class DigestContext {
 public:
  explicit DigestContext(const char* name)
      : algorithm_(EVP_MD_fetch(nullptr, name, nullptr)), context_(EVP_MD_CTX_new()) {
    TURBO_CHECK(algorithm_ != nullptr && context_ != nullptr,
                "OpenSSL does not offer a digest that Turbo needs");
  }

  void run(std::span<const std::string_view> pieces, std::span<char> digest) {
    bool ok = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1;
    for (const std::string_view piece : pieces)
      ok = ok && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(context_.get(), out_of(digest), nullptr) == 1;
    TURBO_CHECK(ok, "OpenSSL failed to compute a digest");
  }

 private:
  std::unique_ptr<EVP_MD, FreeBy<EVP_MD_free>> algorithm_;
  std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>> context_;
};

class HMACContext {
 public:
  HMACContext()
      : algorithm_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
        context_(algorithm_ == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm_.get())) {
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_END};
    TURBO_CHECK(context_ != nullptr && EVP_MAC_CTX_set_params(context_.get(), parameters) == 1,
                "OpenSSL does not offer HMAC with SHA-256");
  }

  void run(std::string_view key, std::string_view bytes, SHA256Digest& digest) {
    EVP_MAC_CTX* const context = context_.get();
    size_t size = 0;
    const bool ok = EVP_MAC_init(context, bytes_of(key), key.size(), nullptr) == 1 &&
                    EVP_MAC_update(context, bytes_of(bytes), bytes.size()) == 1 &&
                    EVP_MAC_final(context, out_of(digest), &size, digest.size()) == 1;
    TURBO_CHECK(ok && size == digest.size(), "OpenSSL failed to compute an HMAC");
  }

 private:
  std::unique_ptr<EVP_MAC, FreeBy<EVP_MAC_free>> algorithm_;
  std::unique_ptr<EVP_MAC_CTX, FreeBy<EVP_MAC_CTX_free>> context_;
};

}  // namespace

SHA1Digest sha1(std::span<const std::string_view> pieces) {
  static thread_local DigestContext context("SHA1");
  SHA1Digest digest;
  context.run(pieces, digest);
  return digest;
}

SHA256Digest sha256(std::span<const std::string_view> pieces) {
  static thread_local DigestContext context("SHA256");
  SHA256Digest digest;
  context.run(pieces, digest);
  return digest;
}

SHA1Digest sha1(std::string_view bytes) { return sha1(std::span(&bytes, 1)); }

SHA256Digest sha256(std::string_view bytes) { return sha256(std::span(&bytes, 1)); }

SHA256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  // OpenSSL takes a null or empty key for "the key of the last time".
  TURBO_CHECK(!key.empty(), "an HMAC wants a key");
  static thread_local HMACContext context;
  SHA256Digest digest;
  context.run(key, bytes, digest);
  return digest;
}

}  // namespace turbo
