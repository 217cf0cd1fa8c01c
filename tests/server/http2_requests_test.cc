// A request that came by HTTP/2 as its handler sees it, and those no handler sees.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/http2_client.h"

namespace turbo {
namespace {

using Fields = std::vector<http::Field>;

std::string text_of(std::span<const http::Field> fields) { return http2::text_of(fields); }

// What a handler can learn of the head.
std::string told_by(const http::RequestHead& head) {
  std::string text(head.method_token);
  for (std::string_view part : {head.target, head.path, head.query, head.host, head.protocol()}) {
    text.append("|").append(part);
  }
  text += head.content_length.has_value() ? "|" + std::to_string(*head.content_length) : "|none";
  if (head.has_body()) text += "|body";
  if (head.unknown_length) text += "|unknown length";
  if (head.expect_continue) text += "|expects";
  return text;
}

class HTTP2RequestsTest : public HTTP2Fixture {
 protected:
  // What the service was told of the last request.
  std::string head_;
  std::string fields_;
  std::string body_;
  std::string trailers_;
  bool tls_ = true;
  LambdaService noting_{[this](Exchange& exchange) {
    head_ = told_by(exchange.head());
    fields_ = text_of(exchange.head().fields);
    body_ = exchange.body().to_string();
    trailers_ = text_of(exchange.trailers());
    tls_ = exchange.tls() != nullptr;
    exchange.finish();
  }};

  // By a raw request in place of the session's, which sends no such thing.
  std::vector<std::string> frames_for(std::string_view frames) {
    auto client = connect();
    client->send(http2::greeting() + std::string(frames));
    run_until([&] { return client->received().size() > 60; });
    settle();
    return http2::frames_in(client->received());
  }
};

bool has(const std::vector<std::string>& lines, std::string_view line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST_F(HTTP2RequestsTest, a_handler_sees_the_parts_of_the_head) {
  serve(noting_);
  auto client = ask_http2();
  const Fields fields = {{"Accept", "*/*"}, {"x-empty", ""}, {"x-twice", "1"}, {"x-twice", "2"}};
  ASSERT_TRUE(answered(client->ask("GET", "/a%20b/c?d=e&f?g", {}, fields)));
  EXPECT_EQ(head_, "GET|/a%20b/c?d=e&f?g|/a%20b/c|d=e&f?g|a.example|HTTP/2.0|none");
  EXPECT_EQ(fields_, " accept=*/* x-empty= x-twice=1 x-twice=2");
  EXPECT_FALSE(tls_);
  ASSERT_TRUE(answered(client->get("/?")));
  EXPECT_EQ(head_, "GET|/?|/||a.example|HTTP/2.0|none");
  ASSERT_TRUE(answered(client->ask("OPTIONS", "*")));
  EXPECT_EQ(head_, "OPTIONS|*|*||a.example|HTTP/2.0|none");
  EXPECT_EQ(server_->counters().requests, 3u);
}

TEST_F(HTTP2RequestsTest, a_handler_sees_how_long_the_body_is) {
  serve(noting_);
  auto client = ask_http2();
  ASSERT_TRUE(answered(client->ask("POST", "/", "body")));
  EXPECT_EQ(head_, "POST|/|/||a.example|HTTP/2.0|none|body|unknown length");
  EXPECT_EQ(body_, "body");
  const Fields four = {{"content-length", "4"}};
  ASSERT_TRUE(answered(client->ask("PUT", "/", "body", four)));
  EXPECT_EQ(head_, "PUT|/|/||a.example|HTTP/2.0|4|body");
  const Fields none = {{"content-length", "0"}};
  ASSERT_TRUE(answered(client->ask("POST", "/", "", none)));
  EXPECT_EQ(head_, "POST|/|/||a.example|HTTP/2.0|0");
  EXPECT_EQ(body_, "");
}

TEST_F(HTTP2RequestsTest, crumbs_of_a_cookie_are_one_field) {
  serve(noting_);
  auto client = ask_http2();
  const Fields fields = {{"cookie", "a=1"}, {"accept", "*/*"}, {"cookie", "b=2"}};
  ASSERT_TRUE(answered(client->ask("GET", "/", {}, fields)));
  EXPECT_EQ(fields_, " cookie=a=1; b=2 accept=*/*");
}

TEST_F(HTTP2RequestsTest, trailers_stand_apart_from_the_fields) {
  serve(noting_);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/");
  call.trailers = {{"x-sum", "42"}};
  client->add(call, "body");
  client->end(call);
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(trailers_, " x-sum=42");
  EXPECT_EQ(fields_, "");
  EXPECT_EQ(body_, "body");
  ASSERT_TRUE(answered(client->get("/")));
  EXPECT_EQ(trailers_, "") << "they were another request's";
}

TEST_F(HTTP2RequestsTest, the_host_field_stands_in_for_the_authority) {
  serve(noting_);
  const http2::Fields fields = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "b.example:8080"}};
  EXPECT_TRUE(has(frames_for(http2::headers(1, fields)), "HEADERS 1 end"));
  EXPECT_EQ(head_, "GET|/|/||b.example:8080|HTTP/2.0|none");
  EXPECT_EQ(fields_, " host=b.example:8080");
}

TEST_F(HTTP2RequestsTest, unknown_methods_and_connect_are_not_implemented) {
  serve(noting_);
  auto client = ask_http2();
  for (std::string_view method : {"BREW", "get"}) {
    const ScriptedStream& call = client->ask(method, "/");
    ASSERT_TRUE(answered(call));
    EXPECT_TRUE(begins_with(call.head, " 501")) << call.head;
  }
  const http2::Fields connect = {{":method", "CONNECT"}, {":authority", "a:1"}};
  auto raw = ServerFixture::connect();
  raw->send(http2::greeting() + http2::headers(1, connect, 0));
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), "501"); }));
  EXPECT_EQ(head_, "");
  EXPECT_EQ(server_->counters().errors, 3u);
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2RequestsTest, heads_beyond_the_limits_are_refused_and_the_connection_lives) {
  HTTPServerOptions options;
  options.limits.max_target_bytes = 100;
  options.limits.max_header_bytes = 4096;
  options.limits.max_header_count = 10;
  serve(noting_, options);
  auto client = ask_http2();
  EXPECT_TRUE(answered(client->get("/" + std::string(99, 'x'))));
  EXPECT_TRUE(begins_with(head_, "GET|/xx"));
  head_.clear();
  const ScriptedStream& target = client->get("/" + std::string(100, 'x'));
  ASSERT_TRUE(answered(target));
  EXPECT_TRUE(begins_with(target.head, " 414")) << target.head;
  const std::string value(5000, 'v');
  const Fields large = {{"x", value}};
  const ScriptedStream& head = client->ask("GET", "/", {}, large);
  ASSERT_TRUE(answered(head));
  EXPECT_TRUE(begins_with(head.head, " 431")) << head.head;
  const ScriptedStream& many = client->ask("GET", "/", {}, Fields(12, http::Field{"x", "1"}));
  ASSERT_TRUE(answered(many));
  EXPECT_TRUE(begins_with(many.head, " 431")) << many.head;
  EXPECT_EQ(head_, "") << "no handler saw them";
  ASSERT_TRUE(answered(client->ask("GET", "/", {}, Fields(10, http::Field{"x", "1"}))));
  EXPECT_NE(head_, "");
  EXPECT_EQ(server_->counters().errors, 3u);
}

