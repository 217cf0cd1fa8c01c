#include "framework/tls/engine.h"

#include <openssl/ssl.h>

namespace turbo::tls {

void EngineDeleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }

}  // namespace turbo::tls
