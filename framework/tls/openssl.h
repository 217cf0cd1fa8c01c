// OpenSSL's objects as unique_ptrs, and its error queue as a Status. For the tls room alone.
//
// Owner:   whoever holds the pointer.
// Threads: the error queue belongs to the calling thread.
// Errors:  openssl_status() is them.
// Limits:  none.
// Cost:    that of the OpenSSL call.
#ifndef TURBO_TLS_OPENSSL_H_
#define TURBO_TLS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace turbo::tls {

template <auto kFree>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;

// A read-only BIO over `text`, which has to stay; null if memory is short.
BioPtr bio_over(std::string_view text);
// What was written to a memory BIO.
std::string text_of(BIO* bio);

// "what: why", where the why is the first thing that went wrong. Empties the thread's error queue.
absl::Status openssl_status(absl::StatusCode code, std::string_view what);

// Calls for OpenSSL's "ex data", by which `context` owns one object of each type: it lives until
// the last connection that began with the context has ended.
template <class T>
class Attached {
 public:
  // Requires: nothing of this type is attached yet. False if memory is short.
  static bool set(SSL_CTX* context, std::unique_ptr<T> object) {
    if (SSL_CTX_set_ex_data(context, index(), object.get()) != 1) return false;
    (void)object.release();
    return true;
  }
  static T* get(const SSL_CTX* context) {
    return static_cast<T*>(SSL_CTX_get_ex_data(context, index()));
  }

 private:
  static void free(void*, void* object, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<T*>(object);
  }
  static int index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free);
    return index;
  }
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_OPENSSL_H_
