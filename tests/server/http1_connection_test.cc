// How a connection ends and what it may hold: the cases in which one side goes away halfway, waits
// too long or sends too little at a time.
#include "framework/server/http1_connection.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "framework/buffer/block_pool.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

constexpr size_t kLarge = 20'000'000;  // more than the kernel buffers on both sides

void answer_large(Exchange& exchange) {
  exchange.write(std::string(kLarge, 'x'));
  exchange.finish();
}

void answer_small(Exchange& exchange) {
  exchange.write("small");
  exchange.finish();
}

class HTTP1ConnectionTest : public ServerFixture {
 protected:
  // Lets the server take in what the client has sent, and answer it into the kernel's buffers.
  std::unique_ptr<RawClient> ask_without_reading(std::string_view bytes) {
    auto client = std::make_unique<RawClient>(loop_, address_);
    client->send(bytes);
    uint64_t before = server_->counters().requests;
    run_until([&] { return server_->counters().requests > before; });
    settle();
    return client;
  }
};

// ---- the client ends its side (E38) ----

TEST_F(HTTP1ConnectionTest, sends_the_whole_last_answer_to_a_client_that_has_ended_its_side) {
  LambdaService service(answer_large);
  serve(service);
  for (std::string_view request :
       {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    auto client = std::make_unique<RawClient>(loop_, address_);
    client->send(request);
    client->stream().shutdown_write();
    settle();
    client->receive();
    ASSERT_TRUE(run_until([&] { return client->ended(); })) << request;
    EXPECT_GT(client->received().size(), kLarge) << request;
    EXPECT_TRUE(client->stream().error().ok()) << client->stream().error();
    EXPECT_TRUE(run_until([&] { return server_->connections() == 0; })) << request;
  }
}

TEST_F(HTTP1ConnectionTest, sends_the_answers_before_half_a_request_at_which_the_client_ends) {
  LambdaService service(answer_large);
  HTTPServerOptions options;
  options.output_high_bytes = 2 * kLarge;
  serve(service, options);
  auto client = ask_without_reading("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT");
  client->stream().shutdown_write();
  settle();
  client->receive();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_GT(client->received().size(), kLarge);
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
}

// ---- deadlines ----

TEST_F(HTTP1ConnectionTest, counts_a_connection_as_idle_that_sent_an_empty_line_after_a_request) {
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    held = &exchange;
  });
  HTTPServerOptions options;
  options.idle_timeout = seconds(30);
  serve(service, options);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  answer_small(*held);
  held->release();
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  pass(seconds(28));
  EXPECT_EQ(server_->connections(), 1u);
  pass(seconds(4));
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 "), 1u) << "nobody asked for a second answer";
}

