#include "framework/server/http_server.h"

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "framework/base/fd.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

void say_path(Exchange& exchange) {
  exchange.write(exchange.head().path);
  exchange.finish();
}

void echo(Exchange& exchange) {
  exchange.write(std::move(exchange.body()));
  exchange.finish();
}

class HTTPServerTest : public ServerFixture {};

TEST_F(HTTPServerTest, answers_with_status_server_date_and_length) {
  LambdaService service(say_path);
  serve(service);
  std::string answer = answer_to("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(contains(answer, "\r\nServer: turbo\r\n"));
  EXPECT_TRUE(contains(answer, "\r\nDate: "));
  EXPECT_TRUE(contains(answer, "\r\nContent-Length: 6\r\n"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n/hello"));
}

TEST_F(HTTPServerTest, answers_pipelined_requests_in_order_with_one_write) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  settle();
  uint64_t flushes = loop_.counters().flushes;
  std::string requests;
  for (int i = 0; i < 16; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client->send(requests);
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\n/15"); }));
  size_t last = 0;
  for (int i = 0; i < 16; ++i) {
    size_t at = client->received().find("\r\n\r\n/" + std::to_string(i));
    EXPECT_GT(at, last);
    last = at;
  }
  // The client's own write is the other one.
  EXPECT_EQ(loop_.counters().flushes - flushes, 2u);
}

TEST_F(HTTPServerTest, finds_requests_however_they_are_cut) {  // D1
  LambdaService service(echo);
  serve(service);
  std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  for (size_t cut = 1; cut < request.size(); cut += 3) {
    std::unique_ptr<RawClient> client = connect();
    client->send(request.substr(0, cut));
    settle();
    client->send(request.substr(cut));
    EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\nabcdefg"); })) << cut;
  }
}

TEST_F(HTTPServerTest, sends_no_body_for_head_and_tells_its_length) {
  LambdaService service(say_path);
  serve(service);
  std::string answer = answer_to("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(contains(answer, "\r\nContent-Length: 6\r\n"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n"));
}

TEST_F(HTTPServerTest, sends_neither_body_nor_length_with_204) {
  LambdaService service([](Exchange& exchange) {
    exchange.response().set_status(204);
    exchange.write("lost");
    exchange.finish();
  });
  serve(service);
  std::string answer = answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(contains(answer, "Content-Length"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n"));
}

TEST_F(HTTPServerTest, closes_after_http_1_0_unless_asked_to_keep_alive) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> closing = connect();
  closing->send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return closing->ended(); }));
  EXPECT_TRUE(contains(closing->received(), "\r\nConnection: close\r\n"));

  std::unique_ptr<RawClient> keeping = connect();
  keeping->send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return ends_with(keeping->received(), "/1"); }));
  EXPECT_TRUE(contains(keeping->received(), "\r\nConnection: keep-alive\r\n"));
  keeping->send("GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return ends_with(keeping->received(), "/2"); }));
}

TEST_F(HTTPServerTest, closes_when_the_client_asks_for_it) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /ignored HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 200"), 1u);
}

TEST_F(HTTPServerTest, answers_a_client_that_has_ended_its_sending_side) {  // E38
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  client->stream().shutdown_write();
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(ends_with(client->received(), "\r\n\r\n/last"));
}

TEST_F(HTTPServerTest, streams_an_answer_in_chunks) {
  LambdaService service([](Exchange& exchange) {
    exchange.write("abc");
    exchange.flush();
    exchange.write("de");
    exchange.finish();
  });
  serve(service);
  std::string answer = answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(contains(answer, "\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(contains(answer, "Content-Length"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) << answer;
}

TEST_F(HTTPServerTest, ends_a_stream_for_http_1_0_with_the_connection) {  // HTTP-5
  LambdaService service([](Exchange& exchange) {
    exchange.write("abc");
    exchange.flush();
    exchange.write("de");
    exchange.finish();
  });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(contains(client->received(), "chunked"));
  EXPECT_TRUE(ends_with(client->received(), "\r\n\r\nabcde"));
}

TEST_F(HTTPServerTest, asks_for_the_body_only_when_it_is_wanted) {
  LambdaService service(echo, [](Exchange& exchange) {
    if (exchange.head().path == "/no") exchange.send_error(403);
  });
  serve(service);
  std::unique_ptr<RawClient> wanted = connect();
  wanted->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return wanted->received() == "HTTP/1.1 100 Continue\r\n\r\n"; }));
  wanted->send("abc");
  EXPECT_TRUE(run_until([&] { return ends_with(wanted->received(), "\r\n\r\nabc"); }));

  std::unique_ptr<RawClient> unwanted = connect();
  unwanted->send(
      "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return unwanted->ended(); }));
  EXPECT_TRUE(begins_with(unwanted->received(), "HTTP/1.1 403 "));
  EXPECT_TRUE(contains(unwanted->received(), "\r\nConnection: close\r\n"));
}

