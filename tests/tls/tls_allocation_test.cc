// What a TLS connection costs in memory: nothing of ours for a request and its answer, and little
// in all while it is idle.
//
// It replaces operator new for its whole program, so it stands alone. OpenSSL allocates with
// malloc() and is counted by CRYPTO_set_mem_functions.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/net/io_stream.h"
#include "framework/net/socket_transport.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/stream_pair.h"
#include "framework/tls/tls_transport.h"
#include "tests/tls/tls_peer.h"

namespace {

uint64_t allocations = 0;
size_t ours = 0;     // bytes alive, of operator new
size_t openssl = 0;  // bytes alive, of OpenSSL

void* openssl_malloc(size_t bytes, const char*, int) {
  void* const memory = std::malloc(bytes);
  openssl += ::malloc_usable_size(memory);
  return memory;
}
void* openssl_realloc(void* memory, size_t bytes, const char*, int) {
  openssl -= ::malloc_usable_size(memory);
  void* const moved = std::realloc(memory, bytes);
  openssl += ::malloc_usable_size(moved);
  return moved;
}
void openssl_free(void* memory, const char*, int) {
  openssl -= ::malloc_usable_size(memory);
  std::free(memory);
}

// Before OpenSSL's first allocation, or it refuses.
const bool counting = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  void* const memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  ours += ::malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  ours -= ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace turbo::tls {
namespace {

constexpr std::string_view kRequest = "GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

// Answers again and again, as a server's connection does.
class Answerer final : public InputHandler {
 public:
  explicit Answerer(IOStream& stream) : stream_(stream) { stream_.read_some(*this); }
  void on_input(Buffer) override {
    stream_.write(kAnswer);
    stream_.read_some(*this);
  }
  void on_input_end(absl::Status) override {}

 private:
  IOStream& stream_;
};

class Connection {
 public:
  Connection(IOLoop& loop, Version version) : loop_(loop) {
    FdPair ends = make_fd_pair(PairKind::kTCP);
    peer_ = std::make_unique<TLSPeer>(client_engine(version), std::move(ends.b));
    stream_ = std::make_unique<IOStream>(
        std::make_unique<TLSTransport>(std::make_unique<SocketTransport>(std::move(ends.a)),
                                       server_engine()),
        &loop_);
    EXPECT_TRUE(
        run_loop_until(loop_, [&] { return peer_->handshake() && !stream_->connecting(); }));
    answerer_ = std::make_unique<Answerer>(*stream_);
  }

  // The allocations of the loop's turns alone, not of the peer.
  uint64_t exchange() {
    EXPECT_TRUE(peer_->send(kRequest));
    std::string got;
    uint64_t count = 0;
    for (int i = 0; i < 1000 && got.size() < kAnswer.size(); ++i) {
      const uint64_t before = allocations;
      loop_.run_once();
      count += allocations - before;
      got += peer_->receive();
    }
    EXPECT_EQ(got, kAnswer);
    return count;
  }
  void destroy_stream() {
    answerer_.reset();
    stream_.reset();
  }

 private:
  IOLoop& loop_;
  std::unique_ptr<TLSPeer> peer_;
  std::unique_ptr<IOStream> stream_;
  std::unique_ptr<Answerer> answerer_;
};

class TLSAllocationTest : public testing::TestWithParam<Version> {
 protected:
  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
};
INSTANTIATE_TEST_SUITE_P(Versions, TLSAllocationTest,
                         testing::Values(Version::kTLS12, Version::kTLS13),
                         [](const testing::TestParamInfo<Version>& info) {
                           return info.param == Version::kTLS12 ? "TLS12" : "TLS13";
                         });

TEST_P(TLSAllocationTest, a_request_and_its_answer_allocate_nothing_of_ours) {
  Connection connection(loop, GetParam());
  for (int i = 0; i < 100; ++i) connection.exchange();
  uint64_t count = 0;
  for (int i = 0; i < 1000; ++i) count += connection.exchange();
  EXPECT_EQ(count, 0u);
}

// iostream.md row 13: no buffer, neither ours nor OpenSSL's, of which each is 16 KiB and more.
TEST_P(TLSAllocationTest, an_idle_connection_holds_no_buffer) {
  ASSERT_TRUE(counting);
  constexpr size_t kCount = 100;
  std::vector<std::unique_ptr<Connection>> all;
  for (size_t i = 0; i < kCount; ++i) {
    all.push_back(std::make_unique<Connection>(loop, GetParam()));
    all.back()->exchange();
  }
  const size_t ours_before = ours, openssl_before = openssl;
  for (const auto& one : all) one->destroy_stream();
  run_loop_idle(loop, 3);
  const size_t ours_each = (ours_before - ours) / kCount;
  const size_t openssl_each = (openssl_before - openssl) / kCount;
  std::printf("an idle connection: %zu bytes of ours, %zu of OpenSSL's\n", ours_each, openssl_each);
  EXPECT_LE(ours_each, 1024u);
  EXPECT_LE(openssl_each, 14u * 1024);
}

}  // namespace
}  // namespace turbo::tls
