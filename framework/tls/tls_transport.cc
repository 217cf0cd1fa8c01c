#include "framework/tls/tls_transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/tls/openssl.h"

namespace turbo::tls {

namespace {

constexpr size_t kMaxRecord = SSL3_RT_MAX_PLAIN_LENGTH;
// One call of OpenSSL works through all that it can receive, if need be on and on: key updates of a
// certain size, or a hello cut into single bytes. After so many receives of 16 KiB, one of which
// may take 8 ms to work through, the poller has to say again that there is more: other streams have
// their turn.
constexpr int kMaxReceives = 4;
// A peer may send records that carry nothing for the stream (key updates, tickets), but not on and
// on.
constexpr size_t kMaxEmptyBytes = size_t{1} << 20;

// kUnauthenticated if it is about a certificate, else kUnavailable; with OpenSSL's reason.
absl::Status error_of(const SSL* engine, std::string_view what) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const long verified = SSL_get_verify_result(engine);
    ERR_clear_error();
    return make_status(
        absl::StatusCode::kUnauthenticated,
        std::string(what) + ": the certificate: " + X509_verify_cert_error_string(verified));
  }
  if (reason == SSL_R_HTTP_REQUEST) {
    ERR_clear_error();
    return make_status(absl::StatusCode::kUnavailable,
                       std::string(what) + ": the client speaks plain HTTP");
  }
  const bool missing = reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  return openssl_status(
      missing ? absl::StatusCode::kUnauthenticated : absl::StatusCode::kUnavailable, what);
}

// Whoever reads the log wants to know who it was.
absl::Status with_peer(const absl::Status& status, const Address& peer) {
  if (!peer.is_ip()) return status;
  return make_status(status.code(),
                     std::string(to_std(status.message())) + " (" + peer.to_string() + ")");
}

// The pieces of one write, cut into records.
class RecordCutter {
 public:
  explicit RecordCutter(std::span<const iovec> pieces) : pieces_(pieces) {}

  bool empty() const { return pieces_.empty(); }

  // The next record's bytes. Where they stand, if one piece has them all: a copy would cost as much
  // as the encryption. Else together in `scratch`, so that they leave as one record.
  std::string_view next(std::span<char, kMaxRecord> scratch) const {
    const std::string_view first = rest_of_first();
    if (first.size() >= kMaxRecord || pieces_.size() == 1) return first.substr(0, kMaxRecord);
    size_t size = put(first, scratch, 0);
    for (const iovec& piece : pieces_.subspan(1)) {
      if (size == kMaxRecord) break;
      size = put({static_cast<const char*>(piece.iov_base), piece.iov_len}, scratch, size);
    }
    return {scratch.data(), size};
  }

  void drop(size_t bytes) {
    while (bytes > 0) {
      const size_t step = std::min(bytes, rest_of_first().size());
      bytes -= step;
      offset_ += step;
      if (offset_ < pieces_.front().iov_len) continue;
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

 private:
  std::string_view rest_of_first() const {
    const iovec& piece = pieces_.front();
    return {static_cast<const char*>(piece.iov_base) + offset_, piece.iov_len - offset_};
  }

  static size_t put(std::string_view bytes, std::span<char, kMaxRecord> scratch, size_t at) {
    const size_t count = std::min(bytes.size(), kMaxRecord - at);
    std::memcpy(scratch.data() + at, bytes.data(), count);
    return at + count;
  }

  std::span<const iovec> pieces_;
  size_t offset_ = 0;  // taken of the first piece
};

}  // namespace

// What OpenSSL reads and writes by.
struct TLSTransport::Bio {
  static int read(BIO* bio, char* out, int size) {
    TLSTransport& self = *static_cast<TLSTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::span<char> room(out, static_cast<size_t>(size));
    if (!self.input_.empty()) return take_input(self, room);
    const IOResult result = receive(self, room);
    if (result.kind == IOResult::Kind::kBytes) return static_cast<int>(result.bytes);
    if (result.kind == IOResult::Kind::kWouldBlock) BIO_set_retry_read(bio);
    if (result.kind == IOResult::Kind::kEnd) self.peer_ended_ = true;
    note(self, result);
    return result.kind == IOResult::Kind::kEnd ? 0 : -1;
  }

