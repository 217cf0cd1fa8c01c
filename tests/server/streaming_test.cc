// Bodies that are not collected, on both ways, and what a handler learns of its client meanwhile.
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "framework/base/log.h"
#include "framework/compress/compressor.h"
#include "framework/server/http_server.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

// Streams the body of "/stream" requests; what it is told is in the members.
class Reader {
 public:
  explicit Reader(uint64_t limit = 1 << 20)
      : service([this](Exchange& e) { on_request(e); },
                [limit](Exchange& e) {
                  e.stream_body();
                  e.set_max_body_bytes(limit);
                }) {}

  void read() {
    exchange->read_body([this](absl::StatusOr<Buffer> piece) {
      ASSERT_TRUE(piece.ok());
      if (piece->empty()) ended = true;
      pieces.push_back(piece->to_string());
      if (all && !ended) read();
    });
  }
  void answer(std::string_view text) {
    exchange->write(text);
    exchange->finish();
    exchange->release();
  }
  std::string body() const {
    std::string whole;
    for (const std::string& piece : pieces) whole += piece;
    return whole;
  }

  Exchange* exchange = nullptr;
  std::vector<std::string> pieces;
  bool all = false;
  bool ended = false;
  int requests = 0;
  LambdaService service;

 private:
  void on_request(Exchange& e) {
    ++requests;
    exchange = &e;
    e.hold();
    if (all) read();
  }
};

class StreamingTest : public ServerFixture {};

// ---- request bodies ----

TEST_F(StreamingTest, begins_before_the_body_has_come_and_gives_its_pieces_in_order) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(6));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.read();
  settle();
  EXPECT_TRUE(reader.pieces.empty());
  client->send("abc");
  ASSERT_TRUE(run_until([&] { return reader.pieces.size() == 1; }));
  reader.read();
  client->send("def");
  ASSERT_TRUE(run_until([&] { return reader.pieces.size() == 2; }));
  EXPECT_FALSE(reader.ended);
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.body(), "abcdef");
  reader.answer("done");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\ndone"); }));
}

TEST_F(StreamingTest, reads_chunked_bodies_and_their_trailers) {
  Reader reader;
  reader.all = true;
  serve(reader.service);
  auto client = connect();
  client->send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.body(), "abcde");
  ASSERT_EQ(reader.exchange->trailers().size(), 1u);
  EXPECT_EQ(reader.exchange->trailers()[0].value, "5");
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
}

TEST_F(StreamingTest, gives_a_collected_body_as_one_piece) {
  Reader reader;
  LambdaService collected([&](Exchange& exchange) {
    exchange.hold();
    reader.exchange = &exchange;
    reader.all = true;
    reader.read();
  });
  serve(collected);
  auto client = connect();
  client->send(post(4) + "abcd");
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.pieces, (std::vector<std::string>{"abcd", ""}));
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
}

TEST_F(StreamingTest, tells_the_end_of_a_body_that_is_empty) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.read();
  EXPECT_TRUE(reader.pieces.empty()) << "never inside the call";
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
}

TEST_F(StreamingTest, does_not_read_from_the_client_while_nobody_wants_the_body) {
  Reader reader(100 << 20);
  serve(reader.service);
  auto client = connect();
  client->send(post(50 << 20));
  client->send(std::string(50 << 20, 'x'));
  settle();
  EXPECT_EQ(reader.requests, 1);
  // The rest is in the sockets.
  EXPECT_GT(client->stream().write_buffer_size(), 30u << 20);
  size_t before = client->stream().write_buffer_size();
  settle();
  EXPECT_EQ(client->stream().write_buffer_size(), before);
  reader.all = true;
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.body().size(), 50u << 20);
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
}

