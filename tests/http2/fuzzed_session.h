// What must hold of a session whatever bytes it is fed: the order of events on a stream, and the
// order of frames in what it says.
#ifndef TURBO_TESTS_HTTP2_FUZZED_SESSION_H_
#define TURBO_TESTS_HTTP2_FUZZED_SESSION_H_

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/check.h"
#include "framework/http2/session.h"
#include "tests/http2/frames.h"
#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {

// Neither upper case, nor bytes that a message's end could be hidden in, nor what HTTP/2 forbids.
inline void check_fields(std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    TURBO_CHECK(!field.name.empty() && field.name.front() != ':', "a name that is none");
    for (const char c : field.name) {
      TURBO_CHECK(c > ' ' && c < 0x7f && std::isupper(c) == 0, "a byte no name has");
    }
    TURBO_CHECK(field.value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos,
                "a byte no value has");
    TURBO_CHECK(field.name != "connection" && field.name != "transfer-encoding",
                "a field of HTTP/1.1");
  }
}

// A stream that checks its events, and consumes as `eager` says.
class CheckedStream : public Stream {
 public:
  CheckedStream(Session*& session, bool eager) : session_(session), eager_(eager) {}

  std::string log;

  bool open() const { return open_; }
  bool got_head() const { return got_final_; }
  void opened() { open_ = true; }

  void on_head(bool ends) override {
    TURBO_CHECK(open_ && !got_final_ && !ended_, "a head out of order");
    check_fields(head().fields);
    got_final_ = head().status / 100 != 1;
    ends_ = ends;
    log += "head" + text_of(head()) + (ends ? " ends\n" : "\n");
    act_on_head(ends);
  }

  void on_data(Buffer piece) override {
    TURBO_CHECK(open_ && got_final_ && !ends_ && !ended_, "data out of order");
    TURBO_CHECK(!piece.empty(), "an empty piece");
    received_ += piece.size();
    body_ += piece.to_string();
    if (eager_) session_->consume(*this, piece.size());
    act_on_data();
  }

  void on_end(std::span<const http::Field> trailers) override {
    TURBO_CHECK(open_ && got_final_ && !ended_, "an end out of order");
    const Head& seen = head();
    const bool bodiless = seen.status == 304 || seen.status == 204 || head_was_asked_;
    TURBO_CHECK(seen.too_large || bodiless || seen.method == "CONNECT" ||
                    seen.content_length.value_or(received_) == received_,
                "a length that was not kept");
    check_fields(trailers);
    ended_ = true;
    log += "body " + body_ + "\nend" + text_of(trailers) + "\n";
    act_on_end();
  }

  void on_sent() override {
    TURBO_CHECK(open_ && !sent_, "sent twice");
    sent_ = true;
  }

  void on_closed(ErrorCode why, bool by_peer) override {
    TURBO_CHECK(open_, "closed twice");
    TURBO_CHECK(id() == 0, "closed with an id");
    open_ = false;
    log +=
        "closed " + std::to_string(static_cast<uint32_t>(why)) + (by_peer ? " by peer" : "") + "\n";
  }

  Ready body_ready() override {
    TURBO_CHECK(open_ && !sent_, "asked for a body that is none");
    return {to_send_.size(), !endless_};
  }

  bool take_body(size_t bytes, Buffer& out) override {
    TURBO_CHECK(bytes <= to_send_.size(), "more asked than ready");
    if (breaks_) return false;
    out.append(std::string_view(to_send_).substr(0, bytes));
    to_send_.erase(0, bytes);
    return true;
  }

  std::span<const http::Field> trailers_to_send() override { return trailers_; }

 protected:
  virtual void act_on_head(bool) {}
  virtual void act_on_data() {}
  virtual void act_on_end() {}

  Session*& session_;
  std::string body_;
  std::string to_send_;
  std::vector<http::Field> trailers_;
  bool endless_ = false;
  bool breaks_ = false;
  bool head_was_asked_ = false;

 private:
  bool eager_;
  bool open_ = false;
  bool got_final_ = false;
  bool ends_ = false;
  bool ended_ = false;
  bool sent_ = false;
  size_t received_ = 0;
};

// Reads what a session says.
class FrameReader {
 public:
  void read(std::string_view bytes) {
    for (SeenFrame seen; next_frame(bytes, seen);) check(seen);
    TURBO_CHECK(bytes.empty(), "a frame cut short");
  }

  // RST_STREAM and GOAWAY, in order.
  const std::string& ends() const { return ends_; }

 private:
  struct StreamState {
    bool head = false;
    bool ended = false;
    bool reset = false;
  };

  void check(const SeenFrame& seen) {
    TURBO_CHECK(seen.payload.size() <= 16384, "a frame beyond the limit");
    TURBO_CHECK(any_ || seen.type == kSettingsFrame, "SETTINGS did not come first");
    TURBO_CHECK(!in_head_ || seen.type == kContinuationFrame, "a head with a hole");
    any_ = true;
    StreamState& stream = streams_[seen.stream];
    if (seen.type == kHeadersFrame) stream.head = true;
    if (seen.type == kHeadersFrame || seen.type == kDataFrame) {
      TURBO_CHECK(seen.stream % 2 == 1 && stream.head, "a body without a head");
      TURBO_CHECK(!stream.ended && !stream.reset, "something behind the end");
      stream.ended = (seen.flags & kEndStream) != 0;
    }
    if (seen.type == kHeadersFrame || seen.type == kContinuationFrame) {
      in_head_ = (seen.flags & kEndHeaders) == 0;
    }
    if (seen.type == kResetFrame) {
      TURBO_CHECK(!stream.reset, "reset twice");
      stream.reset = true;
    }
    if (seen.type == kResetFrame || seen.type == kGoAwayFrame) ends_ += text_of(seen) + "\n";
  }

  std::map<uint32_t, StreamState> streams_;
  std::string ends_;
  bool any_ = false;
  bool in_head_ = false;
};

// The bytes of an input: what a choice is made by, sizes of pieces, and what is fed.
struct FuzzInput {
  FuzzInput(const uint8_t* data, size_t size) {
    if (size < 2) return;
    choice = data[0];
    const size_t cut_count = std::min<size_t>(data[1], size - 2);
    cuts.assign(data + 2, data + 2 + cut_count);
    bytes = {reinterpret_cast<const char*>(data) + 2 + cut_count, size - 2 - cut_count};
  }

  // Calls `feed` for each piece.
  template <class Feed>
  void pieces(Feed&& feed) const {
    std::string_view rest = bytes;
    for (const uint8_t cut : cuts) {
      const std::string_view piece = rest.substr(0, cut);
      rest.remove_prefix(piece.size());
      feed(piece);
    }
    feed(rest);
  }

  uint8_t choice = 0;
  std::vector<uint8_t> cuts;
  std::string_view bytes;
};

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_FUZZED_SESSION_H_