  static int write(BIO* bio, const char* bytes, int size) {
    TLSTransport& self = *static_cast<TLSTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const iovec piece{const_cast<char*>(bytes), static_cast<size_t>(size)};
    const IOResult result = self.inner_->write({&piece, 1});
    if (result.kind == IOResult::Kind::kBytes) return static_cast<int>(result.bytes);
    if (result.kind == IOResult::Kind::kWouldBlock) BIO_set_retry_write(bio);
    note(self, result);
    return -1;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command != BIO_CTRL_EOF) return 0;
    return static_cast<TLSTransport*>(BIO_get_data(bio))->peer_ended_ ? 1 : 0;
  }

  static BIO* make(TLSTransport& transport) {
    static BIO_METHOD* const method = make_method();  // for the whole program
    BIO* const bio = BIO_new(method);
    BIO_set_data(bio, &transport);
    BIO_set_init(bio, 1);
    return bio;
  }

 private:
  static IOResult receive(TLSTransport& self, std::span<char> room) {
    if (self.receives_ == kMaxReceives) return IOResult::would_block(kReadable);
    ++self.receives_;
    const IOResult result = self.inner_->read(room);
    self.empty_bytes_ += result.bytes;
    return result;
  }

  static int take_input(TLSTransport& self, std::span<char> room) {
    const size_t count = std::min(room.size(), self.input_.size());
    self.input_.copy_to(0, room.first(count));
    self.input_.drain(count);
    return static_cast<int>(count);
  }

  static void note(TLSTransport& self, const IOResult& result) {
    self.inner_wants_ = result.wants;
    if (result.kind == IOResult::Kind::kError) self.inner_error_ = result.error;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "turbo");
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }
};

TLSTransport::TLSTransport(std::unique_ptr<Transport> inner, absl::StatusOr<Engine> engine,
                           Buffer input, TLSTransportOptions options)
    : Session(engine.ok() ? *std::move(engine) : Engine()),
      inner_(std::move(inner)),
      pacer_(options.pacer),
      handshake_timeout_(options.handshake_timeout),
      input_(std::move(input)),
      failure_(engine_ != nullptr ? absl::OkStatus() : engine.status()) {
  if (engine_ == nullptr) return;
  BIO* const bio = Bio::make(*this);
  SSL_set_bio(engine_.get(), bio, bio);
}

TLSTransport::~TLSTransport() { TLSTransport::close(); }

void TLSTransport::attach(IOLoop& loop, EventHandler& handler) {
  loop_ = &loop;
  handler_ = &handler;
  inner_->attach(loop, *this);
}

void TLSTransport::watch(uint32_t events) {
  wanted_ = events;
  if (phase_ == Phase::kNew && events != kNoEvents) return begin();
  if (phase_ != Phase::kEstablished) return;
  inner_->watch(shutting_down_ ? events | kWritable : events);
}

void TLSTransport::on_events(uint32_t events) {
  if (phase_ == Phase::kHandshaking) {
    // The poller's refusal of the descriptor, which no step would find.
    absl::Status refused = (events & kError) != 0 ? inner_->connect_result() : absl::OkStatus();
    return absl::IsResourceExhausted(refused) ? fail(refused) : proceed();
  }
  if (phase_ != Phase::kEstablished) return;
  receives_ = 0;
  if (shutting_down_ && (events & kWritable) != 0) finish_shutdown().IgnoreError();
  handler_->on_events(events);
}

// ---- the handshake ----

void TLSTransport::begin() {
  if (engine_ == nullptr) return fail(failure_);
  phase_ = Phase::kHandshaking;
  deadline_ = loop_->call_later(handshake_timeout_, [this] {
    fail(absl::DeadlineExceededError("the TLS handshake took too long"));
  });
  if (pacer_ != nullptr) pacer_->begin(*this);
  const bool server = SSL_is_server(engine_.get()) == 1;
  if (!input_.empty() && !(server && input_.front()[0] == kFirstByte)) {
    return fail(absl::FailedPreconditionError("plain bytes came where TLS was to begin"));
  }
  // A server waits for the client's hello unless it is here already.
  if (server && input_.empty()) return inner_->watch(kReadable | kPeerShut);
  proceed();
}

