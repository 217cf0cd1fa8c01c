// The golden table: what peers were seen to do with one request each, and what this server must do.
// The rows of files are in the tests of static files, that of TLS in https_test.

#include <gtest/gtest.h>

#include <string>

#include "framework/web/application.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

class GoldenTest : public WebFixture {
 protected:
  GoldenTest() {
    app_.get("/", [](Request& request, Response& response) {
      response.write("home" + std::string(request.query_string()));
    });
    app_.post("/", [](Request& request, Response& response) {
      response.write(std::move(request.body()));
    });
    app_.post("/only", [](Request&, Response&) {});
    app_.get("/bug", [](Request&, Response&) { throw std::runtime_error("secret"); });
    app_.get("/teapot", [](Request&, Response&) { throw HTTPError(418); });
    app_.get("/empty", [](Request&, Response& response) {
      response.set_status(204);
      response.set_cookie({.name = "a", .value = "1"});
    });
    app_.get("/overrun", [](Request&, Response& response) {
      response.set_content_length(4);
      response.write("four");
      response.flush();
      response.write("more");
    });
    app_.get("/streamed", [](Request&, Response& response) {
      response.write("one ");
      response.flush();
      response.write("two");
    });
    app_.get("/q", [](Request& request, Response& response) {
      const Arguments& query = request.query();
      response.write(std::string(*query.first("q")) + std::string(*query.last("q")) +
                     std::to_string(query.all("q").size()));
    });
    HTTPServerOptions options;
    options.limits.max_body_bytes = 1000;
    serve(app_, options);
  }

  // All that comes until nothing more does, and whether the connection ended.
  std::string ask(std::string_view request) {
    auto client = connect();
    client->send(request);
    run_until([&] { return client->ended() || !client->received().empty(); });
    settle();
    ended_ = client->ended();
    return client->received();
  }
  void expect_refused(std::string_view request, int status) {
    std::string answer = ask(request);
    EXPECT_EQ(status_of(answer), status) << request.substr(0, 100);
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u) << answer;
    EXPECT_TRUE(contains(answer, "\r\nConnection: close\r\n")) << answer;
  }
  bool ended_ = false;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(GoldenTest, two_pipelined_gets_are_both_answered_in_order) {
  std::string answer =
      ask("GET /?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /?2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count_of(answer, "HTTP/1.1 200 OK\r\n"), 2u);
  EXPECT_LT(answer.find("home1"), answer.find("home2"));
}

TEST_F(GoldenTest, an_end_of_head_split_over_packets_is_found) {
  for (size_t cut = kGet.size() - 4; cut < kGet.size(); ++cut) {
    auto client = connect();
    client->send(kGet.substr(0, cut));
    settle();
    EXPECT_EQ(client->received(), "");
    client->send(kGet.substr(cut));
    EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "home"); })) << cut;
  }
}

TEST_F(GoldenTest, malformed_requests_get_400_and_the_connection_ends) {
  expect_refused("garbage\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                 400);
}

TEST_F(GoldenTest, http_1_0_closes_unless_it_asks_not_to) {
  std::string answer = ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(ends_with(answer, "home"));
  EXPECT_TRUE(ended_);
  answer = ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(field_of(answer, "Connection"), "keep-alive");
  EXPECT_FALSE(ended_);
}

TEST_F(GoldenTest, known_methods_without_a_handler_get_405_unknown_ones_501) {
  std::string answer = ask("PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(answer), 405);
  EXPECT_TRUE(contains(field_of(answer, "Allow"), "GET, HEAD, POST")) << answer;
  EXPECT_EQ(status_of(ask("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")), 501);
}

TEST_F(GoldenTest, head_has_no_body_whatever_the_answer) {
  std::string answer = ask("HEAD /only HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 405);
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n")) << answer;
}

TEST_F(GoldenTest, an_exception_is_a_short_page) {
  QuietLog log;
  std::string answer = ask("GET /bug HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_LT(answer.size(), 400u);
  EXPECT_FALSE(contains(answer, "secret"));
}

TEST_F(GoldenTest, any_error_status_is_sent) {
  EXPECT_EQ(status_of(ask("GET /teapot HTTP/1.1\r\nHost: a\r\n\r\n")), 418);
}

TEST_F(GoldenTest, a_204_has_its_fields_but_neither_length_nor_body) {
  std::string answer = ask("GET /empty HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_EQ(field_of(answer, "Set-Cookie"), "a=1");
  EXPECT_FALSE(contains(answer, "Content-Length"));
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(GoldenTest, more_bytes_than_declared_are_cut) {
  QuietLog log;
  std::string answer = ask("GET /overrun HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(contains(answer, "more"));
  EXPECT_TRUE(ended_);
}

TEST_F(GoldenTest, limits_are_told_by_their_status) {
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413);
  std::string field = "X: " + std::string(30000, 'x') + "\r\n";
  EXPECT_EQ(body_of(get("/", field)), "home") << "30 KB are within the default";
  server_.reset();
  HTTPServerOptions options;
  options.limits.max_header_bytes = 10000;
  serve(app_, options);
  EXPECT_EQ(status_of(get("/", field)), 431);
}

TEST_F(GoldenTest, a_chunked_request_is_decoded) {
  EXPECT_EQ(body_of(send("POST", "/", "Transfer-Encoding: chunked\r\n",
                         "4\r\nfour\r\n5;x=y\r\n more\r\n0\r\n\r\n")),
            "four more");
}

TEST_F(GoldenTest, an_expectation_is_met_only_when_the_body_is_read) {
  constexpr std::string_view kExpect = "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  auto client = connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(kExpect));
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  EXPECT_EQ(client->received(), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\nok"); }));
  std::string answer = ask("POST /unknown HTTP/1.1\r\nHost: a\r\n" + std::string(kExpect));
  EXPECT_EQ(status_of(answer), 404) << "nobody reads it";
}

TEST_F(GoldenTest, a_streamed_answer_to_http_1_0_ends_with_the_connection) {
  std::string answer = ask("GET /streamed HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(contains(answer, "chunked"));
  EXPECT_EQ(body_of(answer), "one two");
  EXPECT_TRUE(ended_);
}

TEST_F(GoldenTest, of_two_values_the_handler_may_take_first_last_or_all) {
  EXPECT_EQ(body_of(get("/q?q=1&q=2")), "122");
}

}  // namespace
}  // namespace turbo::web
