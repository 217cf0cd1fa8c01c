// The other side of a TLS connection, driven by hand: OpenSSL over a socket or over one end of a
// memory pair, without a stream or a loop of its own.
#ifndef TURBO_TESTS_TLS_TLS_PEER_H_
#define TURBO_TESTS_TLS_TLS_PEER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "framework/base/fd.h"
#include "framework/testing/memory_transport.h"
#include "framework/tls/client_context.h"
#include "framework/tls/openssl.h"
#include "framework/tls/options.h"
#include "framework/tls/server_context.h"

namespace turbo::tls {

// One of each for the whole program: a server that is "localhost", a client that trusts anybody.
std::shared_ptr<const ServerContext> any_server();
std::shared_ptr<const ClientContext> any_client();
// Connections of theirs that speak one version only, if one is given.
Engine server_engine(std::optional<Version> only = std::nullopt);
Engine client_engine(std::optional<Version> only = std::nullopt);

class TLSPeer {
 public:
  // Requires: a non-blocking socket.
  TLSPeer(Engine engine, UniqueFd socket);
  TLSPeer(Engine engine, std::unique_ptr<MemoryTransport> memory);

  // Goes on with the handshake as far as it gets; true once it is done.
  bool handshake();

  // How many of the bytes have left, in whole records. One that the connection took in part goes on
  // with the next call, which has to offer the same bytes again.
  size_t send_some(std::string_view bytes);
  // True if all of them left.
  bool send(std::string_view bytes) { return send_some(bytes) == bytes.size(); }
  // What has arrived, decrypted.
  std::string receive();
  // The other side has said close_notify and sent its FIN, and all before it was received.
  bool at_end();
  bool got_close_notify();
  bool got_fin();

  // Sends close_notify and FIN; a FIN alone.
  void finish();
  void finish_without_notice();
  // finish(), and the connection is gone.
  void close();
  // Breaks the connection.
  void reset();
  // Beside TLS: as ciphertext, or before it begins.
  bool send_raw(std::string_view bytes);
  // What this side would send next, kept back instead.
  std::string take_output();
  // Ciphertext that has arrived and was not looked at.
  std::string receive_raw() { return pull(); }
  void feed(std::string_view ciphertext);

  // For another peer in this one's place. Requires: over memory.
  std::unique_ptr<MemoryTransport> take_memory() { return std::move(memory_); }

  SSL* ssl() const { return engine_.get(); }
  MemoryTransport& memory() { return *memory_; }
  // What went wrong first; empty: nothing.
  const std::string& error() const { return error_; }

 private:
  // What the connection holds; `fin_` and `broken_` tell how it ended.
  std::string pull();
  // True when nothing is left to send.
  bool push();
  void pump();
  void note(int result);

  Engine engine_;
  BIO* from_other_ = nullptr;
  BIO* to_other_ = nullptr;
  UniqueFd socket_;
  std::unique_ptr<MemoryTransport> memory_;
  std::string unsent_;
  std::string received_;
  std::string error_;
  size_t in_flight_ = 0;  // plaintext of the record in `unsent_`
  bool fin_ = false;
};

}  // namespace turbo::tls

#endif  // TURBO_TESTS_TLS_TLS_PEER_H_
