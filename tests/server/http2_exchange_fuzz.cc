// A whole server whose handlers do anything an Exchange allows, at any time, against an HTTP/2
// client that does anything a client may, with several requests at once: any order of the two is a
// valid input.
//
// Whatever they do: each request is dispatched at most once, with the body that was sent; an answer
// that ends is whole and what its handler gave, any other ends in a reset or with the connection;
// nothing is called back after its exchange has ended; what the server says keeps the protocol's
// rules, see HTTP2Wire, and a client's session finds no fault in it; in the end nothing is left
// open. If nobody misbehaved, every request is answered or refused unseen, and nothing had to time
// out.
//
// The first bytes are the options of both sides, the next ones what the client does, and what
// handlers do is read from the input's end, see Choices.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/base/views.h"
#include "framework/http2/session.h"
#include "framework/server/http_server.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "tests/server/choices.h"
#include "tests/server/fuzzed_handler.h"
#include "tests/server/fuzzed_request.h"
#include "tests/server/fuzzed_server.h"
#include "tests/server/http2_wire.h"
#include "tests/server/lambda_service.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of the first byte, beside those of fuzzed_server.h: the connection holds little.
constexpr uint8_t kNarrow = kFuzzerOwn;

constexpr size_t kMaxInput = 2048;
constexpr size_t kMaxRequests = 40;

// By the third byte: what each side lets the other send, two bits each.
struct Windows {
  explicit Windows(uint8_t choice)
      : server_stream(kStreams[choice % 4]),
        server_connection(kConnections[choice / 4 % 4]),
        client_stream(kClients[choice / 16 % 4]),
        client_connection(kConnections[choice / 64]) {}

  // The client lets come so little that long bodies would take all the time.
  bool tiny() const { return client_stream < 1000; }
  bool shut() const { return client_stream == 0; }

  static constexpr uint32_t kStreams[] = {256 << 10, 65535, 1000, 100};
  static constexpr uint32_t kConnections[] = {1 << 20, 65535, 100'000, 65536};
  static constexpr uint32_t kClients[] = {65535, 1000, 7, 0};
  uint32_t server_stream;
  uint32_t server_connection;
  uint32_t client_stream;
  uint32_t client_connection;
};

HTTPServerOptions server_options_of(uint8_t choice, uint8_t sizes, const Windows& windows) {
  HTTPServerOptions options = server_options(choice, sizes);
  options.http2.session.stream_window_bytes = windows.server_stream;
  options.http2.session.connection_window_bytes = windows.server_connection;
  if (sizes / 4 % 4 == 1) options.http2.session.max_concurrent_streams = 3;
  if ((choice & kLittleOutputHigh) != 0) options.http2.stream_output_high_bytes = 300;
  return options;
}

http2::SessionOptions client_options_of(const Windows& windows) {
  http2::SessionOptions options;
  options.stream_window_bytes = windows.client_stream;
  options.connection_window_bytes = windows.client_connection;
  // It finds no fault with how much the server sends.
  options.flood = {{1 << 20, 1}, {1 << 20, 1}, {1 << 20, 1},
                   {1 << 20, 1}, {1 << 20, 1}, {1 << 20, 1},
                   {1 << 20, 1}, {1 << 20, 1}, 4,
                   {1 << 20, 1}, {1 << 20, 1}};
  return options;
}

FaultPlan plan_of(uint8_t choice) {
  FaultPlan plan;
  if ((choice & kNarrow) == 0) return plan;
  plan.max_write = 300;
  plan.write_sizes = {0, 1, 20, 0, 0};
  return plan;
}

// The client's side of a request.
class AskedStream final : public http2::Stream {
 public:
  AskedStream(FuzzedRequest& request, http2::Session& session, const bool& eager)
      : request_(request), session_(session), eager_(eager) {}

  // ---- what goes ----
  void set_trailers(std::vector<http::Field> trailers) { trailers_ = std::move(trailers); }
  void let_go(size_t bytes) {
    ready_ = std::min(request_.body.size() - taken_, ready_ + bytes);
    lets_end_ = ready_ == request_.body.size() - taken_;
    session_.resume(*this);
  }
  void consume() { session_.consume(*this, std::exchange(held_, 0)); }

  // ---- what came ----
  FuzzedRequest& request() const { return request_; }
  const SeenResponse& seen() const { return seen_; }
  bool ended() const { return ended_; }
  int trailers() const { return seen_trailers_; }
  // Why it closed.
  const std::optional<http2::ErrorCode>& closed() const { return closed_; }

