// A server's session against a client's, in memory.

#include "framework/http2/session.h"

#include <gtest/gtest.h>

#include "tests/http2/scripted_stream.h"

namespace turbo::http2 {
namespace {

constexpr std::string_view kGet = " GET https example.com /";

class SessionTest : public ::testing::Test {
 protected:
  void connect() {
    server_ = make_server_session(served_, server_options_);
    client_ = make_client_session(asked_, client_options_);
    server_handler_answers();
  }

  // Every request is answered with 200 and its own body when it has come.
  void server_handler_answers() {
    served_.when_stream = [this](ScriptedStream& stream) {
      stream.when_end = [this, &stream] {
        const std::vector<http::Field> fields = {{"Content-Type", "text/plain"}};
        stream.to_send = stream.body;
        server_->consume(stream, stream.body.size());
        server_->respond(stream, 200, fields, stream.body.empty() ? Body::kNone : Body::kFollows);
      };
    };
  }

  // Until both have nothing to say.
  void exchange(size_t at_once = 1 << 20) {
    for (int quiet = 0; quiet < 2;) {
      Buffer to_server;
      client_->send(to_server, at_once);
      Buffer to_client;
      server_->send(to_client, at_once);
      quiet = to_server.empty() && to_client.empty() ? quiet + 1 : 0;
      server_->receive(std::move(to_server), now_);
      client_->receive(std::move(to_client), now_);
    }
  }

  ScriptedStream& ask(std::string_view method, std::string_view path, std::string body = {},
                      std::span<const http::Field> fields = {}) {
    ScriptedStream& stream = requests_.emplace_back();
    const Body follows = body.empty() ? Body::kNone : Body::kFollows;
    stream.to_send = std::move(body);
    const absl::Status status = client_->request(stream,
                                                 {.method = method,
                                                  .scheme = "https",
                                                  .authority = "example.com",
                                                  .path = path,
                                                  .fields = fields},
                                                 follows);
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

TEST_F(SessionTest, a_request_is_answered) {
  connect();
  ScriptedStream& request = ask("GET", "/");
  exchange();
  ASSERT_EQ(served_.streams.size(), 1u);
  EXPECT_EQ(served_.streams[0].events(), std::string(kGet) + " ENDS||end|sent|NO_ERROR");
  EXPECT_EQ(request.events(), " 200 content-type=text/plain ENDS||end|sent|NO_ERROR");
  EXPECT_EQ(server_->open_streams(), 0u);
  EXPECT_EQ(client_->open_streams(), 0u);
  EXPECT_EQ(server_->last_stream(), 1);
  EXPECT_TRUE(server_->greeted());
  EXPECT_FALSE(server_->over());
}

TEST_F(SessionTest, bodies_go_both_ways) {
  connect();
  const std::string body(3 << 20, 'b');
  ScriptedStream& request = ask("POST", "/", body);
  // Consumed as it comes: more than a window.
  served_.when_stream = [this](ScriptedStream& stream) {
    stream.when_data = [this, &stream] {
      server_->consume(stream, stream.body.size() - stream.to_send.size());
      stream.to_send = stream.body;
    };
    stream.when_end = [this, &stream] { server_->respond(stream, 200, {}, Body::kFollows); };
  };
  size_t consumed = 0;
  request.when_data = [&] {
    client_->consume(request, request.body.size() - consumed);
    consumed = request.body.size();
  };
  exchange();
  EXPECT_EQ(served_.streams[0].body.size(), body.size());
  EXPECT_TRUE(request.body == body);
  EXPECT_EQ(request.end, "end");
  EXPECT_EQ(request.closed, "NO_ERROR");
}

}  // namespace
}  // namespace turbo::http2
