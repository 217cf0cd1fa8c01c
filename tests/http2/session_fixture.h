// SessionFixture: a server's session and a client's, which talk in memory.
#ifndef TURBO_TESTS_HTTP2_SESSION_FIXTURE_H_
#define TURBO_TESTS_HTTP2_SESSION_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {

class SessionFixture : public ::testing::TestWithParam<Codec> {
 protected:
  static constexpr size_t kAll = size_t{1} << 30;

  SessionFixture() { server_options_.codec = client_options_.codec = GetParam(); }

  void connect() {
    server_ = make_server_session(served_, server_options_);
    client_ = make_client_session(asked_, client_options_);
    served_.when_stream = [this](ScriptedStream& stream) { answer_with_own_body(stream); };
  }

  // Every request is answered with 200 and its own body when it has come.
  void answer_with_own_body(ScriptedStream& stream) {
    stream.when_data = [this, &stream] {
      server_->consume(stream, stream.body.size() - stream.to_send.size());
      stream.to_send = stream.body;
    };
    stream.when_end = [this, &stream] {
      server_->respond(stream, 200, {}, stream.body.empty() ? Body::kNone : Body::kFollows);
    };
  }

  // Until both have nothing to say. What the server said in all.
  std::string exchange() {
    std::string said;
    for (int quiet = 0; quiet < 2;) {
      const bool still = !client_says() && !server_says(&said);
      quiet = still ? quiet + 1 : 0;
    }
    return said;
  }

  bool client_says(size_t max_bytes = kAll) {
    Buffer out;
    client_->send(out, max_bytes);
    const bool any = !out.empty();
    server_->receive(std::move(out), now_);
    return any;
  }

  bool server_says(std::string* said = nullptr, size_t max_bytes = kAll) {
    Buffer out;
    server_->send(out, max_bytes);
    const bool any = !out.empty();
    if (said != nullptr) *said += out.to_string();
    client_->receive(std::move(out), now_);
    return any;
  }

  static RequestFields fields_of(std::string_view method, std::string_view path,
                                 std::span<const http::Field> fields = {}) {
    return {.method = method,
            .scheme = "https",
            .authority = "example.com",
            .path = path,
            .fields = fields};
  }

  ScriptedStream& ask(std::string_view method, std::string_view path, std::string body = {},
                      std::span<const http::Field> fields = {}) {
    const Body follows = body.empty() ? Body::kNone : Body::kFollows;
    ScriptedStream& stream = requests_.emplace_back();
    stream.to_send = std::move(body);
    stream.when_data = [this, &stream] {
      client_->consume(stream, stream.body.size() - stream.consumed);
      stream.consumed = stream.body.size();
    };
    const absl::Status status = client_->request(stream, fields_of(method, path, fields), follows);
    EXPECT_TRUE(status.ok()) << status;
    return stream;
  }

  // One whose body never ends by itself.
  ScriptedStream& ask_open(std::string_view path) {
    ScriptedStream& stream = requests_.emplace_back();
    stream.to_send_ends = false;
    const absl::Status status = client_->request(stream, fields_of("POST", path), Body::kFollows);
    EXPECT_TRUE(status.ok()) << status;
    return stream;
  }

  SessionOptions server_options_;
  SessionOptions client_options_;
  ScriptedHandler served_;
  ScriptedHandler asked_;
  std::deque<ScriptedStream> requests_;
  std::unique_ptr<Session> server_;
  std::unique_ptr<Session> client_;
  TimePoint now_{std::chrono::hours(1)};
};

// For the names of tests.
inline std::string codec_name(const ::testing::TestParamInfo<Codec>& info) {
  return info.param == Codec::kNative ? "native" : "nghttp2";
}

inline auto both_codecs() { return ::testing::Values(Codec::kNative, Codec::kNGHTTP2); }

}  // namespace turbo::http2

#endif  // TURBO_TESTS_HTTP2_SESSION_FIXTURE_H_
