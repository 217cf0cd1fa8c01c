// Session: what was agreed on with the other side of a TLS connection.
//
//   if (const tls::Session* session = tls::session_of(stream)) log(session->protocol());
//
// Owner:   the stream's transport; good for as long as the stream lives, closed or not.
// Threads: the stream's.
// Errors:  before the handshake has ended everything is empty.
// Limits:  none.
// Cost:    none until asked.
#ifndef TURBO_TLS_SESSION_H_
#define TURBO_TLS_SESSION_H_

#include <optional>
#include <string_view>

#include "framework/net/io_stream.h"
#include "framework/tls/engine.h"
#include "framework/tls/peer_certificate.h"

namespace turbo::tls {

class Session {
 public:
  std::string_view protocol() const;  // "TLSv1.3"
  std::string_view cipher() const;    // "TLS_AES_256_GCM_SHA384"
  std::string_view alpn() const;      // "h2"; empty: none was agreed on
  // What the client asked for by SNI.
  std::string_view server_name() const;
  // For the server: another of its certificates is the one for `host`, a name without a port, so
  // the client asks the wrong connection (RFC 9110 15.5.20). False for names that none is for.
  bool misdirects(std::string_view host) const;
  // No certificates were exchanged: the session goes on from an earlier one.
  bool resumed() const;
  // What the other side proved to be. For a resumed session: what it proved then.
  std::optional<PeerCertificate> peer_certificate() const;
  // The peer's bytes ended without its close_notify: somebody may have cut them (TLS-7).
  bool truncated() const { return truncated_; }

 protected:
  explicit Session(Engine engine) : engine_(std::move(engine)) {}
  ~Session() = default;

  Engine engine_;  // null if there is none to begin with
  bool established_ = false;
  bool truncated_ = false;
};

// Null for a stream without TLS.
const Session* session_of(const IOStream& stream);

}  // namespace turbo::tls

#endif  // TURBO_TLS_SESSION_H_
