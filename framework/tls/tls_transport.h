// TLSTransport: TLS over another transport, for an IOStream that knows nothing of it.
//
//            IOStream ─ read(), write(), watch() ─► TLSTransport ─► Engine (OpenSSL)
//                                                        │              │ BIO
//                                                        └─ inner transport ◄┘
//
//   new ─► handshaking ─┬─► established ─► closed
//                       └─► failed ──────► closed
//
// Ciphertext goes straight between OpenSSL's record buffers and the inner transport: a record is
// one send, and one receive or less, since what came together is read together. What a turn writes
// is cut into records of 16 KiB: a large block is encrypted where it stands, small ones are
// gathered. OpenSSL frees its buffers when they are empty (SSL_MODE_RELEASE_BUFFERS): an idle
// connection holds none.
//
// Owner:   the IOStream.
// Threads: its loop's.
// Errors:  a handshake that fails: connect_result(); kUnauthenticated if it is about a certificate,
//          kDeadlineExceeded, kResourceExhausted (it gave way), what the engine was refused with,
//          else kUnavailable with OpenSSL's reason. Later: EPROTO, explained.
// Limits:  TLSTransportOptions; four receives an event, and a mebibyte in a row of records that
//          carry no bytes.
// Cost:    OpenSSL's own, some 13 KiB a connection; no allocation of ours after the handshake.
#ifndef TURBO_TLS_TLS_TRANSPORT_H_
#define TURBO_TLS_TLS_TRANSPORT_H_

#include <chrono>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/buffer/buffer.h"
#include "framework/net/transport.h"
#include "framework/tls/engine.h"
#include "framework/tls/handshake_pacer.h"
#include "framework/tls/session.h"

namespace turbo::tls {

// Every TLS connection begins with it: a record of the handshake (RFC 8446 5.1).
inline constexpr char kFirstByte = 22;

struct TLSTransportOptions {
  // From the first byte that can be sent to the end of the handshake (TLS-5).
  Duration handshake_timeout = std::chrono::seconds(10);
  HandshakePacer* pacer = nullptr;  // outlives the transport
};

class TLSTransport final : public Transport,
                           public Session,
                           private EventHandler,
                           private Handshake {
 public:
  // `engine`: a context's new_engine(); an error fails the handshake with it. `input`: what the
  // peer sent before TLS was put over its connection. A server takes it for the beginning of the
  // handshake; from a client's peer, which speaks second, it can only be injected and is refused
  // (TLS-8).
  TLSTransport(std::unique_ptr<Transport> inner, absl::StatusOr<Engine> engine, Buffer input = {},
               TLSTransportOptions options = {});
  ~TLSTransport() override;

  void attach(IOLoop& loop, EventHandler& handler) override;
  void watch(uint32_t events) override;
  bool established() const override { return established_; }
  IOResult read(std::span<char> room) override;
  IOResult write(std::span<const iovec> pieces) override;
  IOResult send_file(int file, off_t offset, size_t count) override;
  bool has_buffered_input() const override;
  absl::Status explain(int error, std::string_view operation) const override;
  absl::Status connect(const Address& peer, const Address* source) override;
  absl::Status connect_result() override;
  absl::Status shutdown_write() override;
  void close() override;
  int fd() const override { return inner_->fd(); }
  Address local_address() const override { return inner_->local_address(); }
  Address peer_address() const override { return inner_->peer_address(); }

 private:
  enum class Phase : uint8_t { kNew, kHandshaking, kEstablished, kFailed, kClosed };
  struct Bio;

  void on_events(uint32_t events) override;
  void begin();
  void proceed();
  void step() override;
  void give_way() override;
  void handshake_done();
  void fail(const absl::Status& why);
  void stop_waiting();
  absl::Status handshake_error(int error) const;
  void begin_call();
  IOResult result_of_failed_call();
  IOResult too_much_for_nothing();
  IOResult write_record(std::string_view plaintext);
  absl::Status finish_shutdown();

  std::unique_ptr<Transport> inner_;
  IOLoop* loop_ = nullptr;
  EventHandler* handler_ = nullptr;
  HandshakePacer* const pacer_;
  const Duration handshake_timeout_;
  TimerHandle deadline_;
  size_t empty_bytes_ = 0;  // received since the stream got any
  Buffer input_;            // to be read before what the inner transport has
  absl::Status failure_;
  uint32_t wanted_ = kNoEvents;       // by the stream
  uint16_t inner_wants_ = kNoEvents;  // by the last call that would have blocked
  uint8_t receives_ = 0;              // since the last event or step
  int inner_error_ = 0;               // of the last call that failed
  Phase phase_ = Phase::kNew;
  bool peer_ended_ = false;     // the inner transport has come to its end
  bool shutting_down_ = false;  // close_notify did not fit yet
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_TLS_TRANSPORT_H_
