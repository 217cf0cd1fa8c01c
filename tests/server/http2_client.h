// HTTP2Client: the client's end of an HTTP/2 connection: the session of framework/http2, and
// streams that write down what came. HTTP2Fixture: a server with such clients, and raw ones, on one
// loop.
#ifndef TURBO_TESTS_SERVER_HTTP2_CLIENT_H_
#define TURBO_TESTS_SERVER_HTTP2_CLIENT_H_

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/log.h"
#include "framework/http2/session.h"
#include "framework/net/io_stream.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/stream_pair.h"
#include "tests/http2/frames.h"
#include "tests/http2/scripted_stream.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo {

using http2::ScriptedStream;

class HTTP2Client final : private InputHandler {
 public:
  // `stream` is connected or will be.
  explicit HTTP2Client(std::unique_ptr<IOStream> stream, const http2::SessionOptions& options = {})
      : options_(options),
        stream_(std::move(stream)),
        session_(http2::make_client_session(handler_, options_)) {
    say();
    stream_->read_some(*this);
  }

  // ---- requests ----
  ScriptedStream& ask(std::string_view method, std::string_view path, std::string body = {},
                      std::span<const http::Field> fields = {}) {
    ScriptedStream& call = begin();
    call.to_send = std::move(body);
    return request(call, method, path, fields,
                   call.to_send.empty() ? http2::Body::kNone : http2::Body::kFollows);
  }
  ScriptedStream& get(std::string_view path) { return ask("GET", path); }
  // One whose body is given later.
  ScriptedStream& open(std::string_view path, std::span<const http::Field> fields = {}) {
    ScriptedStream& call = begin();
    call.to_send_ends = false;
    return request(call, "POST", path, fields, http2::Body::kFollows);
  }
  void add(ScriptedStream& call, std::string_view bytes) {
    call.to_send += bytes;
    resume(call);
  }
  void end(ScriptedStream& call) {
    call.to_send_ends = true;
    resume(call);
  }
  void reset(ScriptedStream& call, http2::ErrorCode why = http2::ErrorCode::kCancel) {
    session_->reset(call, why);
    say();
  }

  // ---- windows ----
  // Those of the streams asked from now on are not opened again as their bodies come.
  void hold_windows() { holds_windows_ = true; }
  // All that came of the body is consumed.
  void take(ScriptedStream& call) {
    consume(call);
    say();
  }

  // What was asked of the session leaves.
  void say() {
    Buffer out;
    session_->send(out, SIZE_MAX / 2);
    if (!out.empty() && !stream_->closed()) stream_->write(std::move(out));
  }
  // Nothing is read any more: a client that hangs.
  void stop_reading() { stream_->cancel_read(); }

  http2::Session& session() { return *session_; }
  IOStream& stream() { return *stream_; }
  // The server's GOAWAYs.
  const std::vector<std::string>& heard() const { return handler_.heard; }
  bool ended() const { return ended_; }

 private:
  void on_input(Buffer data) override {
    session_->receive(std::move(data), stream_->loop().time());
    say();
    stream_->read_some(*this);
  }
  void on_input_end(absl::Status why) override { ended_ = !absl::IsCancelled(why); }

  ScriptedStream& begin() {
    ScriptedStream& call = calls_.emplace_back();
    if (!holds_windows_) call.when_data = [this, &call] { consume(call); };
    return call;
  }
  ScriptedStream& request(ScriptedStream& call, std::string_view method, std::string_view path,
                          std::span<const http::Field> fields, http2::Body body) {
    const http2::RequestFields request = {.method = method,
                                          .scheme = "http",
                                          .authority = "a.example",
                                          .path = path,
                                          .protocol = {},
                                          .fields = fields};
    const absl::Status status = session_->request(call, request, body);
    if (!status.ok()) call.closed = status.ToString();
    say();
    return call;
  }
  void resume(ScriptedStream& call) {
    session_->resume(call);
    say();
  }
  void consume(ScriptedStream& call) {
    session_->consume(call, call.body.size() - call.consumed);
    call.consumed = call.body.size();
  }

  const http2::SessionOptions options_;
  http2::ScriptedHandler handler_;
  std::deque<ScriptedStream> calls_;  // addresses stay
  std::unique_ptr<IOStream> stream_;
  std::unique_ptr<http2::Session> session_;
  bool holds_windows_ = false;
  bool ended_ = false;
};

// Tells when it is destroyed.
struct Dropped final : ExchangeAttachment {
  explicit Dropped(bool* told) : told(told) {}
  ~Dropped() override { *told = true; }
  bool* told;
};

class HTTP2Fixture : public ServerFixture {
 protected:
  HTTP2Fixture() {
    set_log_sink([](LogLevel, std::string_view) {});
  }
  ~HTTP2Fixture() override {
    server_.reset();
    set_log_sink(nullptr);
  }

  static constexpr size_t kCapacity = 1 << 20;  // of a connection, each way

  std::unique_ptr<HTTP2Client> ask_http2(const http2::SessionOptions& options = {}) {
    auto stream = std::make_unique<IOStream>(connect_in_memory(), &loop_);
    return std::make_unique<HTTP2Client>(std::move(stream), options);
  }
  std::unique_ptr<RawClient> connect() {
    auto client = connect_without_reading();
    client->receive();
    return client;
  }
  std::unique_ptr<RawClient> connect_without_reading() {
    return std::make_unique<RawClient>(loop_, connect_in_memory());
  }
  std::string answer_to(std::string_view bytes) {
    auto client = connect();
    client->send(bytes);
    settle();
    return client->received();
  }

  std::unique_ptr<Transport> connect_in_memory() {
    MemoryPair pair = make_memory_pair({}, {}, kCapacity);
    server_end_ = pair.a.get();
    client_end_ = pair.b.get();
    server_->serve(std::move(pair.a));
    return std::move(pair.b);
  }

  // Ends the last connection without a FIN, behind which its client might still read.
  void vanish() { client_end_->reset(); }

  // Of the last connection, while it lives.
  MemoryTransport* server_end_ = nullptr;
  MemoryTransport* client_end_ = nullptr;

  // However long the machine takes for it, within reason.
  template <class Done>
  bool run_until(Done done) {
    return run_loop_until(loop_, std::move(done));
  }

  // Until the answer has come whole, or was cut.
  bool answered(const ScriptedStream& call) {
    return run_until([&] { return !call.end.empty() || !call.closed.empty(); });
  }
  bool closed(const ScriptedStream& call) {
    return run_until([&] { return !call.closed.empty(); });
  }

  // Still good: another request is answered.
  bool lives(HTTP2Client& client, std::string_view path = "/alive") {
    const ScriptedStream& call = client.get(path);
    return answered(call) && begins_with(call.head, " 200");
  }

  // Keeps every exchange for the test to answer.
  std::vector<Exchange*> held_;
  LambdaService holding_{[this](Exchange& exchange) {
    exchange.hold();
    held_.push_back(&exchange);
  }};
  // Answers with the path.
  LambdaService echo_path_{[](Exchange& exchange) {
    exchange.write(exchange.head().path);
    exchange.finish();
  }};
};

inline void answer(Exchange& exchange, std::string text) {
  exchange.write(Buffer::from_string(std::move(text)));
  exchange.finish();
  exchange.release();
}

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_HTTP2_CLIENT_H_
