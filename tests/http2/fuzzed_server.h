// A server's session whose handler does what the last byte of a request's path says: see Served.
#ifndef TURBO_TESTS_HTTP2_FUZZED_SERVER_H_
#define TURBO_TESTS_HTTP2_FUZZED_SERVER_H_

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

inline constexpr uint8_t kGreeted = 1;  // the preface and SETTINGS come by themselves
inline constexpr uint8_t kSmallLimits = 2;
inline constexpr uint8_t kConnects = 4;
inline constexpr uint8_t kLazy = 8;         // consumes nothing
inline constexpr uint8_t kSendsAlong = 16;  // between pieces, and little at once
inline constexpr uint8_t kUpgraded = 32;
inline constexpr uint8_t kStrict = 64;   // floods are few frames
inline constexpr uint8_t kOracle = 128;  // nghttp2

class Served final : public CheckedStream {
 public:
  using CheckedStream::CheckedStream;

  // As a stream of an upgraded session.
  void answer_first() {
    to_send_ = "first";
    session_->respond(*this, 200, {}, Body::kFollows);
  }

 private:
  char action() const { return head().path.empty() ? 0 : head().path.back(); }

  void act_on_head(bool) override {
    TURBO_CHECK(head().too_large || !head().method.empty(), "no method");
    switch (action()) {
      case 'a':
        return session_->respond(*this, 204, {}, Body::kNone);
      case 'b':
        return session_->reset(*this, ErrorCode::kCancel);
      case 'c':
        return session_->terminate(ErrorCode::kInternalError);
      case 'd':
        session_->announce_go_away();
        return session_->go_away(ErrorCode::kNoError);
      case 'e':
        return session_->inform(*this, 103, {});
      case 'f':
        session_->ping();
        return session_->resume(*this);
      default:
        return;
    }
  }

  void act_on_data() override {
    if (action() == 'g') session_->reset(*this, ErrorCode::kInternalError);
    if (action() == 'h') session_->terminate(ErrorCode::kNoError);
  }

  void act_on_end() override {
    to_send_ = body_;
    switch (action()) {
      case 'i':
        breaks_ = true;
        break;
      case 'j':
        endless_ = true;
        break;
      case 'k':
        trailers_ = {{"a", "b"}};
        break;
      case 'l':
        to_send_ = std::string(100000, 'l');
        break;
      case 'm':
        return;
      default:
        break;
    }
    const http::Field fields[] = {{"A", "b"}};
    session_->respond(*this, 200, fields, Body::kFollows);
  }
};

class Server final : public SessionHandler {
 public:
  explicit Server(uint8_t choice) : choice_(choice), options_(options_of(choice)) {
    if ((choice & kUpgraded) != 0) {
      Served& first = add_stream();
      auto made = make_upgraded_session(*this, options_, "", false, first);
      TURBO_CHECK(made.ok(), "an upgrade failed");
      owner_ = *std::move(made);
      session_ = owner_.get();
      first.answer_first();
    } else {
      owner_ = make_server_session(*this, options_);
      session_ = owner_.get();
    }
    if ((choice & kGreeted) != 0) receive(greeting());
  }

  void receive(std::string_view bytes) {
    session_->receive(Buffer::copy_of(bytes), TimePoint(std::chrono::hours(1)));
    check_count();
  }

  // What send() gave and nobody took.
  std::string said;
  Session& session() { return *session_; }
  // And whether their heads have come.
  std::map<uint32_t, bool> open_ids() const {
    std::map<uint32_t, bool> ids;
    for (const Served& stream : streams_) {
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
    const std::string bytes = out.to_string();
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
    for (const Served& stream : streams_) text += stream.log;
    return text;
  }

 private:
  static SessionOptions options_of(uint8_t choice) {
    SessionOptions options;
    if ((choice & kOracle) != 0) options.codec = Codec::kNGHTTP2;
    options.enable_connect_protocol = (choice & kConnects) != 0;
    if ((choice & kSmallLimits) != 0) {
      options.max_concurrent_streams = 3;
      options.stream_window_bytes = 100;
      options.connection_window_bytes = 1 << 16;
      options.head = {300, 10};
      options.trailers = {100, 3};
      options.decoder_table_bytes = 256;
      options.encoder_table_bytes = 0;
    }
    if ((choice & kStrict) != 0) {
      constexpr Rate kFew = {5, 1};
      options.flood = {kFew, kFew, kFew, kFew, kFew, kFew, kFew, kFew, 1, kFew, kFew};
    }
    return options;
  }

  Served& add_stream() {
    Served& stream = streams_.emplace_back(session_, (choice_ & kLazy) == 0);
    stream.opened();
    return stream;
  }

  Stream* on_stream() override { return &add_stream(); }
  void on_abuse(Abuse abuse) override {
    TURBO_CHECK(heard_.empty(), "a second abuse");
    heard_ = std::string(abuse_name(abuse)) + "\n";
  }

  void check_count() const {
    const auto open = std::count_if(streams_.begin(), streams_.end(),
                                    [](const Served& stream) { return stream.open(); });
    TURBO_CHECK(session_->open_streams() == static_cast<size_t>(open), "miscounted streams");
  }

  const uint8_t choice_;
  const SessionOptions options_;
  std::deque<Served> streams_;
  std::unique_ptr<Session> owner_;
  Session* session_ = nullptr;
  FrameReader reader_;
  std::string heard_;
};

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_FUZZED_SERVER_H_