void TLSTransport::proceed() { pacer_ != nullptr ? pacer_->want_step(*this) : step(); }

void TLSTransport::step() {
  begin_call();
  receives_ = 0;
  const int result = SSL_do_handshake(engine_.get());
  if (result == 1) return handshake_done();
  const int error = SSL_get_error(engine_.get(), result);
  const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  if (!waits) return fail(handshake_error(error));
  // Only what the handshake waits for, whatever the stream would like to do (TLS-6). A FIN is found
  // by reading: whoever waits to write would only be woken by it again and again.
  const uint32_t wants = inner_wants_ != kNoEvents ? inner_wants_ : uint32_t{kReadable};
  inner_->watch((wants & kWritable) != 0 ? wants : wants | kPeerShut);
}

void TLSTransport::give_way() {
  fail(absl::ResourceExhaustedError("too many TLS handshakes at once"));
}

void TLSTransport::handshake_done() {
  stop_waiting();
  phase_ = Phase::kEstablished;
  established_ = true;
  inner_->watch(wanted_);
  handler_->on_events(kWritable);
}

void TLSTransport::fail(const absl::Status& why) {
  stop_waiting();
  phase_ = Phase::kFailed;
  failure_ = with_peer(why, inner_->peer_address());
  inner_->watch(kNoEvents);
  handler_->on_events(kError);
}

void TLSTransport::stop_waiting() {
  if (phase_ != Phase::kHandshaking) return;
  loop_->cancel(deadline_);
  if (pacer_ != nullptr) pacer_->end(*this);
}

absl::Status TLSTransport::handshake_error(int error) const {
  // A certificate that is refused is the cause, also where the alert about it could not be sent.
  if (error == SSL_ERROR_SSL) return error_of(engine_.get(), "TLS handshake");
  if (inner_error_ != 0) return inner_->explain(inner_error_, "TLS handshake");
  return absl::UnavailableError("TLS handshake: the peer ended the connection");
}

absl::Status TLSTransport::connect(const Address&, const Address*) {
  return absl::FailedPreconditionError("TLS comes when the transport below is connected");
}

absl::Status TLSTransport::connect_result() {
  if (!failure_.ok()) return failure_;
  return established_ ? inner_->connect_result() : absl::OkStatus();
}

absl::Status TLSTransport::explain(int error, std::string_view operation) const {
  return failure_.ok() ? inner_->explain(error, operation) : failure_;
}

// ---- bytes ----

IOResult TLSTransport::read(std::span<char> room) {
  if (phase_ != Phase::kEstablished) return IOResult::would_block(kReadable);
  begin_call();
  for (;;) {
    size_t bytes = 0;
    if (SSL_read_ex(engine_.get(), room.data(), room.size(), &bytes) == 1) {
      empty_bytes_ = 0;
      return IOResult::moved(bytes);
    }
    const IOResult result = result_of_failed_call();
    // After records without bytes OpenSSL asks to be called again although nothing blocked.
    const bool again = result.kind == IOResult::Kind::kWouldBlock && inner_wants_ == kNoEvents;
    if (!again) return empty_bytes_ > kMaxEmptyBytes ? too_much_for_nothing() : result;
  }
}

IOResult TLSTransport::too_much_for_nothing() {
  failure_ = absl::UnavailableError("TLS: too many records without data");
  return IOResult::failed(EPROTO);
}

IOResult TLSTransport::write(std::span<const iovec> pieces) {
  if (phase_ != Phase::kEstablished) return IOResult::would_block(kWritable);
  std::array<char, kMaxRecord> scratch;
  RecordCutter cutter(pieces);
  size_t moved = 0;
  while (!cutter.empty()) {
    const IOResult result = write_record(cutter.next(scratch));
    if (result.kind != IOResult::Kind::kBytes) return moved > 0 ? IOResult::moved(moved) : result;
    cutter.drop(result.bytes);
    moved += result.bytes;
  }
  return IOResult::moved(moved);
}