TEST_F(HTTPServerTest, reads_past_the_body_of_a_request_answered_at_its_head) {
  LambdaService service(say_path, [](Exchange& exchange) {
    if (exchange.head().path == "/no") exchange.send_error(403);
  });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send(
      "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n  "
      "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\n/next"); }));
  EXPECT_FALSE(contains(client->received(), "/smuggled"));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 "), 2u);
}

struct Refusal {
  std::string request;
  std::string status;
};

class RefusalTest : public ServerFixture, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusalTest, is_answered_once_and_closed_so_that_the_client_can_read_it) {
  LambdaService service(echo);
  HTTPServerOptions options;
  options.limits.max_body_bytes = 100;
  options.limits.max_target_bytes = 200;
  options.limits.max_header_bytes = 1000;
  serve(service, options);
  std::unique_ptr<RawClient> client = connect();
  client->send(GetParam().request);
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 " + GetParam().status + " "))
      << client->received();
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 "), 1u);
  EXPECT_TRUE(contains(client->received(), "\r\nConnection: close\r\n"));
  EXPECT_TRUE(contains(client->received(), "<h1>" + GetParam().status));
  EXPECT_TRUE(client->stream().error().ok()) << "the answer was followed by a reset";
  EXPECT_EQ(server_->counters().errors, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    EachStatus, RefusalTest,
    ::testing::Values(
        Refusal{"garbage\r\n\r\n", "400"}, Refusal{"GET / HTTP/1.1\r\n\r\n", "400"},
        Refusal{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'),
                "413"},
        Refusal{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                    std::string(101, 'x'),
                "413"},
        Refusal{"GET /" + std::string(200, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
        Refusal{"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", "431"},
        Refusal{"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        Refusal{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"}));

TEST_F(HTTPServerTest, reads_on_after_a_refusal_so_that_the_answer_survives) {  // HTTP-2
  LambdaService service(echo);
  HTTPServerOptions options;
  options.limits.max_body_bytes = 10;
  serve(service, options);
  std::unique_ptr<RawClient> client = connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
  client->send(std::string(5000000, 'x'));
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 413 "));
  EXPECT_TRUE(client->stream().error().ok());
}

TEST_F(HTTPServerTest, reads_on_no_longer_than_the_linger_limits) {
  LambdaService service(echo);
  HTTPServerOptions options;
  options.limits.max_body_bytes = 10;
  options.linger_bytes = 100000;
  options.linger_timeout = seconds(5);
  serve(service, options);
  std::unique_ptr<RawClient> flood = connect();
  flood->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" +
              std::string(8000000, 'x'));
  ASSERT_TRUE(run_until([&] { return server_->counters().errors == 1; }));
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));

  // It does not read, so it does not learn of the end either.
  auto silent = std::make_unique<RawClient>(loop_, address_);
  silent->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().errors == 2; }));
  EXPECT_EQ(server_->connections(), 1u);
  pass(seconds(7));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HTTPServerTest, gives_a_head_an_absolute_time_to_arrive) {  // HTTP-3, slowloris
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  for (char byte : std::string("GET / HTTP/1.1")) {
    client->send(std::string(1, byte));
    pass(seconds(1));
    if (client->ended()) break;
  }
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 408 "));
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(HTTPServerTest, closes_a_connection_that_never_speaks_without_an_answer) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  pass(seconds(9));
  EXPECT_FALSE(client->ended());
  pass(seconds(3));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(client->received(), "");
}

