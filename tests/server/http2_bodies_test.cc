// Bodies of requests that come by HTTP/2: windows, limits, codings, and who reads them how far.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/compress/compressor.h"
#include "tests/server/http2_client.h"

namespace turbo {
namespace {

using Fields = std::vector<http::Field>;

constexpr size_t kWindow = 256 << 10;  // of a stream, as the server announces it

std::string gzip(std::string_view text) {
  Buffer out;
  std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
  compressor->add(text, out);
  compressor->finish(out);
  return out.to_string();
}

class HTTP2BodiesTest : public HTTP2Fixture {
 protected:
  // Reads the body to its end, then calls `when_read_`.
  void read_on(Exchange& exchange) {
    exchange.read_body([this, &exchange](absl::StatusOr<Buffer> piece) {
      if (piece->empty()) {
        trailers_ = http2::text_of(exchange.trailers());
        return when_read_(exchange);
      }
      body_ += piece->to_string();
      read_on(exchange);
    });
  }

  // Streams the body and keeps the exchange for the test; so that no window opens by itself.
  LambdaService pausing_{[this](Exchange& exchange) {
                           exchange.hold();
                           held_.push_back(&exchange);
                         },
                         [](Exchange& exchange) {
                           if (exchange.head().path == "/stream") exchange.stream_body();
                         }};
  LambdaService collecting_{[this](Exchange& exchange) {
    body_ = exchange.body().to_string();
    answer_ok(exchange);
  }};
  static void answer_ok(Exchange& exchange) {
    exchange.write("ok");
    exchange.finish();
  }

  std::string body_;
  std::string trailers_;
  std::function<void(Exchange&)> when_read_ = [](Exchange& exchange) { answer(exchange, "read"); };
};

TEST_F(HTTP2BodiesTest, a_body_that_is_collected_may_be_larger_than_the_windows) {
  serve(collecting_);
  auto client = ask_http2();
  for (size_t size : {1, 16384, 100'000, 5'000'000}) {
    const std::string body = repeat("0123456789", size / 10 + 1).substr(0, size);
    const ScriptedStream& call = client->ask("POST", "/", body);
    ASSERT_TRUE(answered(call));
    EXPECT_TRUE(begins_with(call.head, " 200"));
    EXPECT_TRUE(body_ == body) << size;
  }
}

TEST_F(HTTP2BodiesTest, a_handler_that_does_not_read_holds_its_client_back_and_no_other) {
  serve(pausing_);
  auto client = ask_http2();
  const std::string body = repeat("0123456789", 100'000);
  ScriptedStream& call = client->ask("POST", "/stream", body);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; })) << "before the body has come";
  settle();
  EXPECT_EQ(call.to_send.size(), body.size() - kWindow);
  ScriptedStream& other = client->ask("POST", "/", std::string(2'000'000, 'x'));
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  EXPECT_EQ(held_[1]->body().size(), 2'000'000u);
  answer(*held_[1], "other");
  ASSERT_TRUE(answered(other));
  EXPECT_EQ(call.to_send.size(), body.size() - kWindow);
  read_on(*held_[0]);
  ASSERT_TRUE(answered(call));
  EXPECT_TRUE(body_ == body);
  EXPECT_EQ(call.body, "read");
}

TEST_F(HTTP2BodiesTest, a_streamed_body_comes_in_pieces_and_ends_with_its_trailers) {
  serve(pausing_);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/stream");
  call.trailers = {{"x-sum", "42"}};
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  read_on(*held_[0]);
  for (std::string_view piece : {"one ", "two ", "three"}) {
    const size_t before = body_.size();
    client->add(call, piece);
    ASSERT_TRUE(run_until([&] { return body_.size() == before + piece.size(); }));
  }
  settle();
  EXPECT_EQ(call.head, "");
  client->end(call);
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(trailers_, " x-sum=42");
}

TEST_F(HTTP2BodiesTest, answer_and_body_may_flow_at_the_same_time) {
  LambdaService service(
      [&](Exchange& exchange) {
        exchange.hold();
        held_.push_back(&exchange);
        exchange.flush();
      },
      [](Exchange& exchange) { exchange.stream_body(); });
  serve(service);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/stream");
  ASSERT_TRUE(run_until([&] { return call.head != ""; }));
  for (int i = 0; i < 3; ++i) {
    client->add(call, "ping");
    held_[0]->read_body([&](absl::StatusOr<Buffer> piece) {
      held_[0]->write(*std::move(piece));
      held_[0]->flush();
    });
    ASSERT_TRUE(run_until([&] { return call.body.size() == 4u * (i + 1); }));
  }
  client->end(call);
  settle();
  answer(*held_[0], "");
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "NO_ERROR");
}