IOResult TLSTransport::send_file(int file, off_t offset, size_t count) {
  if (phase_ != Phase::kEstablished) return IOResult::would_block(kWritable);
  std::array<char, kMaxRecord> scratch;
  size_t moved = 0;
  while (moved < count) {
    const size_t wanted = std::min(count - moved, scratch.size());
    const ssize_t got = ::pread(file, scratch.data(), wanted, offset + static_cast<off_t>(moved));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 && moved > 0) break;  // what was sent counts; the next call finds this again
    if (got == 0) return IOResult::end();
    if (got < 0) return IOResult::failed(errno);
    const IOResult result = write_record({scratch.data(), static_cast<size_t>(got)});
    if (result.kind != IOResult::Kind::kBytes) return moved > 0 ? IOResult::moved(moved) : result;
    moved += result.bytes;
  }
  return IOResult::moved(moved);
}

// One record, or the rest of one that did not leave whole: OpenSSL then has it encrypted, and what
// it is given again begins with the same bytes, since the stream keeps them until they are taken.
IOResult TLSTransport::write_record(std::string_view plaintext) {
  begin_call();
  size_t bytes = 0;
  if (SSL_write_ex(engine_.get(), plaintext.data(), plaintext.size(), &bytes) == 1) {
    return IOResult::moved(bytes);
  }
  return result_of_failed_call();
}

// Before each call whose failure is to be understood. Clearing the error queue, which is nearly
// always empty, costs as much as a tenth of a small answer; looking whether it is, next to nothing.
void TLSTransport::begin_call() {
  if (ERR_peek_error() != 0) ERR_clear_error();
  inner_wants_ = kNoEvents;
  inner_error_ = 0;
}

IOResult TLSTransport::result_of_failed_call() {
  const uint32_t wants = inner_wants_;
  const int error = SSL_get_error(engine_.get(), 0);
  // After the peer's close_notify OpenSSL takes what fails below a write for that end. What it has
  // found wrong itself comes first, although the alert about it may have failed, too.
  if (error != SSL_ERROR_SSL && inner_error_ != 0) return IOResult::failed(inner_error_);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return IOResult::would_block(wants != kNoEvents ? wants : kReadable);
    case SSL_ERROR_WANT_WRITE:
      return IOResult::would_block(wants != kNoEvents ? wants : kWritable);
    case SSL_ERROR_ZERO_RETURN:
      truncated_ = peer_ended_;
      return IOResult::end();
    default:
      failure_ = error_of(engine_.get(), "TLS");
      return IOResult::failed(EPROTO);
  }
}

bool TLSTransport::has_buffered_input() const {
  if (phase_ != Phase::kEstablished) return false;
  return SSL_has_pending(engine_.get()) == 1 || !input_.empty();
}

// ---- ending ----

absl::Status TLSTransport::shutdown_write() {
  return phase_ == Phase::kEstablished ? finish_shutdown() : inner_->shutdown_write();
}

absl::Status TLSTransport::finish_shutdown() {
  begin_call();
  const int result = SSL_shutdown(engine_.get());
  shutting_down_ = result < 0 && SSL_get_error(engine_.get(), result) == SSL_ERROR_WANT_WRITE;
  watch(wanted_);  // writability for as long as it is waited for
  return shutting_down_ ? absl::OkStatus() : inner_->shutdown_write();
}

// Says close_notify if it can be said at once (TLS-7), and not after OpenSSL has failed, which it
// forbids.
void TLSTransport::close() {
  if (phase_ == Phase::kClosed) return;
  stop_waiting();
  if (phase_ == Phase::kEstablished && failure_.ok()) {
    ERR_clear_error();
    SSL_shutdown(engine_.get());
  }
  phase_ = Phase::kClosed;
  inner_->close();
}

}  // namespace turbo::tls
