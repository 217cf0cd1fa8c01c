#include "tests/net/stream_test.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "framework/net/socket_transport.h"
#include "framework/tls/tls_transport.h"

namespace turbo {

namespace {

std::unique_ptr<IOStream> tls_stream(UniqueFd fd, tls::Engine engine, IOLoop& loop,
                                     IOStreamOptions options) {
  return std::make_unique<IOStream>(
      std::make_unique<tls::TLSTransport>(std::make_unique<SocketTransport>(std::move(fd)),
                                          std::move(engine)),
      &loop, options);
}

tls::Version version_of(StreamKind kind) {
  return kind == StreamKind::kTLS12 ? tls::Version::kTLS12 : tls::Version::kTLS13;
}

}  // namespace

std::string to_string(StreamKind kind) {
  if (!is_tls(kind)) return to_string(pair_kind(kind));
  return kind == StreamKind::kTLS12 ? "TLS12" : "TLS13";
}

StreamPair make_stream_pair(StreamKind kind, IOLoop& loop, IOStreamOptions options) {
  if (kind == StreamKind::kMemory) return make_stream_pair(PairKind::kMemory, loop, options);
  return make_stream_pair(kind, loop, options, options);
}

StreamPair make_stream_pair(StreamKind kind, IOLoop& loop, IOStreamOptions options_a,
                            IOStreamOptions options_b) {
  FdPair ends = make_fd_pair(pair_kind(kind));
  if (is_tls(kind)) {
    return {tls_stream(std::move(ends.a), tls::client_engine(version_of(kind)), loop, options_a),
            tls_stream(std::move(ends.b), tls::server_engine(), loop, options_b)};
  }
  return {std::make_unique<IOStream>(ends.a.release(), &loop, options_a),
          std::make_unique<IOStream>(ends.b.release(), &loop, options_b)};
}

size_t Peer::send_some(std::string_view bytes) {
  if (bytes.empty()) return 0;
  if (tls_ != nullptr) return tls_->send_some(bytes);
  if (memory_ != nullptr) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const IOResult result = memory_->write({&piece, 1});
    return result.kind == IOResult::Kind::kBytes ? result.bytes : 0;
  }
  const ssize_t sent = kind_ == PairKind::kPipe
                           ? ::write(fd_.get(), bytes.data(), bytes.size())
                           : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

void Peer::send(std::string_view bytes) {
  if (memory_ != nullptr) {
    ASSERT_TRUE(memory_->send(bytes));
    return;
  }
  while (!bytes.empty()) {
    const size_t sent = send_some(bytes);
    ASSERT_GT(sent, 0u) << "the connection is full or broken, errno " << errno;
    bytes.remove_prefix(sent);
  }
}

std::string Peer::receive() {
  if (tls_ != nullptr) return tls_->receive();
  if (memory_ != nullptr) return memory_->receive();
  std::string all;
  char room[65536];
  for (;;) {
    const ssize_t got = ::read(fd_.get(), room, sizeof(room));
    if (got == 0) end_seen_ = true;
    if (got <= 0) return all;
    all.append(room, static_cast<size_t>(got));
  }
}

bool Peer::at_end() {
  if (tls_ != nullptr) return tls_->at_end();
  if (memory_ != nullptr) return memory_->at_end();
  if (!end_seen_) {
    char probe;
    end_seen_ = kind_ == PairKind::kPipe
                    ? ::read(fd_.get(), &probe, 1) == 0
                    : ::recv(fd_.get(), &probe, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }
  return end_seen_;
}

void Peer::finish() {
  if (tls_ != nullptr) return tls_->finish();
  if (memory_ != nullptr) {
    ASSERT_TRUE(memory_->shutdown_write().ok());
  } else if (kind_ == PairKind::kPipe) {
    fd_.reset();
  } else {
    ASSERT_EQ(::shutdown(fd_.get(), SHUT_WR), 0);
  }
}

void Peer::close() {
  if (tls_ != nullptr) tls_->close();
  if (memory_ != nullptr) memory_->close();
  fd_.reset();
}

void Peer::reset() {
  if (tls_ != nullptr) return tls_->reset();
  if (memory_ != nullptr) {
    memory_->reset();
    return;
  }
  ASSERT_EQ(kind_, PairKind::kTCP);
  const linger now{1, 0};
  ASSERT_EQ(::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
  fd_.reset();
}

std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 12345;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>('a' + (state >> 24) % 26);
  }
  return bytes;
}

StreamTest::StreamTest() {
  loop.set_exception_hook([this](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& e) {
      hooked.push_back(e.what());
    }
  });
}

StreamTest::~StreamTest() { destroy_stream(); }

void StreamTest::make(IOStreamOptions options, FaultPlan plan, PipeEnd end) {
  stream.reset();
  if (memory()) {
    MemoryPair ends = make_memory_pair(std::move(plan));
    transport = ends.a.get();
    stream = std::make_unique<IOStream>(std::move(ends.a), &loop, options);
    peer = Peer(std::move(ends.b));
    return;
  }
  FdPair ends = make_fd_pair(pair_kind(GetParam()));
  if (pipe() && end == PipeEnd::kReads) std::swap(ends.a, ends.b);
  make_over(std::move(ends), options);
}

void StreamTest::make_over(FdPair ends, IOStreamOptions options) {
  if (!tls()) {
    stream = std::make_unique<IOStream>(ends.a.release(), &loop, options);
    peer = Peer(pair_kind(GetParam()), std::move(ends.b));
    return;
  }
  stream = tls_stream(std::move(ends.a), tls::server_engine(), loop, options);
  peer = Peer(std::make_unique<tls::TLSPeer>(tls::client_engine(version_of(GetParam())),
                                             std::move(ends.b)));
  run_until([&] { return peer.tls().handshake() && !stream->connecting(); });
  // Tickets that are left unread would turn the peer's close into a reset.
  EXPECT_EQ(peer.receive(), "");
}

void StreamTest::reset_by_peer() {
  if (GetParam() != StreamKind::kUnix) return peer.reset();
  // A Unix socket resets its peer when it closes with bytes unread.
  stream->write("unread");
  run_until([&] { return !stream->writing(); });
  peer.close();
}

void StreamTest::destroy_stream() {
  stream.reset();
  transport = nullptr;
  idle(3);
}

std::string kind_name(const testing::TestParamInfo<StreamKind>& info) {
  return to_string(info.param);
}

}  // namespace turbo