TEST_F(HTTP2RequestsTest, malformed_requests_are_reset_and_the_connection_lives) {
  serve(noting_);
  auto client = connect();
  client->send(http2::greeting());
  uint32_t stream = 1;
  const std::vector<http2::Fields> malformed = {
      http2::request_fields("GET", {{"Upper", "case"}}),
      http2::request_fields("GET", {{"connection", "close"}}),
      http2::request_fields("GET", {{"x", "line\nbreak"}}),
      http2::request_fields("GET", {{":late", "pseudo"}}),
      http2::request_fields("GET", {{"host", "other.example"}}),
      http2::request_fields("GET", {}, "relative"),
      http2::request_fields("GET", {}, "/a b"),
      {{":method", "GET"}, {":path", "/"}, {":scheme", "http"}},
      {{":path", "/"}, {":scheme", "http"}, {":authority", "a"}}};
  for (const http2::Fields& fields : malformed) {
    client->send(http2::headers(stream, fields));
    const std::string reset = "RST_STREAM " + std::to_string(stream) + " PROTOCOL_ERROR";
    EXPECT_TRUE(run_until([&] { return has(http2::frames_in(client->received()), reset); }))
        << http2::block(fields);
    stream += 2;
  }
  // A length that is not kept.
  client->send(http2::headers(stream, http2::request_fields("POST", {{"content-length", "5"}}), 0));
  client->send(http2::data(stream, "four", http2::kEndStream));
  EXPECT_TRUE(run_until([&] {
    return has(http2::frames_in(client->received()),
               "RST_STREAM " + std::to_string(stream) + " PROTOCOL_ERROR");
  }));
  EXPECT_EQ(head_, "");
  client->send(http2::get(stream + 2));
  EXPECT_TRUE(run_until([&] { return head_ != ""; }));
}

}  // namespace
}  // namespace turbo