TEST_F(StreamingTest, refuses_a_second_reader_and_keeps_the_first) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(1));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.read();
  std::string logged;
  LogSink earlier = set_log_sink([&](LogLevel, std::string_view line) { logged = line; });
  bool second = false;
  reader.exchange->read_body([&](absl::StatusOr<Buffer>) { second = true; });
  set_log_sink(std::move(earlier));
  EXPECT_TRUE(contains(logged, "waited for already")) << logged;
  client->send("x");
  EXPECT_TRUE(run_until([&] { return reader.body() == "x"; }));
  EXPECT_FALSE(second);
}

TEST_F(StreamingTest, loses_nothing_when_a_read_is_withdrawn) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(2));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.read();
  settle();
  reader.exchange->cancel_read_body();
  client->send("ab");
  settle();
  EXPECT_TRUE(reader.pieces.empty());
  reader.all = true;
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.body(), "ab");
}

TEST_F(StreamingTest, drops_what_a_handler_did_not_read_and_serves_the_next_request) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(8) + "abcd");
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.answer("early");
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "early"); }));
  client->send("efgh" + std::string(kGet));
  ASSERT_TRUE(run_until([&] { return reader.requests == 2; }));
  EXPECT_EQ(reader.exchange->head().path, "/after");
}

TEST_F(StreamingTest, ends_the_connection_rather_than_dropping_a_huge_body) {
  Reader reader(1 << 30);
  HTTPServerOptions options;
  options.linger_bytes = 100000;
  serve(reader.service, options);
  auto client = connect();
  client->send(post(10 << 20));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  reader.answer("early");
  client->send(std::string(10 << 20, 'x'));
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(contains(client->received(), "early"));
}

TEST_F(StreamingTest, refuses_what_passes_the_limit_or_is_malformed_and_drops_the_handler) {
  struct Dropped : ExchangeAttachment {
    explicit Dropped(bool* told) : told(told) {}
    ~Dropped() override { *told = true; }
    bool* told;
  };
  for (std::string_view chunk : {"1000\r\n", "zz\r\n"}) {
    Reader reader(100);
    reader.all = true;
    serve(reader.service);
    auto client = connect();
    client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    ASSERT_TRUE(run_until([&] { return reader.body() == "a"; }));
    bool dropped = false;
    reader.exchange->attach(std::make_unique<Dropped>(&dropped));
    client->send(chunk);
    ASSERT_TRUE(run_until([&] { return client->ended() || dropped; }));
    EXPECT_TRUE(dropped);
    std::string_view status = chunk[0] == '1' ? "HTTP/1.1 413 " : "HTTP/1.1 400 ";
    ASSERT_TRUE(run_until([&] { return begins_with(client->received(), status); }));
    server_.reset();
  }
}

TEST_F(StreamingTest, says_continue_only_when_the_body_is_wanted) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(3, "Expect: 100-continue\r\n"));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  settle();
  EXPECT_EQ(client->received(), "");
  reader.read();
  ASSERT_TRUE(run_until([&] { return client->received() == "HTTP/1.1 100 Continue\r\n\r\n"; }));
  client->send("abc");
  ASSERT_TRUE(run_until([&] { return reader.body() == "abc"; }));
  reader.all = true;
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
  EXPECT_EQ(client->received().find("100 Continue", 20), std::string::npos);
}

TEST_F(StreamingTest, refuses_a_body_that_comes_too_slowly) {
  Reader reader;
  reader.all = true;
  serve(reader.service);
  auto client = connect();
  client->send(post(1000) + "a");
  ASSERT_TRUE(run_until([&] { return reader.body() == "a"; }));
  pass(seconds(32));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 408 ")) << client->received();
}

TEST_F(StreamingTest, refuses_a_slow_body_although_its_handler_pauses_it_for_every_byte) {
  Reader reader;
  serve(reader.service);
  auto client = connect();
  client->send(post(1000));
  ASSERT_TRUE(run_until([&] { return reader.requests == 1; }));
  for (int i = 0; i < 6 && client->received().empty(); ++i) {
    reader.read();
    pass(seconds(10));
    client->send("a");
    settle();
  }
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 408 ")) << client->received();
}

