// A client's session that has asked for four things and is fed with any bytes, cut anywhere: events
// come in order, what it says is whole frames in order, and where the bytes were cut changes
// nothing.
//
// The first byte chooses what the client is like, the second how many bytes that follow are sizes
// of pieces.

#include <chrono>
#include <deque>
#include <memory>

#include "tests/http2/fuzzed_session.h"

namespace turbo::http2 {
namespace {

constexpr uint8_t kGreeted = 1;  // SETTINGS and their acknowledgement come by themselves
constexpr uint8_t kSmallLimits = 2;
constexpr uint8_t kLazy = 4;        // consumes nothing
constexpr uint8_t kSendsAlong = 8;  // between pieces, and little at once
constexpr uint8_t kCancels = 16;    // as soon as a body comes
constexpr uint8_t kAsksAgain = 32;  // when an answer has come
constexpr uint8_t kStrict = 64;     // floods are few frames

class Request final : public CheckedStream {
 public:
  Request(Session*& session, uint8_t choice)
      : CheckedStream(session, (choice & kLazy) == 0), choice_(choice) {}

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
    if ((choice_ & kCancels) != 0) session_->reset(*this, ErrorCode::kCancel);
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
    if ((choice & kGreeted) != 0) receive(settings() + frame(kSettingsFrame, kAck, 0));
  }

  void receive(std::string_view bytes) {
    session_->receive(Buffer::copy_of(bytes), TimePoint(std::chrono::hours(1)));
    if ((choice_ & kAsksAgain) != 0 && requests_.size() < 10) ask("GET", Body::kNone);
  }

  bool send(size_t max_bytes) {
    Buffer out;
    session_->send(out, max_bytes);
    std::string bytes = out.to_string();
    if (!greeted_ && !bytes.empty()) {
      TURBO_CHECK(bytes.starts_with(kPreface), "no preface");
      bytes.erase(0, kPreface.size());
      greeted_ = true;
    }
    reader_.read(bytes);
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
    if ((choice & kSmallLimits) != 0) {
      options.stream_window_bytes = 100;
      options.connection_window_bytes = 1 << 16;
      options.head = {300, 10};
      options.trailers = {100, 3};
      options.decoder_table_bytes = 256;
    }
    if ((choice & kStrict) != 0) {
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

void run(const FuzzInput& input) {
  Client cut(input.choice);
  const bool along = (input.choice & (kSendsAlong | kAsksAgain)) != 0;
  input.pieces([&](std::string_view piece) {
    cut.receive(piece);
    if ((input.choice & kSendsAlong) != 0) cut.send(50);
  });
  cut.end();
  if (along) return;
  Client whole(input.choice);
  whole.receive(input.bytes);
  whole.end();
  TURBO_CHECK(cut.log() == whole.log(), "a cut changed what happened");
}

}  // namespace
}  // namespace turbo::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http2::run(turbo::http2::FuzzInput(data, size));
  return 0;
}
