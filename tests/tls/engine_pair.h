// A client's and a server's engine, connected in memory, driven until nothing moves any more.
#ifndef TURBO_TESTS_TLS_ENGINE_PAIR_H_
#define TURBO_TESTS_TLS_ENGINE_PAIR_H_

#include <memory>
#include <string>
#include <string_view>

#include "framework/tls/client_context.h"
#include "framework/tls/openssl.h"
#include "framework/tls/server_context.h"

namespace turbo::tls {

using SessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

class EnginePair {
 public:
  EnginePair(Engine client, Engine server);
  // As after close_notify: OpenSSL does not resume what ended otherwise.
  ~EnginePair();

  // Also takes what follows a handshake: tickets, and the alert of a server that refuses the
  // client's certificate. True if both sides are through.
  bool handshake();
  // A byte each way.
  bool exchange();

  SSL* client() const { return client_.ssl.get(); }
  SSL* server() const { return server_.ssl.get(); }
  // What went wrong there; empty: nothing.
  const std::string& client_error() const { return client_.error; }
  const std::string& server_error() const { return server_.error; }

  std::string protocol() const { return SSL_get_version(client()); }
  std::string cipher() const { return SSL_get_cipher_name(client()); }
  std::string alpn() const;  // as the server sees it
  // The common name of the certificate that the server has sent.
  std::string server_common_name() const;
  bool resumed() const { return SSL_session_reused(server()) == 1; }
  // What the client may resume with, once.
  SessionPtr session() const { return SessionPtr(SSL_get1_session(client())); }

 private:
  struct Side {
    Engine ssl;
    std::string error;
  };

  static void step(Side& side);
  static void drain(Side& side);
  static void note(Side& side, int result);

  Side client_;
  Side server_;
};

// A context of the test's own making, or the test ends.
std::shared_ptr<ServerContext> make_server(ServerOptions options);
std::shared_ptr<const ClientContext> make_client(const ClientOptions& options);

// Of a client that trusts anybody, unless told otherwise.
Engine make_client_engine(const ClientOptions& options = {.verify = false},
                          std::string_view server_name = "example.org");

}  // namespace turbo::tls

#endif  // TURBO_TESTS_TLS_ENGINE_PAIR_H_
