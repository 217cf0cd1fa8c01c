// Puts TicketKeys to work in an OpenSSL context. For the tls room alone.
//
// Owner:   the context keeps a reference to the keys.
// Threads: any.
// Errors:  kInternal if memory is short.
// Limits:  none.
// Cost:    AES-256-CBC and HMAC-SHA256 over a ticket, some hundred bytes and the client's
//          certificate if it has one.
#ifndef TURBO_TLS_SESSION_TICKETS_H_
#define TURBO_TLS_SESSION_TICKETS_H_

#include <memory>

#include "absl/status/status.h"
#include "framework/tls/openssl.h"
#include "framework/tls/ticket_keys.h"

namespace turbo::tls {

absl::Status use_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);

void refuse_tickets(SSL_CTX* context);

}  // namespace turbo::tls

#endif  // TURBO_TLS_SESSION_TICKETS_H_