// ---- compressed request bodies ----

std::string compressed(CompressionFormat format, std::string_view text) {
  Buffer out;
  std::unique_ptr<Compressor> compressor = Compressor::make(format);
  compressor->add(text, out);
  compressor->finish(out);
  return out.to_string();
}

std::string post_coded(std::string_view coding, std::string_view body) {
  return post(body.size(), "Content-Encoding: " + std::string(coding) + "\r\n") + std::string(body);
}

class DecompressionTest : public ServerFixture {
 protected:
  DecompressionTest()
      : service_(
            [](Exchange& exchange) {
              exchange.write(std::move(exchange.body()));
              exchange.finish();
            },
            [](Exchange& exchange) {
              exchange.set_max_body_bytes(10'000'000);
              exchange.decompress_body();
            }) {}

  LambdaService service_;
};

TEST_F(DecompressionTest, gives_handlers_what_the_body_stands_for) {
  serve(service_);
  struct Case {
    std::string_view coding;
    CompressionFormat format;
  };
  for (const Case& c : {Case{"gzip", CompressionFormat::kGzip},
                        {"X-GZip", CompressionFormat::kGzip},
                        {"deflate", CompressionFormat::kDeflate},
                        {"br", CompressionFormat::kBrotli}}) {
    std::string answer = answer_to(post_coded(c.coding, compressed(c.format, "the plain text")));
    EXPECT_TRUE(ends_with(answer, "\r\n\r\nthe plain text")) << c.coding << answer;
  }
  EXPECT_TRUE(ends_with(answer_to(post_coded("identity", "as it is")), "\r\n\r\nas it is"));
}

TEST_F(DecompressionTest, refuses_what_is_unknown_nested_damaged_or_too_large) {
  serve(service_);
  const std::string gzip = compressed(CompressionFormat::kGzip, "the plain text");
  const std::string bomb = compressed(CompressionFormat::kGzip, std::string(10'000'001, 'x'));
  struct Case {
    std::string request;
    std::string_view status;
  };
  const std::vector<Case> cases = {
      {post_coded("zstd", gzip), "HTTP/1.1 415 "},
      {post_coded("gzip, gzip", gzip), "HTTP/1.1 415 "},
      {post(gzip.size(), "Content-Encoding: gzip\r\nContent-Encoding: br\r\n") + gzip,
       "HTTP/1.1 415 "},
      {post_coded("gzip", "no gzip"), "HTTP/1.1 400 "},
      {post_coded("gzip", gzip.substr(0, gzip.size() - 1)), "HTTP/1.1 400 "},
      {post_coded("gzip", gzip + "more"), "HTTP/1.1 400 "},
      {post_coded("gzip", bomb), "HTTP/1.1 413 "},
  };
  for (const Case& c : cases) {
    std::string answer = answer_to(c.request);
    EXPECT_TRUE(begins_with(answer, c.status)) << answer.substr(0, 100);
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u);
  }
}

TEST_F(DecompressionTest, serves_others_while_a_small_body_becomes_a_large_one) {
  serve(service_);
  auto large = connect();
  auto other = connect();
  settle();
  large->send(
      post_coded("gzip", compressed(CompressionFormat::kGzip, std::string(9'000'000, 'x'))));
  other->send(kGet);
  ASSERT_TRUE(run_until([&] { return !other->received().empty(); }));
  EXPECT_EQ(large->received(), "");
  ASSERT_TRUE(run_until([&] { return large->received().size() > 9'000'000; }));
}

