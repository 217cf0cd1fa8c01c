// A client's session and a server's, of codecs that the last byte chooses, which do what the other
// bytes choose: neither ever blames
// the other, what was sent arrives unless its stream was reset, and in the end no stream is open.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {
namespace {

// A stream's side of a test: what it was to send in all.
struct Half {
  ScriptedStream* stream = nullptr;
  StreamID id = 0;
  std::string sent;
  size_t consumed = 0;
  bool responded = false;
};

class Pair {
 public:
  explicit Pair(std::string_view choices) : choices_(choices) {
    const uint8_t sizes = next();
    server_options_ = options_of(sizes);
    client_options_ = options_of(sizes >> 4);
    const uint8_t codecs = choices_.empty() ? 0 : static_cast<uint8_t>(choices_.back());
    if ((codecs & 1) != 0) server_options_.codec = Codec::kNGHTTP2;
    if ((codecs & 2) != 0) client_options_.codec = Codec::kNGHTTP2;
    server_ = make_server_session(served_, server_options_);
    client_ = make_client_session(asked_, client_options_);
    served_.when_stream = [this](ScriptedStream& stream) {
      stream.to_send_ends = false;
      Half& answer = answers_.emplace_back();
      answer.stream = &stream;
      stream.when_head = [&answer](bool) { answer.id = answer.stream->id(); };
    };
  }

  void run() {
    for (int i = 0; i < 3000 && !choices_.empty(); ++i) act(next());
    finish();
    check();
  }

 private:
  static SessionOptions options_of(uint8_t choice) {
    SessionOptions options;
    if ((choice & 1) != 0) options.stream_window_bytes = 50;
    if ((choice & 2) != 0) options.connection_window_bytes = 65535;
    if ((choice & 4) != 0) options.max_concurrent_streams = 2;
    if ((choice & 8) != 0) options.encoder_table_bytes = options.decoder_table_bytes = 100;
    // Choices may be as wild as an attacker's here.
    constexpr Rate kMany = {100000, 0};
    options.flood.resets = options.flood.refused_streams = options.flood.pings = kMany;
    return options;
  }

