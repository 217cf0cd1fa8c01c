// What the stream suite stands on: one stream under test, a peer driven by hand, records of what
// the callbacks got.
#ifndef TURBO_TESTS_NET_STREAM_TEST_H_
#define TURBO_TESTS_NET_STREAM_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"
#include "tests/tls/tls_peer.h"

namespace turbo {

using Code = absl::StatusCode;

// What the stream under test runs over: a pair of framework/testing, or TLS over TCP. By itself it
// is the server there; of a pair one is the client, the other the server.
enum class StreamKind : uint8_t { kTCP, kUnix, kPipe, kMemory, kTLS12, kTLS13 };

constexpr bool is_tls(StreamKind kind) {
  return kind == StreamKind::kTLS12 || kind == StreamKind::kTLS13;
}
// TLS: of what it lies over.
constexpr PairKind pair_kind(StreamKind kind) {
  return is_tls(kind) ? PairKind::kTCP : static_cast<PairKind>(kind);
}
static_assert(pair_kind(StreamKind::kMemory) == PairKind::kMemory);
static_assert(pair_kind(StreamKind::kPipe) == PairKind::kPipe);

// "TCP", "TLS13" and so on.
std::string to_string(StreamKind kind);

// Over TLS the handshake has yet to run: reads and writes wait for it.
StreamPair make_stream_pair(StreamKind kind, IOLoop& loop, IOStreamOptions options = {});
// With options for each. Requires: not kMemory.
StreamPair make_stream_pair(StreamKind kind, IOLoop& loop, IOStreamOptions options_a,
                            IOStreamOptions options_b);

// The other end of the stream under test, without a stream of its own.
class Peer {
 public:
  Peer() = default;
  Peer(PairKind kind, UniqueFd fd) : kind_(kind), fd_(std::move(fd)) {}
  explicit Peer(std::unique_ptr<MemoryTransport> memory)
      : kind_(PairKind::kMemory), memory_(std::move(memory)) {}
  explicit Peer(std::unique_ptr<tls::TLSPeer> tls) : tls_(std::move(tls)) {}

  // As many bytes as the connection takes now.
  size_t send_some(std::string_view bytes);
  // Requires: the connection takes them all.
  void send(std::string_view bytes);
  // All that has arrived.
  std::string receive();
  // True when the stream's FIN has arrived and all before it was received; over TLS close_notify,
  // too.
  bool at_end();
  // Sends FIN (a pipe: closes; TLS: close_notify and FIN).
  void finish();
  void close();
  // TCP, TLS and memory only: breaks the connection.
  void reset();

  int fd() const { return fd_.get(); }
  MemoryTransport& memory() { return *memory_; }
  tls::TLSPeer& tls() { return *tls_; }

 private:
  PairKind kind_ = PairKind::kTCP;
  UniqueFd fd_;
  std::unique_ptr<MemoryTransport> memory_;
  std::unique_ptr<tls::TLSPeer> tls_;
  bool end_seen_ = false;
};

// What a read came to.
struct ReadRecord {
  int calls = 0;
  absl::Status status;
  std::string data;

  ReadCallback callback() {
    return [this](absl::StatusOr<Buffer> result) { take(std::move(result)); };
  }
  void take(absl::StatusOr<Buffer> result) {
    ++calls;
    status = result.status();
    data = result.ok() ? result->to_string() : "";
  }
  bool ok() const { return calls == 1 && status.ok(); }
  Code code() const { return status.code(); }
};

// What an operation without a value came to.
struct StatusRecord {
  int calls = 0;
  absl::Status status;

  absl::AnyInvocable<void(absl::Status)> callback() {
    return [this](absl::Status result) {
      ++calls;
      status = std::move(result);
    };
  }
  bool ok() const { return calls == 1 && status.ok(); }
  Code code() const { return status.code(); }
};

// Pieces a streaming callback got.
struct PieceRecord {
  std::vector<std::string> pieces;
  std::string all;

  StreamingCallback callback() {
    return [this](Buffer piece) {
      pieces.push_back(piece.to_string());
      all += pieces.back();
    };
  }
};

// `size` bytes in which no short string repeats soon.
std::string pattern(size_t size);

// Which end of a pipe the stream under test has.
enum class PipeEnd { kReads, kWrites };

class StreamTest : public testing::TestWithParam<StreamKind> {
 protected:
  StreamTest();
  ~StreamTest() override;

  // Makes the stream under test and its peer. The plan holds for memory only.
  void make(IOStreamOptions options = {}, FaultPlan plan = {}, PipeEnd end = PipeEnd::kReads);
  // The same over descriptors, of which the stream gets `a`. Requires: not memory.
  void make_over(FdPair ends, IOStreamOptions options = {});
  // Runs the loop until `done`; a test that goes on after it failed would only confuse.
  template <class Done>
  void run_until(Done done) {
    ASSERT_TRUE(run_loop_until(loop, done)) << "what was waited for did not happen";
  }
  void idle(int iterations = 50) { run_loop_idle(loop, iterations); }
  // Breaks the connection from the peer's side, whatever it is made of.
  void reset_by_peer();
  // Destroys the stream and runs what it left to the loop.
  void destroy_stream();
  bool memory() const { return GetParam() == StreamKind::kMemory; }
  bool pipe() const { return GetParam() == StreamKind::kPipe; }
  bool tls() const { return is_tls(GetParam()); }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  std::vector<std::string> hooked;  // what() of exceptions that reached the loop's hook
  std::unique_ptr<IOStream> stream;
  MemoryTransport* transport = nullptr;  // the stream's, over memory
  Peer peer;
};

std::string kind_name(const testing::TestParamInfo<StreamKind>& info);

// Two-way kinds; with pipes.
#define TURBO_OVER_STREAMS(Suite)                                                    \
  INSTANTIATE_TEST_SUITE_P(Over, Suite,                                              \
                           testing::Values(StreamKind::kTCP, StreamKind::kUnix,      \
                                           StreamKind::kMemory, StreamKind::kTLS13), \
                           kind_name)
#define TURBO_OVER_STREAMS_AND_PIPES(Suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(                                                                        \
      Over, Suite,                                                                                 \
      testing::Values(StreamKind::kTCP, StreamKind::kUnix, StreamKind::kMemory, StreamKind::kPipe, \
                      StreamKind::kTLS12, StreamKind::kTLS13),                                     \
      kind_name)

}  // namespace turbo

#endif  // TURBO_TESTS_NET_STREAM_TEST_H_