TEST_F(StreamingTest, gives_a_compressed_body_in_pieces_as_they_are_wanted) {
  Reader reader;
  LambdaService service([&](Exchange& e) { e.hold(), reader.exchange = &e; },
                        [&](Exchange& e) {
                          e.stream_body();
                          e.decompress_body();
                        });
  serve(service);
  auto client = connect();
  client->send(post_coded("gzip", compressed(CompressionFormat::kGzip, std::string(500'000, 'x'))));
  ASSERT_TRUE(run_until([&] { return reader.exchange != nullptr; }));
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.pieces.size() == 1; }));
  settle();
  EXPECT_EQ(reader.pieces.size(), 1u);
  EXPECT_LT(reader.body().size(), 100'000u);
  reader.all = true;
  reader.read();
  ASSERT_TRUE(run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.body(), std::string(500'000, 'x'));
  reader.answer("ok");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "ok"); }));
}

// ---- answers ----

TEST_F(StreamingTest, sends_a_declared_length_without_chunks) {
  LambdaService service([](Exchange& exchange) {
    exchange.set_content_length(6);
    exchange.write("abc");
    exchange.flush();
    exchange.write("def");
    exchange.finish();
  });
  serve(service);
  for (std::string_view version : {"1.0", "1.1"}) {
    std::string answer = answer_to("GET / HTTP/" + std::string(version) +
                                   "\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(contains(answer, "Content-Length: 6\r\n")) << answer;
    EXPECT_TRUE(ends_with(answer, "\r\n\r\nabcdef")) << answer;
  }
}

TEST_F(StreamingTest, never_sends_another_length_than_declared) {
  LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  for (std::string_view text : {"ab", "abcd"}) {
    LambdaService service([text](Exchange& exchange) {
      exchange.set_content_length(3);
      exchange.write("a");
      exchange.flush();
      exchange.write(text.substr(1));
      exchange.finish();
    });
    serve(service);
    auto client = connect();
    client->send(std::string(kGet) + std::string(kGet));
    ASSERT_TRUE(run_until([&] { return client->ended(); }));
    EXPECT_EQ(client->received().find("HTTP/1.1", 1), std::string::npos) << "one answer at most";
    EXPECT_FALSE(ends_with(client->received(), "abcd"));
    server_.reset();
  }
  set_log_sink(std::move(earlier));
}

TEST_F(StreamingTest, tells_the_length_to_head_without_a_body) {
  LambdaService service([](Exchange& exchange) {
    exchange.set_content_length(1000);
    exchange.finish();
  });
  serve(service);
  std::string answer = answer_to("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(contains(answer, "Content-Length: 1000\r\n")) << answer;
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n"));
}

TEST_F(StreamingTest, sends_parts_of_files_between_bytes) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::tmpfile(), &std::fclose);
  std::fputs("0123456789", file.get());
  std::fflush(file.get());
  LambdaService service([&](Exchange& exchange) {
    exchange.set_content_length(9);
    exchange.write("<");
    exchange.write_file(::fileno(file.get()), 2, 3);
    exchange.write("|");
    exchange.write_file(::fileno(file.get()), 7, 3);
    exchange.write(">");
    exchange.finish();
  });
  serve(service);
  EXPECT_TRUE(ends_with(answer_to(kGet), "\r\n\r\n<234|789>"));
  std::string head = answer_to("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(contains(head, "Content-Length: 9\r\n")) << head;
  EXPECT_TRUE(ends_with(head, "\r\n\r\n"));
}

TEST_F(StreamingTest, tells_when_a_slow_reader_has_taken_what_was_flushed) {
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    held = &exchange;
    exchange.hold();
  });
  serve(service);
  auto slow = std::make_unique<RawClient>(loop_, address_);
  slow->send(kGet);
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  EXPECT_FALSE(held->output_is_high());
  held->write(Buffer::copy_of(std::string(20 << 20, 'x')));
  held->flush();
  settle();
  EXPECT_TRUE(held->output_is_high());
  bool left = false;
  held->when_output_left([&] { left = true; });
  settle();
  EXPECT_FALSE(left);
  slow->receive();
  ASSERT_TRUE(run_until([&] { return left; }));
  EXPECT_FALSE(held->output_is_high());
  held->finish();
  held->release();
  EXPECT_TRUE(run_until([&] { return ends_with(slow->received(), "0\r\n\r\n"); }));
}