  uint8_t next() {
    if (choices_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(choices_.front());
    choices_.remove_prefix(1);
    return byte;
  }

  Half* pick(std::deque<Half>& halves) {
    return halves.empty() ? nullptr : &halves[next() % halves.size()];
  }

  void act(uint8_t choice) {
    switch (choice % 14) {
      case 0:
        return ask(next());
      case 1:
        return says(*client_, *server_, next());
      case 2:
        return says(*server_, *client_, next());
      case 3:
        return consume(pick(requests_), *client_);
      case 4:
        return consume(pick(answers_), *server_);
      case 5:
        return reset(pick(requests_), *client_);
      case 6:
        return reset_answer(pick(answers_));
      case 7:
        if (Half* half = pick(answers_)) respond(half, next());
        return;
      case 8:
        if (Half* half = pick(requests_)) add(*half, *client_, next());
        return;
      case 9:
        if (Half* half = pick(answers_)) add(*half, *server_, next());
        return;
      case 10:
        return end(pick(requests_), *client_);
      case 11:
        return end(pick(answers_), *server_);
      case 12:
        if (Half* half = pick(answers_)) server_->inform(*half->stream, 103, {});
        return;
      default:
        return rarely(next());
    }
  }

  void rarely(uint8_t choice) {
    if (choice % 8 == 0) client_->ping();
    if (choice % 8 == 1) server_->ping();
    if (choice % 32 == 2) server_->announce_go_away();
    if (choice % 32 == 3) server_->go_away(ErrorCode::kNoError);
    if (choice % 8 == 4) exchange();
  }

  void ask(uint8_t choice) {
    if (requests_.size() >= 50) return;
    ScriptedStream& stream = streams_.emplace_back();
    stream.to_send_ends = false;
    const std::string priority = "u=" + std::to_string(choice % 8) + (choice > 127 ? ", i" : "");
    const http::Field fields[] = {{"priority", priority}, {"cookie", "a"}, {"cookie", "b"}};
    const Body body = choice % 3 == 0 ? Body::kNone : Body::kFollows;
    const absl::Status status = client_->request(stream,
                                                 {.method = "POST",
                                                  .scheme = "https",
                                                  .authority = "a.example",
                                                  .path = "/",
                                                  .fields = fields},
                                                 body);
    if (status.ok()) requests_.push_back({.stream = &stream, .id = stream.id()});
  }

  void says(Session& from, Session& to, uint8_t max_bytes) {
    Buffer bytes;
    from.send(bytes, 16 * size_t{max_bytes} + 1);
    // In two pieces.
    Buffer first = bytes.split(bytes.size() / 3);
    now_ += std::chrono::milliseconds(100);
    to.receive(std::move(first), now_);
    to.receive(std::move(bytes), now_);
  }

  void consume(Half* half, Session& session) {
    if (half == nullptr) return;
    const size_t bytes = half->stream->body.size() - half->consumed;
    half->consumed += bytes;
    session.consume(*half->stream, bytes);
  }

  void reset(Half* half, Session& session) {
    if (half != nullptr) session.reset(*half->stream, ErrorCode::kCancel);
  }

  // nghttp2 hears nothing of a stream it is to reset, not even its end, and counts it: its client
  // would have one too many. So the reset goes at once.
  void reset_answer(Half* half) {
    reset(half, *server_);
    if (server_options_.codec != Codec::kNGHTTP2) return;
    while (server_->wants_send()) says(*server_, *client_, 255);
  }

  void respond(Half* half, uint8_t choice) {
    if (half->responded) return;
    half->responded = true;
    const http::Field fields[] = {{"Content-Type", "text/plain"}};
    server_->respond(*half->stream, 200, fields, choice % 4 == 0 ? Body::kNone : Body::kFollows);
  }

  void add(Half& half, Session& session, uint8_t choice) {
    if (half.stream->to_send_ends) return;
    const std::string more(size_t{choice} * choice / 8, static_cast<char>('a' + choice % 26));
    half.sent += more;
    half.stream->to_send += more;
    session.resume(*half.stream);
  }

  void end(Half* half, Session& session) {
    if (half == nullptr || half->stream->to_send_ends) return;
    half->stream->to_send_ends = true;
    if (half->sent.size() % 2 == 1) half->stream->trailers = {{"a", "b"}};
    session.resume(*half->stream);
  }

  void exchange() {
    for (int quiet = 0; quiet < 2;) {
      const bool still = !client_->wants_send() && !server_->wants_send();
      quiet = still ? quiet + 1 : 0;
      says(*client_, *server_, 255);
      says(*server_, *client_, 255);
    }
  }

  // All that is open comes to its end.
  void finish() {
    for (int i = 0; i < 100000 && (client_->open_streams() > 0 || server_->open_streams() > 0);
         ++i) {
      exchange();
      for (Half& half : answers_) respond(&half, 1), end(&half, *server_), consume(&half, *server_);
      for (Half& half : requests_) end(&half, *client_), consume(&half, *client_);
    }
    exchange();
    TURBO_CHECK(client_->open_streams() == 0, "a client's stream stays open");
    TURBO_CHECK(server_->open_streams() == 0, "a server's stream stays open");
  }

  void check() {
    for (const ScriptedHandler* handler : {&served_, &asked_}) {
      for (const std::string& line : handler->heard) {
        TURBO_CHECK(line == "pong" || line.starts_with("goaway NO_ERROR"), line.c_str());
      }
    }
    for (const Half& request : requests_) {
      TURBO_CHECK(!request.stream->closed.empty(), "never closed");
      if (request.stream->closed == "NO_ERROR") check_whole(request);
    }
  }

  void check_whole(const Half& request) {
    const auto found = std::find_if(answers_.begin(), answers_.end(),
                                    [&](const Half& half) { return half.id == request.id; });
    TURBO_CHECK(found != answers_.end(), "answered by nobody");
    const Half& answer = *found;
    // A reset that was on its way when the client had all it wanted.
    if (answer.stream->closed != "NO_ERROR") return;
    TURBO_CHECK(is_sent(request.sent, answer.stream->body), "a request's body was changed");
    TURBO_CHECK(is_sent(answer.sent, request.stream->body), "an answer's body was changed");
    TURBO_CHECK(request.stream->end.starts_with("end") && answer.stream->end.starts_with("end"),
                "closed without an end");
    TURBO_CHECK(request.stream->head.starts_with(" 200"), "another head");
  }

  // All of it, or nothing where the head said that no body follows.
  static bool is_sent(std::string_view sent, std::string_view arrived) {
    return arrived == sent || arrived.empty();
  }

  std::string_view choices_;
  SessionOptions server_options_;
  SessionOptions client_options_;
  ScriptedHandler served_;
  ScriptedHandler asked_;
  std::deque<ScriptedStream> streams_;
  std::deque<Half> requests_;
  std::deque<Half> answers_;
  std::unique_ptr<Session> server_;
  std::unique_ptr<Session> client_;
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace
}  // namespace turbo::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http2::Pair({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
