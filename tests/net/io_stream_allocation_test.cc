// After warm-up a stream that answers requests allocates nothing, with callbacks and with
// coroutines.
//
// It replaces operator new for its whole program, so it stands alone.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "framework/loop/task.h"
#include "framework/net/io_stream.h"
#include "framework/net/socket_transport.h"

namespace {
uint64_t allocations = 0;
}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace turbo {
namespace {

constexpr std::string_view kRequest = "GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";
constexpr int kWarmUp = 100;
constexpr int kExchanges = 10'000;

class IOStreamAllocationTest : public ::testing::Test {
 protected:
  IOStreamAllocationTest() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    stream = std::make_unique<IOStream>(std::make_unique<SocketTransport>(UniqueFd(fds[0])), &loop);
    client.reset(fds[1]);
  }

  void exchange() {
    ASSERT_EQ(::send(client.get(), kRequest.data(), kRequest.size(), 0),
              static_cast<ssize_t>(kRequest.size()));
    char room[256];
    ssize_t got = -1;
    for (int i = 0; i < 10 && got < 0; ++i) {
      loop.run_once();
      got = ::recv(client.get(), room, sizeof(room), 0);
    }
    ASSERT_EQ(std::string_view(room, static_cast<size_t>(got)), kAnswer);
  }

  uint64_t allocations_of_exchanges() {
    for (int i = 0; i < kWarmUp; ++i) exchange();
    const uint64_t before = allocations;
    for (int i = 0; i < kExchanges; ++i) exchange();
    return allocations - before;
  }

  IOLoop loop;
  std::unique_ptr<IOStream> stream;
  UniqueFd client;
};

class Answerer {
 public:
  explicit Answerer(IOStream& stream) : stream_(stream) { read(); }

 private:
  void read() {
    stream_.read_some([this](absl::StatusOr<Buffer> request) {
      if (!request.ok()) return;
      stream_.write(kAnswer);
      read();
    });
  }
  IOStream& stream_;
};

TEST_F(IOStreamAllocationTest, answering_with_callbacks_allocates_nothing) {
  Answerer answerer(*stream);
  EXPECT_EQ(allocations_of_exchanges(), 0u);
}

class LineAnswerer {
 public:
  explicit LineAnswerer(IOStream& stream) : stream_(stream) { read(); }

 private:
  void read() {
    stream_.read_until("\r\n\r\n", [this](absl::StatusOr<Buffer> request) {
      if (!request.ok()) return;
      stream_.write(kAnswer, [this](absl::Status written) {
        if (written.ok()) read();
      });
    });
  }
  IOStream& stream_;
};

// The seed's write callback and delimiter search included.
TEST_F(IOStreamAllocationTest, delimited_reads_and_the_write_slot_allocate_nothing) {
  LineAnswerer answerer(*stream);
  EXPECT_EQ(allocations_of_exchanges(), 0u);
}

Task<> answer(IOStream& stream) {
  for (;;) {
    absl::StatusOr<Buffer> request = co_await stream.read_until("\r\n\r\n");
    if (!request.ok()) co_return;
    auto write = stream.write(kAnswer);
    if (!(co_await write).ok()) co_return;
  }
}

TEST_F(IOStreamAllocationTest, answering_with_a_coroutine_allocates_nothing) {
  Task<> task = answer(*stream);
  task.start([] {});
  EXPECT_EQ(allocations_of_exchanges(), 0u);
}

// Row 13: an idle stream has given its block back.
TEST_F(IOStreamAllocationTest, an_idle_stream_holds_no_buffer) {
  Answerer answerer(*stream);
  exchange();
  EXPECT_TRUE(stream->peek().empty());
  EXPECT_EQ(stream->write_buffer_size(), 0u);
  const size_t cached = BlockPool::local().counters().cached_bytes;
  stream.reset();
  EXPECT_EQ(BlockPool::local().counters().cached_bytes, cached);
}

}  // namespace
}  // namespace turbo