TEST_F(StreamingTest, ends_an_answer_of_which_nothing_leaves_but_not_one_that_pauses) {
  std::vector<Exchange*> held;
  LambdaService service([&](Exchange& exchange) {
    held.push_back(&exchange);
    exchange.hold();
  });
  serve(service);
  auto stuck = std::make_unique<RawClient>(loop_, address_);
  stuck->send(kGet);
  ASSERT_TRUE(run_until([&] { return held.size() == 1; }));
  auto patient = connect();
  patient->send(kGet);
  ASSERT_TRUE(run_until([&] { return held.size() == 2; }));
  held[0]->write(Buffer::copy_of(std::string(20 << 20, 'x')));
  held[0]->flush();
  held[1]->write("first");
  held[1]->flush();
  settle();
  pass(seconds(125));
  EXPECT_EQ(server_->connections(), 1u);
  pass(seconds(600));
  held[1]->finish();
  held[1]->release();
  EXPECT_TRUE(run_until([&] { return ends_with(patient->received(), "0\r\n\r\n"); }));
}

// ---- interim responses ----

TEST_F(StreamingTest, sends_interim_responses_while_the_handler_works) {
  Exchange* held = nullptr;
  LambdaService service([&](Exchange& exchange) {
    const http::Field link{"Link", "</a>"};
    EXPECT_TRUE(exchange.send_informational(103, {&link, 1}).ok());
    exchange.hold();
    held = &exchange;
  });
  serve(service);
  auto client = connect();
  client->send(kGet);
  const std::string first = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  ASSERT_TRUE(run_until([&] { return client->received() == first; })) << client->received();
  EXPECT_FALSE(held->head_sent());
  EXPECT_TRUE(held->send_informational(102, {}).ok());
  const std::string second = first + "HTTP/1.1 102 Processing\r\n\r\n";
  ASSERT_TRUE(run_until([&] { return client->received() == second; })) << client->received();
  held->write("late");
  held->finish();
  EXPECT_TRUE(held->send_informational(103, {}).ok());  // dropped
  held->release();
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "\r\n\r\nlate"); }));
  EXPECT_TRUE(begins_with(client->received(), second + "HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 "), 3u);
}

