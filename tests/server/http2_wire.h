// HTTP2Wire: listens to both directions of an HTTP/2 connection and checks what the server says: by
// itself, against what the client has sent, and without any of the framework's own code, so that
// both are not wrong in the same way.
#ifndef TURBO_TESTS_SERVER_HTTP2_WIRE_H_
#define TURBO_TESTS_SERVER_HTTP2_WIRE_H_

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/check.h"
#include "tests/http2/frames.h"
#include "tests/server/response_reader.h"

namespace turbo {

class HTTP2Wire {
 public:
  struct Answer {
    SeenResponse response;  // without the body
    SeenResponse trailers;
    uint64_t body_bytes = 0;
    bool head = false;   // the final one
    bool ended = false;  // by END_STREAM
    bool reset = false;
  };

  explicit HTTP2Wire(uint64_t connection_window) : connection_window_(connection_window) {}

  // The client's bytes behind its preface, before the server can have seen them. What is no frame
  // ends the connection, so nothing behind it matters.
  void client_sent(std::string_view bytes) {
    from_client_ += bytes;
    std::string_view rest = from_client_;
    for (http2::SeenFrame seen; http2::next_frame(rest, seen);) note(seen);
    from_client_.erase(0, from_client_.size() - rest.size());
  }
  // The payload of a SETTINGS that came by other means.
  void client_settings(std::string_view payload) {
    note_settings(payload);
    apply_settings();  // nobody acknowledges them
  }
  // A request that did.
  void client_asked(uint32_t stream) { asked_ = std::max(asked_, stream); }
  // Its answer has no body.
  void client_asked_head(uint32_t stream) { heads_[stream] = true; }

  void server_sent(std::string_view bytes) {
    from_server_ += bytes;
    std::string_view rest = from_server_;
    for (http2::SeenFrame seen; http2::next_frame(rest, seen);) check(seen);
    from_server_.erase(0, from_server_.size() - rest.size());
    const size_t length = from_server_.size() < 3 ? 0 : http2::number_in(from_server_, 0, 3);
    TURBO_CHECK(length <= max_frame_, "a frame beyond the limit begins");
  }

  bool in_frame() const { return !from_server_.empty() || head_stream_ != 0; }
  const std::map<uint32_t, Answer>& answers() const { return answers_; }
  // Of the last GOAWAY of each side.
  std::optional<http2::ErrorCode> server_left() const { return server_left_; }
  std::optional<http2::ErrorCode> client_left() const { return client_left_; }
  size_t client_resets() const { return client_resets_; }

 private:
  static constexpr uint64_t kFirstWindow = 65535;
  static constexpr uint32_t kTop = 0x80000000;

  // What the client grants, at most: settings only ever add to it here, as the server may not have
  // seen them yet.
  struct Window {
    uint64_t granted = 0;
    uint64_t used = 0;
  };

  struct InflaterDeleter {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };

  static std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> make_inflater() {
    nghttp2_hd_inflater* made = nullptr;
    TURBO_CHECK(nghttp2_hd_inflate_new(&made) == 0, "out of memory");
    return std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter>(made);
  }

  // ---- what the client sends ----

  void note(const http2::SeenFrame& seen) {
    const std::string_view payload = seen.payload;
    const uint32_t stream = seen.stream & ~kTop;
    switch (seen.type) {
      case http2::kSettingsFrame:
        if ((seen.flags & http2::kAck) == 0 && payload.size() % 6 == 0) note_settings(payload);
        return;
      case http2::kWindowUpdateFrame:
        if (payload.size() == 4) {
          Window& window = stream == 0 ? output_ : outputs_[stream];
          window.granted += http2::number_in(payload, 0) & ~kTop;
        }
        return;
      case http2::kDataFrame:
        input_.used += payload.size();
        inputs_[stream].used += payload.size();
        return;
      case http2::kHeadersFrame:
        return client_asked(stream);
      case http2::kPingFrame:
        if ((seen.flags & http2::kAck) == 0) pings_.emplace_back(payload);
        return;
      case http2::kResetFrame:
        ++client_resets_;
        return;
      case http2::kGoAwayFrame:
        if (payload.size() >= 8) client_left_ = http2::ErrorCode{http2::number_in(payload, 4)};
        return;
      default:
        return;
    }
  }

  void note_settings(std::string_view payload) {
    std::vector<uint32_t>& tables = settings_.emplace_back();
    for (; payload.size() >= 6; payload.remove_prefix(6)) {
      const uint32_t value = http2::number_in(payload, 2);
      switch (http2::number_in(payload, 0, 2)) {
        case NGHTTP2_SETTINGS_HEADER_TABLE_SIZE:
          tables.push_back(value);
          break;
        case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE:
          if (value < kTop) first_window_ = std::max<uint64_t>(first_window_, value);
          break;
        case NGHTTP2_SETTINGS_MAX_FRAME_SIZE:
          if (value < 1 << 24) max_frame_ = std::max(max_frame_, value);
          break;
        default:
          break;
      }
    }
  }

