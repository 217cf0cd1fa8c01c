// misdirected(): a request that came to the wrong host.
#ifndef TURBO_SERVER_MISDIRECTED_H_
#define TURBO_SERVER_MISDIRECTED_H_

#include <string_view>

#include "framework/net/io_stream.h"
#include "framework/tls/session.h"

namespace turbo {

// The client relies on the certificate it was shown: what it asks of another `host` (with or
// without a port) might be a mistake or an attack on one who shares the address (RFC 9110 7.4).
inline bool misdirected(const IOStream& stream, std::string_view host) {
  const tls::Session* session = tls::session_of(stream);
  return session != nullptr && session->misdirects(host.substr(0, host.rfind(':')));
}

}  // namespace turbo

#endif  // TURBO_SERVER_MISDIRECTED_H_