TEST_F(HTTPServerTest, lets_a_body_take_long_but_not_stop) {
  LambdaService service(echo);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    client->send(std::string(10000, 'x'));
    pass(seconds(20));
  }
  EXPECT_EQ(client->received(), "");
  pass(seconds(32));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 408 ")) << client->received();
}

TEST_F(HTTPServerTest, closes_an_idle_connection_after_the_idle_timeout) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  pass(seconds(74));
  EXPECT_FALSE(client->ended());
  pass(seconds(3));
  EXPECT_TRUE(client->ended());
}

TEST_F(HTTPServerTest, lets_an_address_have_its_share_of_connections) {  // HTTP-3
  LambdaService service(say_path);
  HTTPServerOptions options;
  options.tcp.max_connections_per_address = 2;
  serve(service, options);
  auto first = connect();
  auto second = connect();
  ASSERT_TRUE(run_until([&] { return server_->connections() == 2; }));
  auto third = connect();
  ASSERT_TRUE(run_until([&] { return third->ended(); }));
  EXPECT_EQ(third->received(), "");
  EXPECT_EQ(server_->counters().refused_connections, 1u);
  second->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !second->received().empty(); }));
  first.reset();
  ASSERT_TRUE(run_until([&] { return server_->connections() == 1; }));
  EXPECT_TRUE(begins_with(answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200 OK"));
}

TEST_F(HTTPServerTest, never_counts_the_time_of_a_handler_as_idle) {
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    held = &exchange;
  });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  pass(seconds(290));
  EXPECT_FALSE(client->ended());
  held->write("late");
  held->finish();
  held->release();
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\nlate"); }));
}

TEST_F(HTTPServerTest, keeps_pipelined_requests_waiting_for_an_answer_that_comes_later) {
  std::vector<Exchange*> held;
  LambdaService service([&](Exchange& exchange) {
    if (exchange.head().path != "/later") return say_path(exchange);
    exchange.hold();
    held.push_back(&exchange);
  });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !held.empty(); }));
  settle();
  EXPECT_EQ(client->received(), "");
  held[0]->write("first");
  held[0]->finish();
  settle();
  EXPECT_FALSE(contains(client->received(), "/2")) << "the exchange is held still";
  held[0]->release();
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "/2"); }));
  EXPECT_LT(client->received().find("first"), client->received().find("/2"));
}

TEST_F(HTTPServerTest, destroys_what_is_attached_when_the_peer_resets) {
  struct Attachment final : ExchangeAttachment {
    explicit Attachment(bool& gone) : gone(gone) {}
    ~Attachment() override { gone = true; }
    bool& gone;
  };
  bool held = false;
  bool gone = false;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    exchange.attach(std::make_unique<Attachment>(gone));
    held = true;
  });
  serve(service);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.get(), address_.data(), address_.size()), 0);
  std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(::send(client.get(), request.data(), request.size(), 0), ssize_t(request.size()));
  ASSERT_TRUE(run_until([&] { return held; }));
  EXPECT_FALSE(gone);
  linger reset{1, 0};  // close() sends RST instead of FIN
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.reset();
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(gone);
}

TEST_F(HTTPServerTest, stops_reading_while_a_client_does_not_take_its_answers) {
  size_t answered = 0;
  LambdaService service([&](Exchange& exchange) {
    ++answered;
    exchange.write(std::string(100000, 'x'));
    exchange.finish();
  });
  HTTPServerOptions options;
  options.output_high_bytes = 300000;
  serve(service, options);
  auto slow = std::make_unique<RawClient>(loop_, address_);
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  slow->send(requests);
  settle();
  // What the kernel buffers on both sides is the rest.
  EXPECT_LT(answered, 200u);
  slow->receive();
  EXPECT_TRUE(run_until([&] { return answered == 2000; }));
}