  void on_head(bool) override {
    if (head().status / 100 == 1) return;
    seen_.status = head().status;
    for (const http::Field& field : head().fields) {
      seen_.fields.emplace_back(field.name, field.value);
    }
    // The session takes it apart.
    if (head().content_length.has_value() && !seen_.find("content-length").has_value()) {
      seen_.fields.emplace_back("content-length", std::to_string(*head().content_length));
    }
  }
  void on_data(Buffer piece) override {
    seen_.body += piece.to_string();
    held_ += piece.size();
    if (eager_) consume();
  }
  void on_end(std::span<const http::Field> trailers) override {
    ended_ = true;
    seen_trailers_ = static_cast<int>(trailers.size());
  }
  void on_closed(http2::ErrorCode why, bool) override { closed_ = why; }

  Ready body_ready() override { return {ready_, lets_end_}; }
  bool take_body(size_t bytes, Buffer& out) override {
    out.append(std::string_view(request_.body).substr(taken_, bytes));
    taken_ += bytes;
    ready_ -= bytes;
    return true;
  }
  std::span<const http::Field> trailers_to_send() override { return trailers_; }

 private:
  FuzzedRequest& request_;
  http2::Session& session_;
  const bool& eager_;
  size_t taken_ = 0;  // of the request's body
  size_t ready_ = 0;  // and may be now
  bool lets_end_ = false;
  std::vector<http::Field> trailers_;
  SeenResponse seen_;
  size_t held_ = 0;  // came and was not consumed
  bool ended_ = false;
  int seen_trailers_ = 0;
  std::optional<http2::ErrorCode> closed_;
};

// One server, one client, one loop.
class Conversation final : private http2::SessionHandler {
 public:
  explicit Conversation(std::string_view input)
      : stage_{Choices(input), pattern_file()},
        choice_(stage_.choices.front()),
        sizes_(stage_.choices.front()),
        windows_(stage_.choices.front()),
        client_options_(client_options_of(windows_)),
        wire_(windows_.server_connection) {
    const HTTPServerOptions options = server_options_of(choice_, sizes_, windows_);
    // At a byte a turn, or a frame, long ones would take all the time.
    body_bytes_ = options.read_chunk_bytes < 256 || windows_.server_stream <= 1000 ? 300 : 65536;
    if (windows_.tiny()) stage_.output_left = 5000;
    server_ = std::make_unique<HTTPServer>(std::vector<IOLoop*>{&loop_}, service_, options);
    MemoryPair pair =
        make_memory_pair(plan_of(choice_), {}, (choice_ & kNarrow) != 0 ? 500 : 65536);
    server_->serve(std::move(pair.a));
    client_ = std::move(pair.b);
    session_ = http2::make_client_session(*this, client_options_);
  }

  ~Conversation() {
    client_.reset();
    server_.reset();
    for (int i = 0; i < 3; ++i) loop_.run_once();
    TURBO_CHECK(stage_.handlers == 0, "a handler outlived its server");
  }

  void run() {
    while (!over_ && !stage_.choices.empty() && open() && server_ != nullptr) step();
    took_ = clock_.now() - begun_;
    be_eager();
    settle(
        loop_, [this] { turns(1); }, [this] { return received_; });
    if (calm()) check_calm();
    end();
    check_answers();
  }

 private:
  // ---- the server ----

  void on_head(Exchange& exchange) {
    TURBO_CHECK(exchange.attachment() == nullptr, "an exchange that is not new");
    size_t number = 0;
    const std::string_view path = exchange.head().path;
    TURBO_CHECK(absl::SimpleAtoi(to_absl(path.substr(1)), &number) && number > 0 &&
                    number <= requests_.size(),
                "a request nobody sent");
    FuzzedRequest& request = requests_[number - 1];
    TURBO_CHECK(!std::exchange(request.dispatched, true), "a request dispatched twice");
    auto handler = std::make_unique<FuzzedHandler>(exchange, request, stage_);
    FuzzedHandler& made = *handler;
    exchange.attach(std::move(handler));
    made.on_head();
  }

  void on_request(Exchange& exchange) {
    auto* handler = static_cast<FuzzedHandler*>(exchange.attachment());
    TURBO_CHECK(handler != nullptr, "on_request() without on_head()");
    handler->on_request();
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    server_->stop(seconds(10), [this] { stopped_ = true; });
  }

  // ---- the client ----

  http2::Stream* on_stream() override {
    TURBO_CHECK(false, "the server opened a stream");
    return nullptr;
  }
  void on_abuse(http2::Abuse) override { TURBO_CHECK(false, "the server floods its client"); }

  bool open() const { return !client_->is_closed(); }