// ---- limits ----

TEST_F(HTTP2BodiesTest, a_declared_body_beyond_the_limit_is_refused_at_its_head) {
  bool asked = false;
  LambdaService service([&](Exchange& exchange) {
    asked = true;
    answer_ok(exchange);
  });
  HTTPServerOptions options;
  options.limits.max_body_bytes = 1'000'000;
  serve(service, options);
  auto client = ask_http2();
  const Fields fields = {{"content-length", "1000001"}};
  // So often that the connection's window would be used up if it were not given back.
  for (int i = 0; i < 10; ++i) {
    const ScriptedStream& call = client->ask("POST", "/", std::string(1'000'001, 'x'), fields);
    ASSERT_TRUE(closed(call)) << i;
    EXPECT_TRUE(begins_with(call.head, " 413")) << call.head;
    EXPECT_EQ(call.closed, "NO_ERROR by peer") << "the rest is not wanted";
  }
  EXPECT_FALSE(asked);
  const ScriptedStream& good = client->ask("POST", "/", std::string(1'000'000, 'x'));
  ASSERT_TRUE(answered(good));
  EXPECT_TRUE(begins_with(good.head, " 200"));
  EXPECT_EQ(server_->counters().errors, 10u);
}

TEST_F(HTTP2BodiesTest, a_body_that_grows_beyond_the_limit_is_refused_in_the_middle) {
  HTTPServerOptions options;
  options.limits.max_body_bytes = 100'000;
  serve(collecting_, options);
  auto client = ask_http2();
  for (int i = 0; i < 10; ++i) {
    const ScriptedStream& call = client->ask("POST", "/", std::string(1'000'000, 'x'));
    ASSERT_TRUE(closed(call));
    EXPECT_TRUE(begins_with(call.head, " 413")) << call.head;
    EXPECT_EQ(call.closed, "NO_ERROR by peer");
  }
  EXPECT_TRUE(answered(client->ask("POST", "/", std::string(100'000, 'x'))));
  EXPECT_EQ(body_.size(), 100'000u);
}

TEST_F(HTTP2BodiesTest, a_handlers_own_limit_stands_for_the_servers) {
  LambdaService service([&](Exchange& exchange) { answer_ok(exchange); },
                        [](Exchange& exchange) { exchange.set_max_body_bytes(10); });
  serve(service);
  auto client = ask_http2();
  const ScriptedStream& good = client->ask("POST", "/", std::string(10, 'x'));
  const ScriptedStream& bad = client->ask("POST", "/", std::string(11, 'x'));
  ASSERT_TRUE(answered(good) && answered(bad));
  EXPECT_TRUE(begins_with(good.head, " 200"));
  EXPECT_TRUE(begins_with(bad.head, " 413"));
}

// Each is below the limit of a body, but not all that one connection has begun.
TEST_F(HTTP2BodiesTest, bodies_collected_at_once_have_a_limit_together) {
  HTTPServerOptions options;
  options.http2.max_collected_bytes = 100'000;
  serve(collecting_, options);
  auto client = ask_http2();
  ScriptedStream& first = client->open("/");
  client->add(first, std::string(60'000, 'x'));
  ScriptedStream& second = client->open("/");
  client->add(second, std::string(60'000, 'x'));
  ASSERT_TRUE(run_until([&] { return begins_with(second.head, " 503"); })) << second.head;
  EXPECT_EQ(first.head, "");
  pass(std::chrono::seconds(6));  // a small rest might come
  ASSERT_TRUE(closed(second));
  EXPECT_TRUE(answered(client->ask("POST", "/", std::string(30'000, 'x')))) << "it holds no more";
}

// As with HTTP/1 it cannot go on: what it would read is not there.
TEST_F(HTTP2BodiesTest, a_handler_whose_body_grows_beyond_the_limit_is_destroyed) {
  HTTPServerOptions options;
  options.limits.max_body_bytes = 100'000;
  serve(pausing_, options);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/stream");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  read_on(*held_[0]);
  client->add(call, std::string(200'000, 'x'));
  ASSERT_TRUE(run_until([&] { return begins_with(call.head, " 413"); }));
  pass(std::chrono::seconds(6));  // a small rest might come
  ASSERT_TRUE(closed(call));
  EXPECT_TRUE(dropped);
  (void)client->get("/");
  EXPECT_TRUE(run_until([&] { return held_.size() == 2; })) << "others are served";
}

// ---- Expect: 100-continue ----

TEST_F(HTTP2BodiesTest, a_client_that_waits_is_told_to_go_on) {
  serve(collecting_);
  auto client = ask_http2();
  const Fields fields = {{"expect", "100-continue"}};
  ScriptedStream& call = client->open("/", fields);
  ASSERT_TRUE(run_until([&] { return call.informed.size() == 1; }));
  EXPECT_EQ(call.informed[0], " 100");
  client->add(call, "body");
  client->end(call);
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(body_, "body");
  EXPECT_EQ(call.informed.size(), 1u);
}

TEST_F(HTTP2BodiesTest, a_client_whose_body_is_not_wanted_yet_waits) {
  serve(pausing_);
  auto client = ask_http2();
  const Fields fields = {{"expect", "100-continue"}};
  ScriptedStream& call = client->open("/stream", fields);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  settle();
  EXPECT_TRUE(call.informed.empty());
  read_on(*held_[0]);
  ASSERT_TRUE(run_until([&] { return call.informed.size() == 1; }));
  client->end(call);
  ASSERT_TRUE(answered(call));
}

TEST_F(HTTP2BodiesTest, a_client_whose_body_is_not_wanted_is_not_told_to_go_on) {
  LambdaService service([](Exchange&) {},
                        [](Exchange& exchange) {
                          if (exchange.head().path == "/early") answer_ok(exchange);
                        });
  serve(service);
  auto client = ask_http2();
  const Fields large = {{"expect", "100-continue"}, {"content-length", "100000000000"}};
  ScriptedStream& refused = client->open("/", large);
  const Fields fields = {{"expect", "100-continue"}};
  ScriptedStream& early = client->open("/early", fields);
  ScriptedStream& silent = client->ask("GET", "/early", "", fields);
  ASSERT_TRUE(closed(refused) && closed(early) && closed(silent));
  EXPECT_TRUE(begins_with(refused.head, " 413"));
  EXPECT_TRUE(begins_with(early.head, " 200"));
  EXPECT_TRUE(refused.informed.empty() && early.informed.empty() && silent.informed.empty());
}

// ---- codings ----

TEST_F(HTTP2BodiesTest, a_coding_is_taken_off) {
  LambdaService service(
      [&](Exchange& exchange) {
        body_ = exchange.body().to_string();
        answer_ok(exchange);
      },
      [](Exchange& exchange) { exchange.decompress_body(); });
  serve(service);
  auto client = ask_http2();
  const Fields fields = {{"content-encoding", "gzip"}};
  const std::string text = repeat("0123456789", 500'000);
  ASSERT_TRUE(answered(client->ask("POST", "/", gzip(text), fields)));
  EXPECT_TRUE(body_ == text);
  const Fields unknown = {{"content-encoding", "zebra"}};
  const ScriptedStream& refused = client->ask("POST", "/", "body", unknown);
  ASSERT_TRUE(answered(refused));
  EXPECT_TRUE(begins_with(refused.head, " 415")) << refused.head;
}

TEST_F(HTTP2BodiesTest, a_damaged_or_swelling_coding_is_refused) {
  LambdaService service([&](Exchange& exchange) { answer_ok(exchange); },
                        [](Exchange& exchange) { exchange.decompress_body(); });
  HTTPServerOptions options;
  options.limits.max_body_bytes = 1'000'000;
  serve(service, options);
  auto client = ask_http2();
  const Fields fields = {{"content-encoding", "gzip"}};
  const std::string whole = gzip(std::string(10'000, 'x'));
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {"no gzip at all", " 400"},
      {whole.substr(0, whole.size() - 3), " 400"},
      {gzip(std::string(2'000'000, 'x')), " 413"},
      {whole, " 200"}};
  for (const auto& [body, status] : cases) {
    const ScriptedStream& call = client->ask("POST", "/", body, fields);
    ASSERT_TRUE(answered(call));
    EXPECT_TRUE(begins_with(call.head, status)) << call.head;
  }
}

TEST_F(HTTP2BodiesTest, a_body_that_swells_is_read_as_it_is_wanted) {
  LambdaService service(
      [&](Exchange& exchange) {
        exchange.hold();
        read_on(exchange);
      },
      [](Exchange& exchange) {
        exchange.stream_body();
        exchange.decompress_body();
      });
  serve(service);
  auto client = ask_http2();
  const Fields fields = {{"content-encoding", "gzip"}};
  const std::string text = repeat("0123456789", 1'000'000);
  const ScriptedStream& call = client->ask("POST", "/stream", gzip(text), fields);
  ASSERT_TRUE(answered(call));
  EXPECT_TRUE(body_ == text);
}

// ---- who reads how far ----

TEST_F(HTTP2BodiesTest, a_handler_that_finishes_early_wants_no_more) {
  bool dropped = false;
  LambdaService service(
      [&](Exchange& exchange) {
        exchange.attach(std::make_unique<Dropped>(&dropped));
        exchange.write("enough");
        exchange.finish();
      },
      [](Exchange& exchange) {
        if (exchange.head().path == "/stream") exchange.stream_body();
      });
  serve(service);
  auto client = ask_http2();
  // So often that the connection's window would be used up if it were not given back.
  for (int i = 0; i < 10; ++i) {
    dropped = false;
    const ScriptedStream& call = client->ask("POST", "/stream", std::string(1'000'000, 'x'));
    ASSERT_TRUE(closed(call));
    EXPECT_EQ(call.body, "enough");
    EXPECT_EQ(call.end, "end") << "the answer is whole";
    EXPECT_EQ(call.closed, "NO_ERROR by peer");
    EXPECT_TRUE(dropped);
  }
  EXPECT_TRUE(answered(client->ask("POST", "/", std::string(1'000'000, 'x'))));
}

TEST_F(HTTP2BodiesTest, a_large_early_answer_leaves_whole_before_the_rest_is_refused) {
  const std::string large(2'000'000, 'a');
  LambdaService service(
      [&](Exchange& exchange) {
        exchange.write(large);
        exchange.finish();
      },
      [](Exchange& exchange) { exchange.stream_body(); });
  serve(service);
  auto client = ask_http2();
  const ScriptedStream& call = client->open("/stream");
  ASSERT_TRUE(run_until([&] { return call.body.size() == large.size(); }));
  EXPECT_EQ(call.closed, "");
  pass(std::chrono::seconds(6));  // a small rest might have come
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.end, "end");
}

// Its client does not read the answer either, so that it could be told.
TEST_F(HTTP2BodiesTest, what_nobody_wants_may_come_up_to_a_limit_while_the_answer_waits) {
  LambdaService service([](Exchange&) {},
                        [](Exchange& exchange) {
                          if (exchange.head().path == "/alive") return answer_ok(exchange);
                          exchange.write(std::string(10'000, 'a'));
                          exchange.finish();
                        });
  HTTPServerOptions options;
  options.linger_bytes = 100'000;
  serve(service, options);
  http2::SessionOptions small;
  small.stream_window_bytes = 1000;
  auto client = ask_http2(small);
  client->hold_windows();
  ScriptedStream& call = client->open("/");
  ASSERT_TRUE(run_until([&] { return call.body.size() == 1000; }));
  client->add(call, std::string(100'000, 'x'));
  settle();
  EXPECT_EQ(call.to_send, "");
  EXPECT_EQ(call.closed, "") << "so much is dropped";
  client->add(call, "x");
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "CANCEL by peer");
  EXPECT_EQ(call.body.size(), 1000u);
  EXPECT_TRUE(lives(*client));
}

// A client that reads its answer is told sooner that the rest is not wanted.
TEST_F(HTTP2BodiesTest, behind_the_answer_a_window_of_what_nobody_wants_may_come) {
  LambdaService service([](Exchange&) {}, [](Exchange& exchange) { answer_ok(exchange); });
  HTTPServerOptions options;
  options.http2.session.stream_window_bytes = 100'000;
  serve(service, options);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/");
  ASSERT_TRUE(answered(call));
  client->add(call, std::string(100'000, 'x'));
  settle();
  EXPECT_EQ(call.closed, "");
  client->add(call, "x");
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "NO_ERROR by peer");
  EXPECT_EQ(call.body, "ok");
}

TEST_F(HTTP2BodiesTest, a_handler_may_read_on_after_it_has_finished) {
  serve(pausing_);
  auto client = ask_http2();
  const std::string body = repeat("0123456789", 100'000);
  ScriptedStream& call = client->ask("POST", "/stream", body);
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->write("answer");
  held_[0]->finish();
  ASSERT_TRUE(answered(call));
  settle();
  EXPECT_EQ(call.closed, "") << "the rest is still wanted";
  when_read_ = [](Exchange& exchange) { exchange.release(); };
  read_on(*held_[0]);
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "NO_ERROR");
  EXPECT_TRUE(run_until([&] { return dropped; }));
  EXPECT_TRUE(body_ == body);
}

// The whole body has come, the stream is closed, and the handler is not through.
TEST_F(HTTP2BodiesTest, a_body_that_has_come_can_be_read_behind_the_end_of_the_stream) {
  serve(pausing_);
  auto client = ask_http2();
  ScriptedStream& call = client->ask("POST", "/stream", "body");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  settle();
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->finish();
  ASSERT_TRUE(closed(call));
  when_read_ = [](Exchange& exchange) { exchange.release(); };
  read_on(*held_[0]);
  EXPECT_TRUE(run_until([&] { return dropped; }));
  EXPECT_EQ(body_, "body");
}

TEST_F(HTTP2BodiesTest, a_body_that_swells_can_be_read_behind_the_end_of_the_stream) {
  bool dropped = false;
  bool finish_first = false;
  when_read_ = [](Exchange& exchange) { exchange.release(); };
  LambdaService service(
      [&](Exchange& exchange) {
        exchange.hold();
        exchange.attach(std::make_unique<Dropped>(&dropped));
        if (finish_first) exchange.finish();
        read_on(exchange);
        if (!finish_first) exchange.finish();
      },
      [](Exchange& exchange) {
        exchange.stream_body();
        exchange.decompress_body();
      });
  serve(service);
  auto client = ask_http2();
  const Fields fields = {{"content-encoding", "gzip"}};
  const std::string text = repeat("0123456789", 1'000'000);
  for (bool first : {false, true}) {
    dropped = false;
    finish_first = first;
    body_.clear();
    const ScriptedStream& call = client->ask("POST", "/stream", gzip(text), fields);
    ASSERT_TRUE(answered(call));
    EXPECT_TRUE(run_until([&] { return dropped; }));
    EXPECT_TRUE(body_ == text);
  }
  bool stopped = false;
  server_->stop(std::chrono::hours(1), [&] { stopped = true; });
  EXPECT_TRUE(run_until([&] { return stopped; })) << "none is left behind";
}

TEST_F(HTTP2BodiesTest, a_handler_that_reads_on_is_destroyed_when_the_body_will_never_end) {
  serve(pausing_);
  auto client = ask_http2();
  ScriptedStream& call = client->open("/stream");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->finish();
  read_on(*held_[0]);
  ASSERT_TRUE(answered(call));
  client->reset(call);
  EXPECT_TRUE(run_until([&] { return dropped; }));
}

TEST_F(HTTP2BodiesTest, what_a_reset_stream_has_sent_is_given_back) {
  serve(pausing_);
  auto client = ask_http2();
  for (int i = 0; i < 10; ++i) {  // of the connection's window each takes a quarter
    ScriptedStream& call = client->ask("POST", "/stream", std::string(1'000'000, 'x'));
    ASSERT_TRUE(run_until([&] { return call.to_send.size() == 1'000'000 - kWindow; })) << i;
    client->reset(call);
    settle();
  }
}

}  // namespace
}  // namespace turbo