TEST_F(HTTPServerTest, ends_a_client_that_takes_nothing_for_the_idle_timeout) {
  LambdaService service([](Exchange& exchange) {
    exchange.write(std::string(20000000, 'x'));
    exchange.finish();
  });
  serve(service);
  auto stuck = std::make_unique<RawClient>(loop_, address_);
  stuck->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  pass(seconds(160));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HTTPServerTest, gives_the_last_answer_of_a_connection_the_time_it_takes) {
  LambdaService service([](Exchange& exchange) {
    exchange.write(std::string(20000000, 'x'));
    exchange.finish();
  });
  HTTPServerOptions options;
  options.linger_timeout = seconds(5);
  serve(service, options);
  auto slow = std::make_unique<RawClient>(loop_, address_);
  slow->send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  pass(seconds(20));
  slow->receive();
  EXPECT_TRUE(run_until([&] { return slow->ended(); }));
  EXPECT_GT(slow->received().size(), 20000000u);
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
}

TEST_F(HTTPServerTest, drops_what_a_client_sends_while_its_last_answer_leaves) {
  LambdaService service([](Exchange&) {},
                        [](Exchange& exchange) {
                          exchange.write(std::string(20000000, 'x'));
                          exchange.finish();
                        });
  serve(service);
  auto client = std::make_unique<RawClient>(loop_, address_);
  client->send("POST / HTTP/1.0\r\nContent-Length: 15000000\r\n\r\n");
  client->send(std::string(15000000, 'x'));
  EXPECT_TRUE(run_until([&] { return !client->stream().writing(); })) << "nobody reads it";
  client->receive();
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_GT(client->received().size(), 20000000u);
  EXPECT_TRUE(client->stream().error().ok());
}

TEST_F(HTTPServerTest, cuts_the_connection_when_an_answer_fails_halfway) {
  LambdaService service([](Exchange& exchange) {
    exchange.write("half");
    exchange.flush();
    exchange.send_error(500);
  });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(ends_with(client->received(), "0\r\n\r\n"));
}

TEST_F(HTTPServerTest,
       stop_closes_idle_connections_at_once_and_lets_active_ones_finish) {  // HTTP-4
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    if (exchange.head().path != "/later") return say_path(exchange);
    exchange.hold();
    held = &exchange;
  });
  serve(service);
  std::unique_ptr<RawClient> idle = connect();
  idle->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::unique_ptr<RawClient> active = connect();
  active->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return held != nullptr && !idle->received().empty(); }));

  bool stopped = false;
  server_->stop(seconds(10), [&] { stopped = true; });
  EXPECT_TRUE(run_until([&] { return idle->ended(); }));
  EXPECT_FALSE(stopped);
  EXPECT_FALSE(active->ended());

  held->write("done");
  held->finish();
  held->release();
  EXPECT_TRUE(run_until([&] { return active->ended(); }));
  EXPECT_TRUE(contains(active->received(), "\r\nConnection: close\r\n"));
  EXPECT_TRUE(ends_with(active->received(), "\r\n\r\ndone"));
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

TEST_F(HTTPServerTest, stop_lets_an_answer_leave_that_is_on_its_way) {
  LambdaService service([](Exchange& exchange) {
    exchange.write(std::string(20000000, 'x'));
    exchange.finish();
  });
  serve(service);
  auto slow = std::make_unique<RawClient>(loop_, address_);
  slow->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  settle();
  bool stopped = false;
  server_->stop(seconds(3600), [&] { stopped = true; });
  pass(seconds(20));
  EXPECT_FALSE(stopped);
  slow->receive();
  EXPECT_TRUE(run_until([&] { return slow->ended(); }));
  EXPECT_GT(slow->received().size(), 20000000u);
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

TEST_F(HTTPServerTest, stop_cuts_what_is_left_at_the_deadline) {
  LambdaService service([](Exchange& exchange) { exchange.hold(); });
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  bool stopped = false;
  server_->stop(seconds(3), [&] { stopped = true; });
  pass(seconds(2));
  EXPECT_FALSE(stopped);
  pass(seconds(2));
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTPServerTest, an_idle_connection_wakes_its_loop_never) {
  LambdaService service(say_path);
  serve(service);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  settle();
  uint64_t wakeups = loop_.counters().wakeups;
  settle();
  EXPECT_EQ(loop_.counters().wakeups, wakeups);
}

}  // namespace
}  // namespace turbo