  void step() {
    Choices& choices = stage_.choices;
    switch (choices.front() % 16) {
      case 0:
      case 1:
      case 2:
        return ask();
      case 3:
      case 4:
        return some_stream([&](AskedStream& stream) { stream.let_go(choices.front() * 8U); });
      case 5:
        return some_stream([](AskedStream& stream) { stream.let_go(SIZE_MAX / 2); });
      case 6:
        return send(1U + choices.front());
      case 7:
        return send(SIZE_MAX);
      case 8:
        return turns(1 + choices.front() % 64);
      case 9:
        reads_ = !reads_ && (choice_ & kNeverReads) == 0;
        return;
      case 10:
        return pass(milliseconds(choices.front()));
      case 11:
        return rarely();
      case 12:
        return some_stream([](AskedStream& stream) { stream.consume(); });
      case 13:
        return choices.front() % 4 == 0 ? reset() : send(SIZE_MAX);
      default:
        return turns(1 + choices.front() % 4);
    }
  }

  void rarely() {
    switch (stage_.choices.front() % 12) {
      case 0:
        return pass(seconds(stage_.choices.front() % 128));
      case 1:
      case 2:
        send(SIZE_MAX);
        shut_ = true;
        return (void)client_->shutdown_write();
      case 3:
        return client_->close();
      case 4:
        return stop();
      case 5:
        return server_.reset();
      case 6:
        return client_->reset();
      case 7:
        leaves_ = true;
        return session_->go_away(http2::ErrorCode::kNoError);
      case 8:
        leaves_ = true;
        return session_->terminate(http2::ErrorCode::kCancel);
      case 9:
        return session_->ping();
      case 10:
        eager_ = !eager_;
        return;
      default:
        over_ = true;  // the rest of the input is the handlers'
    }
  }

  template <class Act>
  void some_stream(Act act) {
    if (streams_.empty()) return;
    act(streams_[streams_.size() - 1 - stage_.choices.front() % streams_.size()]);
  }

  void reset() {
    some_stream([this](AskedStream& stream) {
      ++resets_;
      session_->reset(stream, http2::ErrorCode::kCancel);
    });
  }

  void ask() {
    if (requests_.size() == kMaxRequests) return;
    FuzzedRequest& request = requests_.emplace_back();
    request.number = static_cast<int>(requests_.size());
    RequestComposer composer(stage_.choices, body_bytes_);
    composer.compose(request);
    AskedStream& stream = streams_.emplace_back(request, *session_, eager_);
    if (composer.special() == RequestComposer::kTrailer) stream.set_trailers({{"x-sum", "1"}});
    request.bad_framing = composer.has_body() && composer.special() == RequestComposer::kNoChunk;
    const std::string length = std::to_string(request.body.size() + (request.bad_framing ? 1 : 0));
    const std::string path = absl::StrCat("/", request.number);
    std::vector<http::Field> fields;
    if (composer.expects()) fields.push_back({"expect", "100-continue"});
    if (composer.coding() != nullptr) fields.push_back({"content-encoding", composer.coding()});
    if (composer.method() == RequestComposer::kLength || request.bad_framing) {
      fields.push_back({"content-length", length});
    }
    const absl::Status asked =
        session_->request(stream, {composer.name(), "http", "a", path, {}, fields},
                          composer.has_body() ? http2::Body::kFollows : http2::Body::kNone);
    if (asked.ok()) {
      if (request.is_head) wire_.client_asked_head(static_cast<uint32_t>(stream.id()));
      return;
    }
    streams_.pop_back();
    requests_.pop_back();
  }

  // At most so many bytes.
  void send(size_t bytes) {
    if (!open() || shut_) return;
    // What is no preface yet might be HTTP/1, and is answered so when it is late.
    bytes = std::max(bytes, preface_left_);
    Buffer more;
    if (outgoing_.size() < bytes) session_->send(more, bytes - outgoing_.size());
    outgoing_ += more.to_string();
    const std::string now = outgoing_.substr(0, bytes);
    outgoing_.erase(0, now.size());
    if (now.empty()) return;
    const size_t skip = std::min(preface_left_, now.size());
    preface_left_ -= skip;
    wire_.client_sent(std::string_view(now).substr(skip));
    (void)client_->send(now);
  }

  void receive() {
    if (!open()) return;
    const std::string bytes = client_->receive();
    if (bytes.empty()) return;
    received_ += bytes.size();
    wire_.server_sent(bytes);
    session_->receive(Buffer::copy_of(bytes), clock_.now());
  }

  // Sends and takes all there is, from now on.
  void be_eager() {
    eager_ = true;
    if ((choice_ & kNeverReads) == 0) reads_ = true;
    for (AskedStream& stream : streams_) {
      stream.let_go(SIZE_MAX / 2);
      stream.consume();
    }
  }

  // ---- time ----

  void turns(int count) {
    for (; count > 0; --count) {
      if (eager_) send(SIZE_MAX);
      loop_.run_once();
      clock_.advance(milliseconds(1));
      if (reads_) receive();
    }
  }

