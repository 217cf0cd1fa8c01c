// ScriptedStream and ScriptedHandler: one side of a session that writes down what it is told and
// does what a test sets.
#ifndef TURBO_TESTS_HTTP2_SCRIPTED_STREAM_H_
#define TURBO_TESTS_HTTP2_SCRIPTED_STREAM_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/http2/session.h"

namespace turbo::http2 {

inline std::string text_of(std::span<const http::Field> fields) {
  std::string text;
  for (const http::Field& field : fields) {
    text.append(" ").append(field.name).append("=").append(field.value);
  }
  return text;
}

inline std::string text_of(const Head& head) {
  std::string text;
  if (head.status != 0) text.append(" ").append(std::to_string(head.status));
  for (std::string_view part :
       {head.method, head.scheme, head.authority, head.path, head.protocol}) {
    if (!part.empty()) text.append(" ").append(part);
  }
  if (head.content_length.has_value()) {
    text.append(" length:").append(std::to_string(*head.content_length));
  }
  if (head.too_large) text += " TOO LARGE";
  return text + text_of(head.fields);
}

class ScriptedStream final : public Stream {
 public:
  using Stream::restart;

  // What comes. Neighbouring pieces of a body are one.
  std::string head;
  std::string body;
  size_t consumed = 0;  // for who counts
  std::string end;      // with trailers; "" until the end comes
  bool sent = false;
  std::string closed;  // "NO_ERROR", "CANCEL by peer"
  std::vector<std::string> informed;
  std::function<void(bool ends)> when_head;
  std::function<void()> when_data;
  std::function<void()> when_end;
  std::function<void()> when_sent;
  std::function<void()> when_closed;

  // What goes.
  std::string to_send;
  bool to_send_ends = true;
  bool breaks = false;  // take_body() fails
  std::vector<http::Field> trailers;

  void on_head(bool ends) override {
    const int status = this->Stream::head().status;
    if (status / 100 == 1) return informed.push_back(text_of(this->Stream::head()));
    head = text_of(this->Stream::head()) + (ends ? " ENDS" : "");
    if (when_head) when_head(ends);
  }
  void on_data(Buffer piece) override {
    body += piece.to_string();
    if (when_data) when_data();
  }
  void on_end(std::span<const http::Field> fields) override {
    end = "end" + text_of(fields);
    if (when_end) when_end();
  }
  void on_sent() override {
    sent = true;
    if (when_sent) when_sent();
  }
  void on_closed(ErrorCode why, bool by_peer) override {
    closed = std::string(error_name(why)) + (by_peer ? " by peer" : "");
    if (when_closed) when_closed();
  }
  Ready body_ready() override { return {to_send.size(), to_send_ends}; }
  bool take_body(size_t bytes, Buffer& out) override {
    if (breaks) return false;
    out.append(std::string_view(to_send).substr(0, bytes));
    to_send.erase(0, bytes);
    return true;
  }
  std::span<const http::Field> trailers_to_send() override { return trailers; }

  std::string events() const {
    std::string text = head;
    for (const std::string& one : informed) text += "|informed" + one;
    return text + "|" + body + "|" + end + "|" + (sent ? "sent" : "") + "|" + closed;
  }
};

class ScriptedHandler final : public SessionHandler {
 public:
  std::deque<ScriptedStream> streams;  // in the order they came; addresses stay
  bool refuses = false;
  // Told of a stream before anything happens on it.
  std::function<void(ScriptedStream&)> when_stream;
  std::vector<std::string> heard;
  int pings = 0;

  Stream* on_stream() override {
    if (refuses) return nullptr;
    ScriptedStream& stream = streams.emplace_back();
    if (when_stream) when_stream(stream);
    return &stream;
  }
  void on_go_away(ErrorCode why, StreamID last) override {
    heard.push_back("goaway " + std::string(error_name(why)) + " " + std::to_string(last));
  }
  void on_ping() override { ++pings; }
  void on_pong() override { heard.push_back("pong"); }
  void on_abuse(Abuse abuse) override {
    heard.push_back("abuse " + std::string(abuse_name(abuse)));
  }
};

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_SCRIPTED_STREAM_H_