TEST_F(StreamingTest, sends_no_interim_response_that_the_client_would_mistake) {
  std::vector<absl::StatusCode> codes;
  LambdaService service([&](Exchange& exchange) {
    const http::Field split{"Link", "a\r\nb"};
    codes.push_back(exchange.send_informational(103, {&split, 1}).code());
    for (int status : {99, 100, 101, 200}) {
      codes.push_back(exchange.send_informational(status, {}).code());
    }
    if (exchange.head().minor_version == 0) {
      EXPECT_TRUE(exchange.send_informational(103, {}).ok());
    }
    exchange.finish();
  });
  serve(service);
  EXPECT_TRUE(begins_with(answer_to("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(begins_with(answer_to(kGet), "HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(codes, std::vector<absl::StatusCode>(10, absl::StatusCode::kInvalidArgument));
}

// ---- trailers ----

TEST_F(StreamingTest, sends_trailers_behind_the_last_chunk) {
  LambdaService service([](Exchange& exchange) {
    const bool early = exchange.head().path == "/early";
    EXPECT_TRUE(!early || exchange.add_trailer("X-A", "1").ok());
    exchange.write("abc");
    if (exchange.head().path == "/pieces") exchange.flush();
    EXPECT_TRUE(early || exchange.add_trailer("X-A", "1").ok());
    ASSERT_TRUE(exchange.add_trailer("x-a", "two").ok());
    exchange.finish();
    EXPECT_TRUE(exchange.add_trailer("X-Late", "3").ok());
  });
  serve(service);
  for (std::string_view path : {"/early", "/late", "/pieces"}) {
    std::string answer = answer_to("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(contains(answer, "Transfer-Encoding: chunked\r\n")) << answer;
    EXPECT_FALSE(contains(answer, "Content-Length")) << answer;
    EXPECT_TRUE(ends_with(answer, "\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\nx-a: two\r\n\r\n")) << answer;
  }
}

TEST_F(StreamingTest, keeps_trailers_to_their_own_answer) {
  LambdaService service([](Exchange& exchange) {
    EXPECT_TRUE(exchange.head().path != "/sum" || exchange.add_trailer("X-Sum", "1").ok());
    exchange.finish();
  });
  serve(service);
  std::string answers = answer_to("GET /sum HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kGet));
  EXPECT_TRUE(contains(answers, "\r\n\r\n0\r\nX-Sum: 1\r\n\r\nHTTP/1.1 200 OK\r\n")) << answers;
  EXPECT_TRUE(ends_with(answers, "Content-Length: 0\r\n\r\n")) << answers;
  EXPECT_EQ(count_of(answers, "X-Sum"), 1u);
}

TEST_F(StreamingTest, drops_trailers_where_nothing_can_carry_them) {
  LambdaService service([](Exchange& exchange) {
    ASSERT_TRUE(exchange.add_trailer("X-Sum", "1").ok());
    if (exchange.head().path == "/length") exchange.set_content_length(3);
    if (exchange.head().path == "/204") exchange.response().set_status(204);
    if (exchange.head().path == "/error") return exchange.send_error(404);
    if (exchange.head().path != "/204") exchange.write("abc");
    exchange.finish();
  });
  serve(service);
  struct Case {
    std::string_view request;
    std::string_view field;  // of the answer
    std::string_view end;
  };
  const Case cases[] = {
      {"GET /length HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 3\r\n", "\r\n\r\nabc"},
      {"GET /204 HTTP/1.1\r\nHost: a\r\n\r\n", "204 No Content\r\n", "\r\n\r\n"},
      {"GET /error HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: ", ">\n"},
      {"GET /old HTTP/1.0\r\n\r\n", "Content-Length: 3\r\n", "\r\n\r\nabc"},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n"},
  };
  for (const Case& c : cases) {
    std::string answer = answer_to(c.request);
    EXPECT_TRUE(contains(answer, c.field)) << answer;
    EXPECT_TRUE(ends_with(answer, c.end)) << answer;
    EXPECT_FALSE(contains(answer, "X-Sum")) << answer;
    EXPECT_FALSE(ends_with(answer, "0\r\n\r\n")) << answer;
  }
}

TEST_F(StreamingTest, refuses_trailers_that_mislead) {
  std::vector<absl::StatusCode> codes;
  LambdaService service([&](Exchange& exchange) {
    for (std::string_view name : {"Content-Length", "Set-Cookie", "A B", "Content-Type"}) {
      codes.push_back(exchange.add_trailer(name, "1").code());
    }
    codes.push_back(exchange.add_trailer("X", "a\r\nb").code());
    exchange.finish();
  });
  serve(service);
  EXPECT_TRUE(contains(answer_to(kGet), "Content-Length: 0\r\n"));
  EXPECT_EQ(codes, std::vector<absl::StatusCode>(5, absl::StatusCode::kInvalidArgument));
}

// ---- filters ----

class Shout final : public OutputFilter {
 public:
  explicit Shout(char mark) : mark_(mark) {}
  void on_head(Exchange& exchange, const Buffer& body, bool last) override {
    exchange.response()
        .add("X-Seen", std::string(1, mark_) + std::to_string(body.size()) + (last ? "!" : "."))
        .IgnoreError();
  }
  Buffer on_body(Buffer piece, bool last) override {
    piece.append(std::string(1, mark_));
    if (last) piece.append("$");
    return piece;
  }

 private:
  const char mark_;
};

TEST_F(StreamingTest, shows_answers_to_filters_the_last_one_added_first) {
  LambdaService service([&](Exchange& exchange) {
    exchange.add_output_filter(std::make_unique<Shout>('o'));
    exchange.add_output_filter(std::make_unique<Shout>('i'));
    exchange.write("ab");
    if (exchange.head().path == "/two") {
      exchange.flush();
      exchange.write("cd");
    }
    exchange.finish();
  });
  serve(service);
  std::string whole = answer_to("GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(contains(whole, "X-Seen: i2!\r\nX-Seen: o4!\r\nContent-Length: 6\r\n")) << whole;
  EXPECT_TRUE(ends_with(whole, "\r\n\r\nabi$o$")) << whole;
  std::string pieces = answer_to("GET /two HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(contains(pieces, "X-Seen: i2.\r\nX-Seen: o3.\r\n")) << pieces;
  EXPECT_TRUE(ends_with(pieces, "\r\n\r\nabiocdi$o$")) << pieces;
}

TEST_F(StreamingTest, takes_trailers_from_filters) {
  class Sum final : public OutputFilter {
    void on_head(Exchange& exchange, const Buffer&, bool) override { exchange_ = &exchange; }
    Buffer on_body(Buffer piece, bool last) override {
      bytes_ += piece.size();
      EXPECT_TRUE(!last || exchange_->add_trailer("X-Sum", std::to_string(bytes_)).ok());
      return piece;
    }
    Exchange* exchange_ = nullptr;
    size_t bytes_ = 0;
  };
  LambdaService service([&](Exchange& exchange) {
    exchange.add_output_filter(std::make_unique<Sum>());
    exchange.write("abcde");
    exchange.finish();
  });
  serve(service);
  std::string answer = answer_to(kGet);
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n5\r\nabcde\r\n0\r\nX-Sum: 5\r\n\r\n")) << answer;
}

// Does what a filter must not.
class Meddler final : public OutputFilter {
 public:
  explicit Meddler(std::function<void(Exchange&)> meddle) : meddle_(std::move(meddle)) {}
  void on_head(Exchange& exchange, const Buffer&, bool) override { meddle_(exchange); }

 private:
  std::function<void(Exchange&)> meddle_;
};

TEST_F(StreamingTest, lets_no_filter_answer_inside_of_the_answer_it_is_shown) {
  LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  const std::vector<std::function<void(Exchange&)>> meddlings = {
      [](Exchange& e) { e.finish(); },
      [](Exchange& e) { e.flush(); },
      [](Exchange& e) { e.write("more"); },
      [](Exchange& e) { e.write(Buffer::copy_of("more")); },
      [](Exchange& e) { e.send_error(404); },
      [](Exchange& e) { e.response().set_status(302), e.clear_body(), e.finish(); },
  };
  for (const auto& meddle : meddlings) {
    LambdaService service([&](Exchange& exchange) {
      exchange.add_output_filter(std::make_unique<Meddler>(meddle));
      exchange.write("HTTP/1.1 200 EVIL");
      exchange.finish();
    });
    serve(service);
    std::string answer = answer_to(kGet);
    EXPECT_TRUE(contains(answer, "Content-Length: 17\r\n")) << answer;
    EXPECT_TRUE(ends_with(answer, "\r\n\r\nHTTP/1.1 200 EVIL")) << answer;
    server_.reset();
  }
  set_log_sink(std::move(earlier));
}

// ---- the client and the clock ----

TEST_F(StreamingTest, tells_a_waiting_handler_that_its_client_sends_no_more) {
  Exchange* held = nullptr;
  int told = 0;
  LambdaService service([&](Exchange& exchange) {
    held = &exchange;
    exchange.hold();
    exchange.on_peer_shut([&] { ++told; });
  });
  serve(service);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return held != nullptr; }));
  settle();
  EXPECT_EQ(told, 0);
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return told == 1; }));
  // It may still wait for its answer (nc -N).
  held->write("late");
  held->finish();
  held->release();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(ends_with(client->received(), "late"));
  EXPECT_EQ(told, 1);
}

TEST_F(StreamingTest, tells_a_waiting_handler_that_the_connection_is_gone) {
  int told = 0;
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    exchange.on_peer_shut([&] { ++told; });
  });
  serve(service);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  struct linger reset {
    1, 0
  };
  ::setsockopt(client->stream().transport()->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client.reset();
  ASSERT_TRUE(run_until([&] { return server_->connections() == 0; }));
  EXPECT_EQ(told, 1);
}

