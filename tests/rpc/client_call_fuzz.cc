// A server's bytes, whatever they are: each call is told its end once and nothing behind it, no
// more messages are read than came, and the channel may end at any time.
//
// The first byte chooses what the server and the callers are like, the second how many bytes that
// follow are sizes of pieces.

#include <google/protobuf/wrappers.pb.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/stub.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/stream_pair.h"
#include "tests/http2/frames.h"

namespace turbo::rpc {
namespace {

using google::protobuf::StringValue;

constexpr uint8_t kGreets = 1;       // SETTINGS come by themselves
constexpr uint8_t kRetries = 2;      // the policy allows it
constexpr uint8_t kDeadlines = 4;    // and time passes with each piece
constexpr uint8_t kReadsSlowly = 8;  // a message a piece
constexpr uint8_t kDropsEarly = 16;  // the channel goes before its connection
constexpr uint8_t kCancels = 32;     // half-way

constexpr Method kUnary = {"/fuzz.Fuzz/Unary", MethodKind::kUnary};
constexpr Method kRead = {"/fuzz.Fuzz/Read", MethodKind::kServerStreaming};
constexpr Method kChat = {"/fuzz.Fuzz/Chat", MethodKind::kBidiStreaming};

class Client {
 public:
  explicit Client(uint8_t choice) : choice_(choice) {
    ChannelOptions options;
    options.connect = [this](IOLoop&) { return connect(); };
    options.idle_timeout = std::nullopt;
    options.max_reply_bytes = 1 << 16;
    if (has(kRetries)) options.retry.max_attempts = 3;
    if (has(kDeadlines)) options.default_timeout = std::chrono::seconds(100);
    channel_ = std::make_unique<Channel>("fuzz.example", std::move(options));
    StringValue request;
    request.set_value("hello");
    call_unary<StringValue>(*channel_, kUnary, contexts_[0], request,
                            [this](absl::StatusOr<StringValue>) { tell(told_[0]); });
    reader_.emplace(*channel_, kRead, contexts_[1], request);
    reader_->finish([this](absl::Status) { tell(told_[1]); });
    chat_.emplace(*channel_, kChat, contexts_[2]);
    static_cast<void>(chat_->write(request));
    read();
    turn();
  }

  void receive(std::string_view piece) {
    if (server_ == nullptr) return;
    server_->receive();
    server_->send(piece);
    turn();
    if (has(kReadsSlowly) && !reading_ && !ended_) read();
    if (has(kDeadlines)) clock_.advance(std::chrono::seconds(7));
    if (has(kCancels) && ++pieces_ == 2) contexts_[2].cancel();
    turn();
  }

  void end() {
    if (has(kDropsEarly)) channel_.reset();
    if (server_ != nullptr) server_->reset();
    turn();
    clock_.advance(std::chrono::seconds(1000));
    turn();
    clock_.advance(std::chrono::seconds(1000));
    turn();
    if (channel_ == nullptr) return;
    // Tries go on with other connections, which say nothing; they end with the channel.
    for (ClientContext& context : contexts_) context.cancel();
    turn();
    TURBO_CHECK(told_[0] && told_[1], "a call was not told its end");
  }

 private:
  bool has(uint8_t choice) const { return (choice_ & choice) != 0; }
  void turn() { run_loop_idle(loop_, 6); }

  std::unique_ptr<Transport> connect() {
    MemoryPair pair = make_memory_pair({}, {}, 1 << 20);
    server_ = std::move(pair.a);
    if (has(kGreets)) server_->send(http2::settings());
    return std::move(pair.b);
  }
  void tell(bool& told) { TURBO_CHECK(!std::exchange(told, true), "told twice"); }
  void read() {
    reading_ = true;
    chat_->read(message_, [this](bool more) {
      reading_ = false;
      TURBO_CHECK(!ended_, "a read behind the end");
      ended_ = !more;
      if (more && !has(kReadsSlowly)) read();
    });
  }

  const uint8_t choice_;
  FakeClock clock_;
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  ClientContext contexts_[3];
  std::unique_ptr<MemoryTransport> server_;
  std::unique_ptr<Channel> channel_;
  std::optional<ClientReader<StringValue>> reader_;
  std::optional<ClientStream<StringValue, StringValue>> chat_;
  StringValue message_;
  bool told_[2] = {};
  bool reading_ = false;
  bool ended_ = false;
  int pieces_ = 0;
};

void run(std::string_view input) {
  if (input.size() < 2) return;
  Client client(static_cast<uint8_t>(input[0]));
  const size_t sizes = std::min<size_t>(static_cast<uint8_t>(input[1]), input.size() - 2);
  std::string_view bytes = input.substr(2 + sizes);
  for (const char size : input.substr(2, sizes)) {
    const size_t piece = std::min<size_t>(static_cast<uint8_t>(size), bytes.size());
    client.receive(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
  }
  client.receive(bytes);
  client.end();
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::rpc::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
