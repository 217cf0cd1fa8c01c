// Engine: the owner of one connection's OpenSSL state. Contexts make it, TLSTransport drives it.
//
// Owner:   the TLSTransport.
// Threads: one at a time.
// Errors:  none.
// Limits:  none.
// Cost:    a pointer.
#ifndef TURBO_TLS_ENGINE_H_
#define TURBO_TLS_ENGINE_H_

#include <memory>

struct ssl_st;      // SSL
struct ssl_ctx_st;  // SSL_CTX

namespace turbo::tls {

struct EngineDeleter {
  void operator()(ssl_st* ssl) const;
};
using Engine = std::unique_ptr<ssl_st, EngineDeleter>;

}  // namespace turbo::tls

#endif  // TURBO_TLS_ENGINE_H_