  void pass(Duration time) {
    for (const Duration step = seconds(5); time > Duration::zero(); time -= step) {
      clock_.advance(std::min(time, step));
      turns(3);
    }
  }

  bool ended() const {
    return open() ? client_->at_end() || client_->was_reset() : stage_.handlers == 0;
  }

  void end() {
    if (server_ == nullptr) return;
    for (int i = 0; i < 200 && !ended(); ++i) {
      reads_ |= i > 100;  // to see the end
      pass(seconds(5));
    }
    TURBO_CHECK(ended(), "the connection never ended");
    turns(3);
    client_->close();
    pass(seconds(200));  // an answer may wait for a window that never opens
    TURBO_CHECK(stage_.handlers == 0, "a handler outlived its connection");
    stop();
    turns(5);
    TURBO_CHECK(stopped_, "the server never stopped");
  }

  // ---- what the client saw ----

  // Nobody broke a rule, broke off or was too slow.
  bool calm() const {
    const bool patient = took_ < seconds(4) && (choice_ & (kLittleOutput | kNeverReads)) == 0;
    const auto wrong = [](const FuzzedRequest& r) { return r.broken || r.refusable(); };
    return patient && !windows_.shut() && open() && !client_->was_reset() && !shut_ && !leaves_ &&
           resets_ == 0 && server_ != nullptr && !stopping_ &&
           std::none_of(requests_.begin(), requests_.end(), wrong);
  }

  void check_calm() const {
    for (const AskedStream& stream : streams_) {
      const bool refused = stream.closed() == http2::ErrorCode::kRefusedStream;
      TURBO_CHECK(stream.ended() || (refused && !stream.request().dispatched) ||
                      (wire_.server_left().has_value() && !stream.request().dispatched),
                  "a request was not answered");
    }
    TURBO_CHECK(server_->counters().timeouts == 0, "something had to time out");
    TURBO_CHECK(stage_.handlers == 0, "a handler waits for what never comes");
  }

  void check_answers() const {
    TURBO_CHECK(leaves_ || !wire_.client_left().has_value(), "the client found a fault");
    TURBO_CHECK(wire_.client_resets() <= resets_, "the client found a fault with a stream");
    for (const AskedStream& stream : streams_) check_answer(stream);
  }

  static void check_answer(const AskedStream& stream) {
    const FuzzedRequest& request = stream.request();
    const SeenResponse& seen = stream.seen();
    if (seen.status == 0) return;
    if (request.anonymous != 0) {
      return TURBO_CHECK(seen.status == request.anonymous, "not the answer in its place");
    }
    if (!seen.find("x-number").has_value()) {
      TURBO_CHECK(seen.status >= 400, "an answer that is nobody's");
      return TURBO_CHECK(!request.answered, "another answer than the handler's");
    }
    check_number(request, seen);
    if (request.page) return;
    const std::optional<std::string_view> length = seen.find("content-length");
    if (length.has_value() && request.declared.has_value()) {
      TURBO_CHECK(*length == std::to_string(*request.declared), "another length than declared");
    }
    const bool whole = stream.ended() && !request.bodiless();
    TURBO_CHECK(!whole || request.whole(), "a broken answer looks whole");
    check_body(request, seen, whole);
    if (!whole || request.declared.has_value()) return;
    TURBO_CHECK(stream.trailers() == request.trailers, "trailers lost");
  }

  FuzzedStage stage_;
  const uint8_t choice_;
  const uint8_t sizes_;
  const Windows windows_;
  const http2::SessionOptions client_options_;
  FakeClock clock_;
  const TimePoint begun_ = clock_.now();
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  LambdaService service_{[this](Exchange& exchange) { on_request(exchange); },
                         [this](Exchange& exchange) { on_head(exchange); }};
  std::unique_ptr<HTTPServer> server_;
  std::unique_ptr<MemoryTransport> client_;
  HTTP2Wire wire_;
  size_t body_bytes_ = 0;
  std::deque<FuzzedRequest> requests_;
  std::deque<AskedStream> streams_;  // of each
  std::unique_ptr<http2::Session> session_;
  std::string outgoing_;
  size_t preface_left_ = http2::kPreface.size();
  uint64_t received_ = 0;
  Duration took_{};  // all that the client did
  size_t resets_ = 0;
  bool eager_ = false;  // the client consumes and sends as soon as it can
  bool reads_ = true;
  bool over_ = false;
  bool shut_ = false;
  bool leaves_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

void converse(std::string_view input) {
  set_log_sink([](LogLevel, std::string_view) {});
  (void)pattern_file();
  const size_t before = open_descriptors();
  Conversation(input).run();
  TURBO_CHECK(open_descriptors() == before, "a descriptor was left open");
}

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > turbo::kMaxInput) return 0;
  turbo::converse({reinterpret_cast<const char*>(data), size});
  return 0;
}
