// A whole server whose handlers do anything an Exchange allows, at any time, against a client that
// does anything a socket allows: any order of the two is a valid input.
//
// Whatever they do: each request is dispatched at most once and in order, with the body that was
// sent; answers are well formed, in order, of the right request and what its handler gave; nothing
// is called back after its exchange has ended; and in the end nothing is left open. If nobody
// misbehaved, every request is answered, and nothing had to time out.
//
// The first bytes are the server's options, the next ones what the client does, and what handlers
// do is read from the input's end, see Choices.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "framework/base/check.h"
#include "framework/base/fd.h"
#include "framework/base/log.h"
#include "framework/server/http_server.h"
#include "framework/testing/fake_clock.h"
#include "tests/server/choices.h"
#include "tests/server/fuzzed_handler.h"
#include "tests/server/fuzzed_request.h"
#include "tests/server/fuzzed_server.h"
#include "tests/server/lambda_service.h"
#include "tests/server/response_reader.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of the first byte, beside those of fuzzed_server.h. A Unix socket holds little and delivers at
// once, so what happens on it depends on the input alone; TCP has resets.
constexpr uint8_t kTCP = kFuzzerOwn;

constexpr size_t kMaxInput = 2048;
constexpr size_t kMaxRequests = 24;

// One server, one client, one loop.
class Conversation {
 public:
  explicit Conversation(std::string_view input) : stage_{Choices(input), pattern_file()} {
    choice_ = stage_.choices.front();
    reads_ = (choice_ & kNeverReads) == 0;
    const uint8_t sizes = stage_.choices.front();
    HTTPServerOptions options = server_options(choice_, sizes);
    // At a byte a turn long ones would take all the time.
    body_bytes_ = options.read_chunk_bytes < 256 ? 300 : 65536;
    server_ = std::make_unique<HTTPServer>(std::vector<IOLoop*>{&loop_}, service_, options);
    connect();
  }

  ~Conversation() {
    client_.reset();
    server_.reset();
    for (int i = 0; i < 3; ++i) loop_.run_once();
    TURBO_CHECK(stage_.handlers == 0, "a handler outlived its server");
  }

  void run() {
    while (!over_ && !stage_.choices.empty() && client_.valid() && server_ != nullptr) step();
    took_ = clock_.now() - begun_;
    if ((choice_ & kNeverReads) == 0) reads_ = true;
    if (client_.valid() && !shut_) send(outgoing_.size());
    settle(
        loop_, [this] { turns(1); }, [this] { return received_.size(); });
    if (calm()) check_calm();
    end();
    check_answers();
  }

 private:
  // ---- the server ----

  void on_head(Exchange& exchange) {
    TURBO_CHECK(exchange.attachment() == nullptr && stage_.handlers == 0,
                "an exchange begins before the last one has ended");
    TURBO_CHECK(dispatched_ < requests_.size(), "a request nobody sent");
    FuzzedRequest& request = requests_[dispatched_++];
    TURBO_CHECK(exchange.head().path == absl::StrCat("/", request.number), "another request");
    request.dispatched = true;
    auto handler = std::make_unique<FuzzedHandler>(exchange, request, stage_);
    FuzzedHandler& made = *handler;
    exchange.attach(std::move(handler));
    made.on_head();
  }

  void on_request(Exchange& exchange) {
    auto* handler = static_cast<FuzzedHandler*>(exchange.attachment());
    TURBO_CHECK(handler != nullptr, "on_request() without on_head()");
    TURBO_CHECK(&handler->request() == &requests_[dispatched_ - 1], "another request's turn");
    handler->on_request();
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    server_->stop(seconds(10), [this] { stopped_ = true; });
  }

  // ---- the client ----