  // ---- what the server sends ----

  void check(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.payload.size() <= max_frame_, "a frame beyond the limit");
    TURBO_CHECK((seen.stream & kTop) == 0, "the reserved bit");
    const bool settings = seen.type == http2::kSettingsFrame && (seen.flags & http2::kAck) == 0;
    TURBO_CHECK(std::exchange(any_, true) || settings, "SETTINGS did not come first");
    TURBO_CHECK(head_stream_ == 0 || seen.type == http2::kContinuationFrame, "a head with a hole");
    switch (seen.type) {
      case http2::kDataFrame:
        return check_data(seen);
      case http2::kHeadersFrame:
        return check_headers(seen);
      case http2::kContinuationFrame:
        TURBO_CHECK(head_stream_ != 0 && seen.stream == head_stream_, "a head without a beginning");
        return add_to_head(seen);
      case http2::kResetFrame:
        return check_reset(seen);
      case http2::kSettingsFrame:
        return check_settings(seen);
      case http2::kPingFrame:
        return check_ping(seen);
      case http2::kGoAwayFrame:
        return check_go_away(seen);
      case http2::kWindowUpdateFrame:
        return check_window_update(seen);
      default:
        TURBO_CHECK(false, "a frame no server sends");
    }
  }

  Answer& answer_of(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.stream % 2 == 1 && seen.stream <= asked_, "a stream nobody opened");
    return answers_[seen.stream];
  }

  void check_data(const http2::SeenFrame& seen) {
    Answer& answer = answer_of(seen);
    TURBO_CHECK((seen.flags & ~http2::kEndStream) == 0, "flags of no use");
    TURBO_CHECK(answer.head && !answer.ended && !answer.reset, "DATA out of place");
    answer.body_bytes += seen.payload.size();
    use(output_, kFirstWindow, seen.payload.size());
    use(outputs_[seen.stream], first_window_, seen.payload.size());
    check_length(seen.stream, answer, false);
    if ((seen.flags & http2::kEndStream) != 0) end(seen.stream, answer);
  }

  static void use(Window& window, uint64_t first, size_t bytes) {
    window.used += bytes;
    TURBO_CHECK(window.used <= first + window.granted || bytes == 0, "DATA beyond a window");
  }

  void end(uint32_t stream, Answer& answer) {
    TURBO_CHECK(answer.head && !answer.ended, "the end of an answer without a head");
    answer.ended = true;
    check_length(stream, answer, true);
  }

  bool bodiless(uint32_t stream, const Answer& answer) const {
    const int status = answer.response.status;
    return status == 204 || status == 304 || heads_.count(stream) != 0;
  }

  void check_length(uint32_t stream, const Answer& answer, bool whole) const {
    if (bodiless(stream, answer)) {
      return TURBO_CHECK(answer.body_bytes == 0, "a body where none may be");
    }
    const std::optional<std::string_view> field = answer.response.find("content-length");
    if (!field.has_value()) return;
    uint64_t length = 0;
    const auto [last, error] = std::from_chars(field->begin(), field->end(), length);
    TURBO_CHECK(error == std::errc() && last == field->end(), "a malformed length");
    TURBO_CHECK(whole ? answer.body_bytes == length : answer.body_bytes <= length,
                "another length than the head says");
  }

  void check_headers(const http2::SeenFrame& seen) {
    const Answer& answer = answer_of(seen);
    TURBO_CHECK((seen.flags & ~(http2::kEndStream | http2::kEndHeaders)) == 0, "flags of no use");
    TURBO_CHECK(!answer.ended && !answer.reset, "HEADERS behind the end");
    head_stream_ = seen.stream;
    head_ends_stream_ = (seen.flags & http2::kEndStream) != 0;
    add_to_head(seen);
  }

  void add_to_head(const http2::SeenFrame& seen) {
    block_ += seen.payload;
    if ((seen.flags & http2::kEndHeaders) == 0) return;
    const uint32_t stream = std::exchange(head_stream_, 0);
    Answer& answer = answers_[stream];
    SeenResponse head = inflate();
    if (answer.head) {
      TURBO_CHECK(head_ends_stream_ && head.status == 0, "a second head");
      answer.trailers = std::move(head);
    } else if (head.status / 100 == 1) {
      TURBO_CHECK(!head_ends_stream_ && head.status != 101, "an interim response that is none");
    } else {
      TURBO_CHECK(head.status >= 200 && head.status <= 599, "no status");
      answer.head = true;
      answer.response = std::move(head);
    }
    if (head_ends_stream_) end(stream, answer);
  }

  SeenResponse inflate() {
    SeenResponse head;
    const std::string block = std::exchange(block_, {});
    auto* at = reinterpret_cast<const uint8_t*>(block.data());
    size_t left = block.size();
    for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
      nghttp2_nv field;
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, at, left, 1);
      TURBO_CHECK(taken >= 0, "a header block that does not decode");
      at += taken;
      left -= static_cast<size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
        add_field(text(field.name, field.namelen), text(field.value, field.valuelen), head);
    }
    nghttp2_hd_inflate_end_headers(inflater_.get());
    return head;
  }

  static std::string_view text(const uint8_t* bytes, size_t count) {
    return {reinterpret_cast<const char*>(bytes), count};
  }

  static void add_field(std::string_view name, std::string_view value, SeenResponse& head) {
    if (name == ":status") {
      TURBO_CHECK(head.fields.empty() && head.status == 0 && value.size() == 3, "a stray status");
      std::from_chars(value.begin(), value.end(), head.status);
      return;
    }
    const auto wrong = [](char c) { return c <= ' ' || c == ':' || c == 0x7f || std::isupper(c); };
    TURBO_CHECK(std::none_of(name.begin(), name.end(), wrong), "a byte no name has");
    TURBO_CHECK(value.find_first_of(std::string_view("\0\r\n", 3)) == value.npos,
                "a byte no value has");
    TURBO_CHECK(name != "connection" && name != "transfer-encoding" && name != "keep-alive",
                "a field of HTTP/1.1");
    head.fields.emplace_back(name, value);
  }

  void check_reset(const http2::SeenFrame& seen) {
    Answer& answer = answer_of(seen);
    TURBO_CHECK(seen.payload.size() == 4, "a malformed RST_STREAM");
    TURBO_CHECK(!answer.reset, "reset twice");
    answer.reset = true;
  }

  void check_settings(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.stream == 0 && seen.payload.size() % 6 == 0, "a malformed SETTINGS");
    if ((seen.flags & http2::kAck) == 0) return read_settings(seen.payload);
    TURBO_CHECK(seen.payload.empty() && !settings_.empty(), "an ACK of no SETTINGS");
    apply_settings();
  }

  void apply_settings() {
    for (const uint32_t bytes : settings_.front()) {
      TURBO_CHECK(nghttp2_hd_inflate_change_table_size(inflater_.get(), bytes) == 0, "no memory");
    }
    settings_.pop_front();
  }

  void read_settings(std::string_view payload) {
    for (; payload.size() >= 6; payload.remove_prefix(6)) {
      if (http2::number_in(payload, 0, 2) == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) {
        stream_window_ = http2::number_in(payload, 2);
      }
    }
  }

  void check_ping(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.stream == 0 && seen.payload.size() == 8, "a malformed PING");
    if ((seen.flags & http2::kAck) == 0) return;
    TURBO_CHECK(!pings_.empty() && pings_.front() == seen.payload, "the answer to another PING");
    pings_.pop_front();
  }

  void check_go_away(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.stream == 0 && seen.payload.size() >= 8, "a malformed GOAWAY");
    const uint32_t last = http2::number_in(seen.payload, 0);
    TURBO_CHECK(last <= last_admitted_, "a GOAWAY that takes one back");
    last_admitted_ = last;
    server_left_ = http2::ErrorCode{http2::number_in(seen.payload, 4)};
  }

  // The server never lets more come than it said it would hold.
  void check_window_update(const http2::SeenFrame& seen) {
    TURBO_CHECK(seen.payload.size() == 4, "a malformed WINDOW_UPDATE");
    const uint32_t bytes = http2::number_in(seen.payload, 0);
    TURBO_CHECK(bytes > 0 && bytes < kTop, "a WINDOW_UPDATE of nothing");
    if (seen.stream != 0) {
      TURBO_CHECK(!answer_of(seen).reset, "a WINDOW_UPDATE behind a reset");
      return grant(inputs_[seen.stream], stream_window_, stream_window_, bytes);
    }
    grant(input_, kFirstWindow, std::max(kFirstWindow, connection_window_), bytes);
  }

  static void grant(Window& window, uint64_t first, uint64_t most, uint32_t bytes) {
    window.granted += bytes;
    TURBO_CHECK(first + window.granted <= most + window.used, "a window wider than it may be");
  }

  const uint64_t connection_window_;
  std::string from_client_;
  std::string from_server_;
  std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> inflater_ = make_inflater();
  std::string block_;
  uint32_t head_stream_ = 0;  // whose header block has begun and not ended
  bool head_ends_stream_ = false;
  bool any_ = false;
  std::map<uint32_t, Answer> answers_;
  std::map<uint32_t, bool> heads_;
  uint32_t asked_ = 0;  // the highest stream
  uint32_t max_frame_ = 16384;
  uint64_t first_window_ = kFirstWindow;   // of the client's
  uint64_t stream_window_ = kFirstWindow;  // of the server's
  Window output_;
  std::map<uint32_t, Window> outputs_;
  Window input_;
  std::map<uint32_t, Window> inputs_;
  std::deque<std::vector<uint32_t>> settings_;  // sizes of tables in each not yet answered
  std::deque<std::string> pings_;
  uint32_t last_admitted_ = kTop - 1;
  std::optional<http2::ErrorCode> server_left_;
  std::optional<http2::ErrorCode> client_left_;
  size_t client_resets_ = 0;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_HTTP2_WIRE_H_
