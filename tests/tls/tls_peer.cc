#include "tests/tls/tls_peer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "framework/tls/self_signed.h"

namespace turbo::tls {
namespace {

constexpr size_t kRecord = 16384;

template <class Value>
Value must(absl::StatusOr<Value> made) {
  if (made.ok()) return *std::move(made);
  ADD_FAILURE() << made.status();
  std::abort();
}

std::shared_ptr<const ServerContext> make_any_server() {
  ServerOptions options;
  options.certificates = {must(self_signed())};
  return must(ServerContext::create(std::move(options)));
}

Engine only_version(Engine engine, std::optional<Version> only) {
  if (!only.has_value()) return engine;
  const int number = *only == Version::kTLS12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  EXPECT_EQ(SSL_set_min_proto_version(engine.get(), number), 1);
  EXPECT_EQ(SSL_set_max_proto_version(engine.get(), number), 1);
  return engine;
}

}  // namespace

std::shared_ptr<const ServerContext> any_server() {
  static const std::shared_ptr<const ServerContext> server = make_any_server();
  return server;
}

std::shared_ptr<const ClientContext> any_client() {
  static const std::shared_ptr<const ClientContext> client =
      must(ClientContext::create({.verify = false}));
  return client;
}

Engine server_engine(std::optional<Version> only) {
  return only_version(any_server()->new_engine(), only);
}

Engine client_engine(std::optional<Version> only) {
  return only_version(must(any_client()->new_engine("localhost")), only);
}

TLSPeer::TLSPeer(Engine engine, UniqueFd socket)
    : engine_(std::move(engine)),
      from_other_(BIO_new(BIO_s_mem())),
      to_other_(BIO_new(BIO_s_mem())),
      socket_(std::move(socket)) {
  BIO_set_mem_eof_return(from_other_, -1);  // empty is "not yet"
  const int on = 1;
  if (socket_.valid()) ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  SSL_set_bio(engine_.get(), from_other_, to_other_);
}

TLSPeer::TLSPeer(Engine engine, std::unique_ptr<MemoryTransport> memory)
    : TLSPeer(std::move(engine), UniqueFd()) {
  memory_ = std::move(memory);
}

std::string TLSPeer::pull() {
  if (memory_ != nullptr) {
    std::string bytes = memory_->is_closed() ? std::string() : memory_->receive();
    fin_ = fin_ || memory_->at_end();
    return bytes;
  }
  std::string bytes;
  char room[65536];
  ssize_t got = -1;
  while (socket_.valid() && (got = ::recv(socket_.get(), room, sizeof(room), 0)) > 0) {
    bytes.append(room, static_cast<size_t>(got));
  }
  if (socket_.valid() && got == 0) fin_ = true;
  return bytes;
}

std::string TLSPeer::take_output() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(to_other_, &data);
  if (size > 0) unsent_.append(data, static_cast<size_t>(size));
  EXPECT_EQ(BIO_reset(to_other_), 1);
  return std::exchange(unsent_, {});
}

bool TLSPeer::push() {
  unsent_ = take_output();
  if (unsent_.empty()) return true;
  if (memory_ != nullptr) {
    if (memory_->send(unsent_)) unsent_.clear();
    return unsent_.empty();
  }
  ssize_t sent = 0;
  while (!unsent_.empty() && socket_.valid() &&
         (sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL)) > 0) {
    unsent_.erase(0, static_cast<size_t>(sent));
  }
  return unsent_.empty();
}

void TLSPeer::feed(std::string_view ciphertext) {
  if (ciphertext.empty()) return;
  EXPECT_EQ(BIO_write(from_other_, ciphertext.data(), static_cast<int>(ciphertext.size())),
            static_cast<int>(ciphertext.size()));
}

void TLSPeer::note(int result) {
  const int why = SSL_get_error(engine_.get(), result);
  if (why == SSL_ERROR_SSL && error_.empty()) {
    error_ = std::string(openssl_status(absl::StatusCode::kUnavailable, "peer").message());
  }
  ERR_clear_error();
}

bool TLSPeer::handshake() {
  feed(pull());
  ERR_clear_error();
  const int result = SSL_do_handshake(engine_.get());
  if (result != 1) note(result);
  push();
  return result == 1;
}

// Takes all there is, so that what the other side sees of this one does not depend on bytes it
// left unread.
void TLSPeer::pump() {
  feed(pull());
  if (SSL_in_init(engine_.get()) == 1 && !handshake()) return;
  char room[kRecord];
  // After a record without bytes OpenSSL wants to be called again.
  int empty = 0;
  while (empty < 2) {
    ERR_clear_error();
    const int got = SSL_read(engine_.get(), room, sizeof(room));
    if (got > 0) {
      received_.append(room, static_cast<size_t>(got));
      empty = 0;
      continue;
    }
    note(got);
    empty =
        BIO_ctrl_pending(from_other_) > 0 && SSL_get_shutdown(engine_.get()) == 0 && error_.empty()
            ? 0
            : empty + 1;
  }
  push();
}

size_t TLSPeer::send_some(std::string_view bytes) {
  size_t left_already = 0;
  for (;;) {
    if (!push()) return left_already;
    left_already += std::exchange(in_flight_, 0);
    if (left_already >= bytes.size()) return left_already;
    const std::string_view next = bytes.substr(left_already, kRecord);
    ERR_clear_error();
    const int written = SSL_write(engine_.get(), next.data(), static_cast<int>(next.size()));
    if (written <= 0) {
      note(written);
      return left_already;
    }
    in_flight_ = static_cast<size_t>(written);
  }
}

std::string TLSPeer::receive() {
  pump();
  return std::exchange(received_, {});
}

bool TLSPeer::at_end() { return got_close_notify() && got_fin() && received_.empty(); }

bool TLSPeer::got_close_notify() {
  pump();
  return (SSL_get_shutdown(engine_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TLSPeer::got_fin() {
  pump();
  return fin_;
}

void TLSPeer::finish() {
  ERR_clear_error();
  SSL_shutdown(engine_.get());
  ERR_clear_error();
  EXPECT_TRUE(push()) << "the connection is full or broken";
  finish_without_notice();
}

void TLSPeer::finish_without_notice() {
  if (memory_ != nullptr) {
    EXPECT_TRUE(memory_->shutdown_write().ok());
  } else {
    EXPECT_EQ(::shutdown(socket_.get(), SHUT_WR), 0);
  }
}

void TLSPeer::close() {
  if (memory_ == nullptr ? !socket_.valid() : memory_->is_closed()) return;
  if (SSL_in_init(engine_.get()) == 0) {
    ERR_clear_error();
    SSL_shutdown(engine_.get());
    ERR_clear_error();
    push();
  }
  if (memory_ != nullptr) memory_->close();
  socket_.reset();
}

void TLSPeer::reset() {
  if (memory_ != nullptr) return memory_->reset();
  const linger now{1, 0};
  EXPECT_EQ(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
  socket_.reset();
}

bool TLSPeer::send_raw(std::string_view bytes) {
  unsent_ += bytes;
  return push();
}

}  // namespace turbo::tls