TEST_F(HTTP1ConnectionTest, stop_ends_a_connection_that_sent_only_an_empty_line) {
  LambdaService service(answer_small);
  serve(service);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  client->send("\r\n");
  settle();
  bool stopped = false;
  server_->stop(seconds(3600), [&] { stopped = true; });
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

// A pipeline whose pieces always end within a head is no slowloris.
TEST_F(HTTP1ConnectionTest, gives_each_head_of_a_pipeline_its_own_time) {
  LambdaService service(answer_small);
  HTTPServerOptions options;
  options.header_timeout = seconds(10);
  serve(service, options);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\n");
  for (size_t i = 1; i <= 10; ++i) {
    pass(seconds(4));
    client->send("Host: a\r\n\r\nGET / HTTP/1.1\r\n");
    ASSERT_TRUE(run_until([&] { return count_of(client->received(), "200 OK") == i; })) << i;
  }
  pass(seconds(9));
  EXPECT_FALSE(client->ended());
  pass(seconds(3));
  EXPECT_TRUE(contains(client->received(), "HTTP/1.1 408 "));
}

TEST_F(HTTP1ConnectionTest, wants_a_body_to_arrive_at_a_rate) {  // HTTP-3, slow POST
  for (size_t bytes : {99, 100, 101}) {
    LambdaService service(answer_small);
    HTTPServerOptions options;
    options.body_timeout = seconds(30);
    options.min_body_bytes = 100;
    serve(service, options);
    auto client = connect();
    client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n");
    settle();
    for (int i = 0; i < 5; ++i) {
      pass(seconds(20));
      client->send(std::string(bytes, 'x'));
      settle();
    }
    EXPECT_EQ(contains(client->received(), "HTTP/1.1 408 "), bytes < 100) << bytes;
    client.reset();
    settle();
    server_.reset();
  }
}

// How far one answer came says nothing about the next.
TEST_F(HTTP1ConnectionTest, gives_a_slow_reader_the_same_time_for_each_answer) {
  size_t bytes = kLarge;
  LambdaService service([&](Exchange& exchange) {
    exchange.write(std::string(bytes, 'x'));
    exchange.finish();
  });
  HTTPServerOptions options;
  options.idle_timeout = seconds(30);
  serve(service, options);
  auto slow = ask_without_reading("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  pass(seconds(35));
  bool first = false;
  slow->stream().read_until("\r\n\r\n", [&](absl::StatusOr<Buffer>) {
    slow->stream().read_bytes(kLarge, [&](absl::StatusOr<Buffer> body) { first = body.ok(); });
  });
  ASSERT_TRUE(run_until([&] { return first; }));
  bytes = 2 * kLarge;
  slow->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  pass(seconds(35));
  slow->receive();
  EXPECT_TRUE(run_until([&] { return slow->received().size() > bytes; }));
}

// ---- memory ----

TEST_F(HTTP1ConnectionTest, holds_little_more_than_the_bytes_of_a_body_that_comes_in_single_bytes) {
  for (bool chunked : {false, true}) {
    size_t received = 0;
    LambdaService service([&](Exchange& exchange) {
      received = exchange.body().size();
      answer_small(exchange);
    });
    serve(service);
    auto client = connect();
    client->send(chunked ? "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
    settle();
    uint64_t before = BlockPool::local().counters().misses;
    for (int i = 0; i < 2000; ++i) {
      client->send(chunked ? "1\r\nx\r\n" : "x");
      for (int turn = 0; turn < 4; ++turn) loop_.run_once();
    }
    EXPECT_LT(BlockPool::local().counters().misses, before + 100) << "a block for every byte";
    if (chunked) client->send("0\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
    EXPECT_EQ(received, 2000u);
    client.reset();
    settle();
    server_.reset();
  }
}

// What the stream refused would be missing from the middle of the conversation.
TEST_F(HTTP1ConnectionTest, sends_an_answer_of_any_size_whole) {
  static const std::string piece(1 << 20, 'x');
  constexpr size_t kPieces = 110;  // above IOStreamOptions::max_buffer_size
  LambdaService service([&](Exchange& exchange) {
    Buffer body;
    for (size_t i = 0; i < kPieces; ++i) body.append_static(piece);
    exchange.write(std::move(body));
    exchange.finish();
  });
  serve(service);
  auto client = std::make_unique<RawClient>(loop_, address_);
  size_t received = 0;
  client->stream().read_until_close([](absl::StatusOr<Buffer>) {},
                                    [&](Buffer data) { received += data.size(); });
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return received > kPieces * piece.size(); })) << received;
}

TEST_F(HTTP1ConnectionTest, cuts_a_client_that_does_not_take_a_stream_before_it_fills_the_memory) {
  Exchange* held = nullptr;
  bool gone = false;
  struct Attachment final : ExchangeAttachment {
    explicit Attachment(bool& gone) : gone(gone) {}
    ~Attachment() override { gone = true; }
    bool& gone;
  };
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    exchange.attach(std::make_unique<Attachment>(gone));
    held = &exchange;
  });
  HTTPServerOptions options;
  options.max_output_bytes = 8 << 20;
  serve(service, options);
  auto client = ask_without_reading("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_NE(held, nullptr);
  int pieces = 0;
  for (; pieces < 200 && !gone; ++pieces) {
    held->write(std::string(1 << 20, 'x'));
    held->flush();
    settle();
  }
  EXPECT_TRUE(gone);
  EXPECT_LT(pieces, 100) << "what the kernel buffers, and 8 MiB";
  EXPECT_EQ(server_->connections(), 0u);
}

// ---- answers at odd moments ----

TEST_F(HTTP1ConnectionTest, never_asks_for_a_body_behind_the_head_of_an_answer) {
  LambdaService service(answer_small, [](Exchange& exchange) { exchange.flush(); });
  serve(service);
  std::string answer =
      answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(contains(answer, "100 Continue"));
}

// To a client of HTTP/1.0 the end of the connection is the end of the body, so half must not look
// whole.
TEST_F(HTTP1ConnectionTest, resets_a_streamed_answer_whose_request_turns_out_malformed) {
  LambdaService service(answer_small, [](Exchange& exchange) {
    exchange.write("half");
    exchange.flush();
  });
  serve(service);
  auto client = connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(contains(client->received(), " 400 "));
  settle();
  EXPECT_EQ(server_->connections(), 0u) << "cut, not lingering";
}

// 1xx is never the last word, so a client takes the next answer for this one.
TEST_F(HTTP1ConnectionTest, ends_the_connection_after_a_final_status_that_looks_interim) {
  LambdaService service([](Exchange& exchange) {
    exchange.response().set_status(102);
    exchange.finish();
  });
  serve(service);
  std::string answer =
      answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u);
  EXPECT_TRUE(contains(answer, "\r\nConnection: close\r\n"));
}

// ---- the end of the server ----

TEST_F(HTTP1ConnectionTest, stop_may_be_called_again) {
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    held = &exchange;
  });
  serve(service);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  int first = 0;
  int second = 0;
  server_->stop(seconds(100), [&] { ++first; });
  settle();
  server_->stop(seconds(3), [&] { ++second; });  // sooner after all
  pass(seconds(5));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
  int third = 0;
  server_->stop(seconds(1), [&] { ++third; });
  EXPECT_TRUE(run_until([&] { return third == 1; }));
  pass(seconds(200));  // no timer of the first stop is left
}

TEST_F(HTTP1ConnectionTest, what_is_attached_may_look_at_the_request_as_the_server_is_destroyed) {
  struct Attachment final : ExchangeAttachment {
    Attachment(Exchange& exchange, std::string& seen) : exchange(exchange), seen(seen) {}
    ~Attachment() override { seen = exchange.head().path; }
    Exchange& exchange;
    std::string& seen;
  };
  std::string seen;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    exchange.attach(std::make_unique<Attachment>(exchange, seen));
  });
  serve(service);
  auto client = connect();
  client->send("GET /path HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  settle();
  server_.reset();
  EXPECT_EQ(seen, "/path");
}

}  // namespace
}  // namespace turbo
