// ScriptedClientStream and RecordingHandler: a request of an HTTP2ClientConnection that writes down
// what it is told, and the connection's handler that does.
#ifndef TURBO_TESTS_CLIENT_SCRIPTED_CLIENT_STREAM_H_
#define TURBO_TESTS_CLIENT_SCRIPTED_CLIENT_STREAM_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/client/http2_client_connection.h"

namespace turbo {

class ScriptedClientStream final : public HTTP2ClientStream {
 public:
  explicit ScriptedClientStream(std::string path = "/", std::string body = {})
      : path(std::move(path)), to_send(std::move(body)) {}

  std::string path;
  std::string to_send;
  bool to_send_ends = true;
  bool consumes = true;  // at once
  size_t asked = 0;      // how often it was sent

  int status = 0;
  std::string body;
  bool ended = false;
  size_t finishes = 0;
  std::optional<StreamEnd> end;
  std::function<void()> when_finished;

  // "200 body", "CANCEL", "REFUSED_STREAM by server, refused", "UNAVAILABLE: ...".
  std::string outcome() const {
    if (!end.has_value()) return "open";
    std::string text;
    if (!end->lost.ok()) {
      text = std::string(end->lost.ToString());
    } else if (end->code == http2::ErrorCode::kNoError) {
      text = std::to_string(status) + " " + body;
    } else {
      text = http2::error_name(end->code);
    }
    if (end->by_server) text += " by server";
    if (end->refused) text += ", refused";
    return text;
  }

 private:
  http2::Body fill_request(http2::RequestFields& fields) override {
    ++asked;
    fields.method = to_send.empty() && to_send_ends ? "GET" : "POST";
    fields.scheme = "http";
    fields.authority = "a.example";
    fields.path = path;
    return fields.method == "GET" ? http2::Body::kNone : http2::Body::kFollows;
  }
  void on_head(bool) override { status = head().status; }
  void on_data(Buffer piece) override {
    body += piece.to_string();
    if (consumes) consume(piece.size());
  }
  void on_end(std::span<const http::Field>) override { ended = true; }
  Ready body_ready() override { return {to_send.size(), to_send_ends}; }
  bool take_body(size_t bytes, Buffer& out) override {
    out.append(std::string_view(to_send).substr(0, bytes));
    to_send.erase(0, bytes);
    return true;
  }
  void on_finished(const StreamEnd& how) override {
    ++finishes;
    end = how;
    if (when_finished) when_finished();
  }
};

class RecordingHandler final : public HTTP2ClientConnection::Handler {
 public:
  // "ready", "leaving", "ended: OK".
  std::vector<std::string> heard;
  std::function<void()> when_ended;

  bool heard_of(std::string_view what) const {
    for (const std::string& one : heard) {
      if (one.substr(0, what.size()) == what) return true;
    }
    return false;
  }

 private:
  void on_ready(HTTP2ClientConnection&) override { heard.push_back("ready"); }
  void on_leaving(HTTP2ClientConnection&, const absl::Status& why) override {
    heard.push_back(why.ok() ? "leaving" : "leaving: " + std::string(why.ToString()));
  }
  void on_ended(HTTP2ClientConnection&, const absl::Status& why) override {
    heard.push_back("ended: " + std::string(why.ToString()));
    if (when_ended) when_ended();
  }
};

}  // namespace turbo

#endif  // TURBO_TESTS_CLIENT_SCRIPTED_CLIENT_STREAM_H_