  void connect() {
    const bool tcp = (choice_ & kTCP) != 0;
    const Address wanted = tcp ? Address::loopback_ipv4(0)
                               : *Address::unix_path(absl::StrCat("@exchange_fuzz", ::getpid()));
    absl::StatusOr<Address> bound = server_->listen(wanted);
    TURBO_CHECK(bound.ok(), "cannot listen");
    client_.reset(::socket(bound->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int made = ::connect(client_.get(), bound->data(), bound->size());
    TURBO_CHECK(made == 0 || errno == EINPROGRESS, "cannot connect");
    if (tcp) reset_when_closed();
  }
  // Ports of connections that ended in good order are not free for a minute.
  void reset_when_closed() {
    const linger at_once{1, 0};
    ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void step() {
    Choices& choices = stage_.choices;
    switch (choices.front() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        return compose();
      case 4:
      case 5:
        return send(1U + choices.front());
      case 6:
        return send(size_t{256} * choices.front());
      case 7:
        return send(outgoing_.size());
      case 8:
        return turns(1 + choices.front() % 64);
      case 9:
        reads_ = !reads_ && (choice_ & kNeverReads) == 0;
        return;
      case 10:
        return pass(milliseconds(choices.front()));
      case 11:
        return rarely();
      default:
        return turns(1 + choices.front() % 4);
    }
  }

  void rarely() {
    switch (stage_.choices.front() % 8) {
      case 0:
        return pass(seconds(stage_.choices.front() % 128));
      case 1:
      case 2:
      case 3:
        shut_ = true;
        ::shutdown(client_.get(), SHUT_WR);
        return;
      case 4:
        return client_.reset();
      case 5:
        return stop();
      case 6:
        return server_.reset();
      default:
        over_ = true;  // the rest of the input is the handlers'
    }
  }

  void compose() {
    if (requests_.size() == kMaxRequests || shut_) return;
    FuzzedRequest& request = requests_.emplace_back();
    request.number = static_cast<int>(requests_.size());
    outgoing_ += write_request(stage_.choices, body_bytes_, request);
    request.end = sent_ + outgoing_.size();
  }

  // At most so many bytes, for as long as the server takes them.
  void send(size_t bytes) {
    bytes = std::min(bytes, outgoing_.size());
    for (int refused = 0; bytes > 0 && refused < 100 && !shut_; turns(1)) {
      const ssize_t sent = ::send(client_.get(), outgoing_.data(), bytes, MSG_NOSIGNAL);
      refused = sent > 0 ? 0 : refused + 1;
      if (sent <= 0) continue;
      outgoing_.erase(0, static_cast<size_t>(sent));
      sent_ += static_cast<size_t>(sent);
      bytes -= static_cast<size_t>(sent);
    }
  }

  void receive() {
    std::array<char, 65536> bytes;
    while (client_.valid() && !ended_) {
      const ssize_t got = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got > 0) {
        received_.append(bytes.data(), static_cast<size_t>(got));
      } else {
        ended_ = true;
      }
    }
  }

  // ---- time ----

  void turns(int count) {
    for (; count > 0; --count) {
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

  void end() {
    if (server_ == nullptr) return;
    for (int i = 0; i < 200 && server_->connections() > 0; ++i) pass(seconds(5));
    TURBO_CHECK(server_->connections() == 0, "a connection that never ends");
    turns(3);
    TURBO_CHECK(stage_.handlers == 0, "a handler outlived its connection");
    TURBO_CHECK(stopped_ == stopping_, "the server never stopped");
    pollfd awaited{client_.get(), POLLIN, 0};
    while (client_.valid() && !ended_ && ::poll(&awaited, 1, 1000) > 0) receive();
    TURBO_CHECK(!client_.valid() || ended_, "the client was not told of the end");
  }

  // ---- what the client saw ----

  // Nobody broke a rule, broke off or was too slow, and what happened did not depend on the kernel.
  bool calm() const {
    const bool patient = took_ < seconds(4) && (choice_ & (kLittleOutput | kLittleLinger)) == 0;
    const bool reliable = (choice_ & (kTCP | kNeverReads)) == 0;
    const auto wrong = [](const FuzzedRequest& r) { return r.broken || r.refusable(); };
    return patient && reliable && client_.valid() && server_ != nullptr && !stopping_ &&
           std::none_of(requests_.begin(), requests_.end(), wrong);
  }

  void check_calm() const {
    const auto sent = [this](const FuzzedRequest& request) { return request.end <= sent_; };
    const auto due = std::count_if(requests_.begin(), requests_.end(), sent);
    const bool all = due == static_cast<ptrdiff_t>(requests_.size());
    ResponseReader reader(received_, "x-head");
    ptrdiff_t answers = 0;
    bool last = false;
    for (SeenResponse seen; reader.next(seen);) {
      if (seen.status < 200) continue;
      ++answers;
      last = seen.closes();
    }
    TURBO_CHECK(answers >= due || last, "a request was not answered");
    TURBO_CHECK(reader.problem().empty() || !all, reader.problem().c_str());
    TURBO_CHECK(server_->counters().timeouts == 0 || !all, "something had to time out");
  }

  void check_answers() const {
    ResponseReader reader(received_, "x-head");
    size_t answers = 0;
    bool last = false;
    SeenResponse seen;
    for (; reader.next(seen); seen = SeenResponse()) {
      TURBO_CHECK(!last, "an answer behind one that closes");
      if (seen.status < 200) continue;
      last = seen.closes();
      TURBO_CHECK(answers < requests_.size(), "an answer to no request");
      check_answer(requests_[answers++], seen);
    }
    if (reader.problem().empty()) return;
    TURBO_CHECK(!last, "bytes behind an answer that closes");
    // Broken off.
    const std::string& problem = reader.problem();
    const bool cut = problem == "a body cut short" || problem == "a line without end";
    TURBO_CHECK(cut, problem.c_str());
    if (!seen.find("x-number").has_value()) return;
    TURBO_CHECK(answers < requests_.size(), "half an answer to no request");
    check_number(requests_[answers], seen);
    if (seen.find("transfer-encoding").has_value()) check_body(requests_[answers], seen, false);
  }

  static void check_answer(const FuzzedRequest& request, const SeenResponse& seen) {
    if (request.anonymous != 0) {
      return TURBO_CHECK(seen.status == request.anonymous, "not the answer in its place");
    }
    if (!seen.find("x-number").has_value()) {
      TURBO_CHECK(seen.status >= 400 && seen.closes(), "an answer that is nobody's");
      return TURBO_CHECK(!request.answered, "another answer than the handler's");
    }
    check_number(request, seen);
    if (request.page) return;
    // Who is told neither a length nor chunks cannot know what is whole (HTTP/1.0).
    const bool framed = !request.bodiless() && (seen.find("content-length").has_value() ||
                                                seen.find("transfer-encoding").has_value());
    const std::optional<std::string_view> length = seen.find("content-length");
    if (length.has_value() && request.declared.has_value()) {
      TURBO_CHECK(*length == std::to_string(*request.declared), "another length than declared");
      return check_body(request, seen,
                        !request.bodiless() && request.declared == request.given.size());
    }
    TURBO_CHECK(request.whole() || !framed, "a broken answer looks whole");
    check_body(request, seen, framed);
  }

  FuzzedStage stage_;
  uint8_t choice_ = 0;
  FakeClock clock_;
  const TimePoint begun_ = clock_.now();
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  LambdaService service_{[this](Exchange& exchange) { on_request(exchange); },
                         [this](Exchange& exchange) { on_head(exchange); }};
  std::unique_ptr<HTTPServer> server_;
  UniqueFd client_;
  size_t body_bytes_ = 0;
  std::deque<FuzzedRequest> requests_;
  size_t dispatched_ = 0;
  std::string outgoing_;
  size_t sent_ = 0;
  std::string received_;
  Duration took_{};  // all that the client did
  bool reads_ = true;
  bool over_ = false;
  bool shut_ = false;
  bool ended_ = false;
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
