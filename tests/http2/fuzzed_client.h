// A client's session that has asked for four things.
#ifndef TURBO_TESTS_HTTP2_FUZZED_CLIENT_H_
#define TURBO_TESTS_HTTP2_FUZZED_CLIENT_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "tests/http2/fuzzed_session.h"

namespace turbo::http2 {

inline constexpr uint8_t kClientGreeted =
    1;  // SETTINGS and their acknowledgement come by themselves
inline constexpr uint8_t kClientSmallLimits = 2;
inline constexpr uint8_t kClientLazy = 4;        // consumes nothing
inline constexpr uint8_t kClientSendsAlong = 8;  // between pieces, and little at once
inline constexpr uint8_t kClientCancels = 16;    // as soon as a body comes
inline constexpr uint8_t kClientAsksAgain = 32;  // when an answer has come
inline constexpr uint8_t kClientStrict = 64;     // floods are few frames
inline constexpr uint8_t kClientOracle = 128;    // nghttp2

class Request final : public CheckedStream {
 public:
  Request(Session*& session, uint8_t choice)
      : CheckedStream(session, (choice & kClientLazy) == 0), choice_(choice) {}

  // False: no more are allowed.
  bool ask(std::string_view method, Body body) {
    head_was_asked_ = method == "HEAD";
    if (body == Body::kFollows) to_send_ = std::string(70000, 'b');
    const http::Field fields[] = {{"Accept", "*/*"}, {"priority", "u=2"}};
    const absl::Status status = session_->request(*this,
                                                  {.method = method,
                                                   .scheme = "https",
                                                   .authority = "a.example",
                                                   .path = "/",
                                                   .fields = fields},
                                                  body);
    if (status.ok()) opened();
    return status.ok();
  }

  void never_ends() { endless_ = true; }

 private:
  void act_on_head(bool) override {
    TURBO_CHECK(head().too_large || head().status >= 100, "no status");
  }
  void act_on_data() override {
    if ((choice_ & kClientCancels) != 0) session_->reset(*this, ErrorCode::kCancel);
  }
  void act_on_end() override { session_->resume(*this); }

  const uint8_t choice_;
};

class Client final : public SessionHandler {
 public:
  explicit Client(uint8_t choice) : choice_(choice), options_(options_of(choice)) {
    owner_ = make_client_session(*this, options_);
    session_ = owner_.get();
    ask("GET", Body::kNone);
    ask("POST", Body::kFollows);
    ask("HEAD", Body::kNone);
    requests_.emplace_back(session_, choice_).never_ends();
    requests_.back().ask("PUT", Body::kFollows);
    send(1 << 20);
    if ((choice & kClientGreeted) != 0) receive(settings() + frame(kSettingsFrame, kAck, 0));
  }

  void receive(std::string_view bytes) {
    session_->receive(Buffer::copy_of(bytes), TimePoint(std::chrono::hours(1)));
    if ((choice_ & kClientAsksAgain) != 0 && requests_.size() < 10) ask("GET", Body::kNone);
  }

  // What send() gave and nobody took, without the preface.
  std::string said;
  Session& session() { return *session_; }
  // And whether their heads have come.
  std::map<uint32_t, bool> open_ids() const {
    std::map<uint32_t, bool> ids;
    for (const Request& stream : requests_) {
      if (stream.open()) ids[static_cast<uint32_t>(stream.id())] = stream.got_head();
    }
    return ids;
  }
  bool abused() const { return !heard_.empty(); }

  // False: nothing came.
  bool send(size_t max_bytes) {
    const bool wanted = session_->wants_send();
    Buffer out;
    session_->send(out, max_bytes);
    TURBO_CHECK(wanted || out.empty(), "output that nobody announced");
    TURBO_CHECK(!out.empty() || !session_->wants_send(), "announced output that does not come");
    std::string bytes = out.to_string();
    if (!greeted_ && !bytes.empty()) {
      TURBO_CHECK(bytes.starts_with(kPreface), "no preface");
      bytes.erase(0, kPreface.size());
      greeted_ = true;
    }
    reader_.read(bytes);
    said += bytes;
    check_count();
    return !out.empty();
  }

  void end() {
    for (int i = 0; i < 10000 && send(1 << 20); ++i) continue;
    TURBO_CHECK(!send(1 << 20), "output without end");
    TURBO_CHECK(heard_ == "" || session_->over(), "a flood that ended nothing");
  }

  std::string log() const {
    std::string text = heard_ + reader_.ends();
    for (const Request& request : requests_) text += request.log;
    return text;
  }

 private:
  static SessionOptions options_of(uint8_t choice) {
    SessionOptions options;
    if ((choice & kClientOracle) != 0) options.codec = Codec::kNGHTTP2;
    if ((choice & kClientSmallLimits) != 0) {
      options.stream_window_bytes = 100;
      options.connection_window_bytes = 1 << 16;
      options.head = {300, 10};
      options.trailers = {100, 3};
      options.decoder_table_bytes = 256;
    }
    if ((choice & kClientStrict) != 0) {
      constexpr Rate kFew = {5, 1};
      options.flood = {kFew, kFew, kFew, kFew, kFew, kFew, kFew, kFew, 1, kFew, kFew};
    }
    return options;
  }

  void ask(std::string_view method, Body body) {
    requests_.emplace_back(session_, choice_).ask(method, body);
  }

  Stream* on_stream() override {
    TURBO_CHECK(false, "a client was asked");
    return nullptr;
  }
  void on_abuse(Abuse abuse) override {
    TURBO_CHECK(heard_.empty(), "a second abuse");
    heard_ = std::string(abuse_name(abuse)) + "\n";
  }

  void check_count() const {
    const auto open = std::count_if(requests_.begin(), requests_.end(),
                                    [](const Request& request) { return request.open(); });
    TURBO_CHECK(session_->open_streams() == static_cast<size_t>(open), "miscounted streams");
  }

  const uint8_t choice_;
  const SessionOptions options_;
  std::deque<Request> requests_;
  std::unique_ptr<Session> owner_;
  Session* session_ = nullptr;
  FrameReader reader_;
  std::string heard_;
  bool greeted_ = false;
};

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_FUZZED_CLIENT_H_
