// SSLIOStream: an IOStream that speaks TLS. Reading, writing, ending are IOStream's; this adds how
// it is made and what was agreed on.
//
//   SSLIOStream stream(-1, *tls::ClientContext::create({}));
//   stream.connect("example.org", 443, [&](absl::Status connected) { ... });   // verified
//
//   SSLIOStream accepted(connection.socket.release(), server_context);
//   accepted.read_until("\n", ...);  // waits for the handshake
//
// connect() completes when the handshake has ended. The name it is given is verified and sent as
// SNI, unless ClientHandshake has another, which a stream that is connected already needs. A plain
// stream becomes one in place:
//
//   stream.start_tls(tls::client(context, {.server_name = "mail.example.org"}), callback);
//
// Owner:   its maker, like any IOStream.
// Threads: its loop's.
// Errors:  those of IOStream, and what TLSTransport adds.
// Limits:  a handshake's deadline, and a HandshakePacer's if one is given.
// Cost:    TLSTransport's.
#ifndef TURBO_TLS_SSL_IO_STREAM_H_
#define TURBO_TLS_SSL_IO_STREAM_H_

#include <chrono>
#include <memory>
#include <string>

#include "framework/net/io_stream.h"
#include "framework/tls/client_context.h"
#include "framework/tls/handshake_pacer.h"
#include "framework/tls/server_context.h"
#include "framework/tls/session.h"

namespace turbo {

namespace tls {

struct ClientHandshake {
  // Sent as SNI and verified, instead of the name given to connect().
  std::string server_name;
  Duration timeout = std::chrono::seconds(10);
};

struct ServerHandshake {
  Duration timeout = std::chrono::seconds(10);
  // Shares the loop's turns among its handshakes and bounds how many are unfinished; outlives them.
  HandshakePacer* pacer = nullptr;
};

// For IOStream::start_tls() and its constructor.
TransportWrapper client(std::shared_ptr<const ClientContext> context,
                        ClientHandshake handshake = {});
TransportWrapper server(std::shared_ptr<const ServerContext> context,
                        ServerHandshake handshake = {});

}  // namespace tls

class SSLIOStream final : public IOStream {
 public:
  // A client's: `fd` connected, not yet connected, or -1 for a socket of its own.
  SSLIOStream(int fd, std::shared_ptr<const tls::ClientContext> context,
              tls::ClientHandshake handshake = {}, IOLoop* loop = IOLoop::current(),
              IOStreamOptions options = {});
  // A server's, for a connection that was accepted.
  SSLIOStream(int fd, std::shared_ptr<const tls::ServerContext> context,
              tls::ServerHandshake handshake = {}, IOLoop* loop = IOLoop::current(),
              IOStreamOptions options = {});

  // Null before connect() has reached the other side.
  const tls::Session* session() const { return tls::session_of(*this); }
};

}  // namespace turbo

#endif  // TURBO_TLS_SSL_IO_STREAM_H_