TEST_F(StreamingTest, serves_what_was_pipelined_behind_a_watched_request) {
  std::vector<Exchange*> held;
  LambdaService service([&](Exchange& exchange) {
    held.push_back(&exchange);
    exchange.hold();
    exchange.on_peer_shut([] {});
  });
  serve(service);
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return held.size() == 1; }));
  client->send(kGet);
  settle();
  EXPECT_EQ(held.size(), 1u);
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(run_until([&] { return held.size() == i + 1; }));
    held[i]->write("answer");
    held[i]->finish();
    held[i]->release();
  }
  ASSERT_TRUE(run_until([&] { return client->received().find("answer", 1) != std::string::npos; }));
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(StreamingTest, answers_503_for_a_handler_that_takes_too_long) {
  bool dropped = false;
  struct Dropped : ExchangeAttachment {
    explicit Dropped(bool* told) : told(told) {}
    ~Dropped() override { *told = true; }
    bool* told;
  };
  LambdaService service([&](Exchange& exchange) {
    exchange.hold();
    exchange.attach(std::make_unique<Dropped>(&dropped));
  });
  HTTPServerOptions options;
  options.handler_timeout = seconds(20);
  serve(service, options);
  auto client = connect();
  client->send(kGet);
  pass(seconds(19));
  EXPECT_FALSE(dropped);
  pass(seconds(3));
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 503 ")) << client->received();
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(StreamingTest, tells_clients_to_leave_after_so_many_requests_and_at_an_age) {
  LambdaService service([](Exchange& exchange) { exchange.finish(); });
  HTTPServerOptions options;
  options.max_requests_per_connection = 3;
  serve(service, options);
  std::string answers = answer_to(repeat(kGet, 5));
  EXPECT_EQ(count_of(answers, "HTTP/1.1 200 "), 3u);
  EXPECT_EQ(count_of(answers, "Connection: close"), 1u);
  server_.reset();

  options = {};
  options.max_connection_age = seconds(88);  // or a tenth more or less
  serve(service, options);
  auto client = connect();
  for (int i = 0; i < 4; ++i) {
    client->send(kGet);
    pass(seconds(35));
    EXPECT_FALSE(client->ended()) << i;
  }
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 200 "), 5u);
  EXPECT_EQ(count_of(client->received(), "Connection: close"), 1u);
}

TEST_F(StreamingTest, lets_others_have_their_turn_between_the_parts_of_a_pipeline) {
  std::string order;
  LambdaService service([&](Exchange& exchange) {
    order += exchange.head().path[1];
    exchange.finish();
  });
  HTTPServerOptions options;
  options.max_pipelined_requests = 4;
  serve(service, options);
  auto pipeline = connect();
  auto other = connect();
  settle();
  pipeline->send(repeat("GET /p HTTP/1.1\r\nHost: a\r\n\r\n", 12));
  other->send("GET /o HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return order.size() == 13; }));
  size_t turn = order.find('o');
  EXPECT_LE(turn, 8u) << order;
  ASSERT_TRUE(run_until([&] { return count_of(pipeline->received(), "200 OK") == 12; }));
}

}  // namespace
}  // namespace turbo
