// What a connection that speaks HTTP/2 and its streams may take time for, and how long.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/http2_client.h"

namespace turbo {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class HTTP2TimesTest : public HTTP2Fixture {
 protected:
  static HTTPServerOptions usual() {
    HTTPServerOptions options;
    options.header_timeout = seconds(10);
    options.body_timeout = seconds(30);
    options.min_body_bytes = 100;
    options.handler_timeout = seconds(40);
    options.write_timeout = seconds(60);
    options.idle_timeout = seconds(75);
    options.linger_timeout = seconds(5);
    return options;
  }

  // Two handlers that do not read keep half of what may come on a connection.
  static HTTPServerOptions with_narrow_windows() {
    HTTPServerOptions options = usual();
    options.handler_timeout = Duration::zero();
    options.http2.session.stream_window_bytes = 50'000;
    options.http2.session.connection_window_bytes = 200'000;
    return options;
  }

  std::unique_ptr<RawClient> ask_raw(std::string_view frames) {
    auto client = connect();
    client->send(http2::greeting() + std::string(frames));
    settle();
    return client;
  }

  static std::string last_frame(const RawClient& client) {
    const std::vector<std::string> frames = http2::frames_in(client.received());
    return frames.empty() ? "" : frames.back();
  }

  // A client each of whose answers waits behind a window of 1,000 bytes.
  std::unique_ptr<HTTP2Client> ask_slowly() {
    http2::SessionOptions options;
    options.stream_window_bytes = 1000;
    auto client = ask_http2(options);
    client->hold_windows();
    return client;
  }

  // What a client sends that lets everything come.
  static std::string open_windows() {
    return std::string(http2::kPreface) + http2::settings({{4, 0x7fffffff}}) +
           http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(0x7fff0000));
  }
  // The server has closed its end: what is sent there is answered by a reset.
  bool is_cut(RawClient& client) {
    client.send("?");
    for (int i = 0; i < 5; ++i) loop_.run_once();
    return client_end_->was_reset();
  }

  LambdaService large_{[](Exchange& exchange) {
    if (exchange.head().path == "/large") exchange.write(std::string(20'000'000, 'x'));
    if (exchange.head().path == "/some") exchange.write(std::string(10'000, 'x'));
    exchange.finish();
  }};
  LambdaService streaming_{[this](Exchange& exchange) {
                             exchange.hold();
                             held_.push_back(&exchange);
                           },
                           [](Exchange& exchange) {
                             if (exchange.head().path != "/collected") exchange.stream_body();
                           }};
};

// ---- heads ----

TEST_F(HTTP2TimesTest, a_preface_without_settings_has_the_time_of_a_head) {
  serve(echo_path_, usual());
  auto client = connect();
  client->send(http2::kPreface);
  settle();
  pass(seconds(8));
  EXPECT_FALSE(client->ended());
  pass(seconds(4));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(last_frame(*client), "GOAWAY 0 SETTINGS_TIMEOUT");
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(HTTP2TimesTest, half_a_head_has_its_time_whatever_comes_of_it) {
  serve(echo_path_, usual());
  auto client = ask_raw(http2::frame(http2::kHeadersFrame, http2::kEndStream, 1,
                                     http2::block(http2::request_fields("GET"))));
  for (int i = 0; i < 4; ++i) {
    pass(seconds(2));
    client->send(http2::frame(http2::kContinuationFrame, 0, 1, http2::literal("x", "1")));
    settle();
  }
  EXPECT_FALSE(client->ended());
  pass(seconds(4));
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(contains(last_frame(*client), "ENHANCE_YOUR_CALM")) << last_frame(*client);
}

TEST_F(HTTP2TimesTest, half_a_head_beside_a_request_in_hand_has_its_time_too) {
  HTTPServerOptions options = usual();
  options.handler_timeout = Duration::zero();
  options.http2.keepalive_interval = Duration::zero();
  serve(holding_, options);
  auto client = ask_raw(http2::get(1));
  ASSERT_EQ(held_.size(), 1u);
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  pass(minutes(10));
  EXPECT_FALSE(client->ended()) << "a handler at work is no idleness";
  client->send(http2::frame(http2::kHeadersFrame, http2::kEndStream, 3,
                            http2::block(http2::request_fields("GET"))));
  pass(seconds(14));
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(dropped);
}

// Heads that all end in time, though one is always under way.
TEST_F(HTTP2TimesTest, each_head_has_its_own_time) {
  serve(echo_path_, usual());
  auto client = ask_raw("");
  const std::string block = http2::block(http2::request_fields("GET"));
  client->send(http2::frame(http2::kHeadersFrame, http2::kEndStream, 1, block));
  for (uint32_t stream = 3; stream < 15; stream += 2) {
    pass(seconds(6));
    client->send(http2::frame(http2::kContinuationFrame, http2::kEndHeaders, stream - 2) +
                 http2::frame(http2::kHeadersFrame, http2::kEndStream, stream, block));
    settle();
  }
  EXPECT_FALSE(client->ended());
  EXPECT_EQ(server_->counters().requests, 6u);
}

// ---- bodies ----

TEST_F(HTTP2TimesTest, a_body_that_does_not_come_is_408_and_the_connection_lives) {
  serve(echo_path_, usual());
  auto client = ask_http2();
  ScriptedStream& call = client->open("/");
  pass(seconds(28));
  EXPECT_EQ(call.head, "");
  pass(seconds(4));
  EXPECT_TRUE(begins_with(call.head, " 408")) << call.head;
  pass(seconds(6));  // a small rest might come
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "NO_ERROR by peer");
  EXPECT_TRUE(lives(*client));
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(HTTP2TimesTest, a_body_has_to_arrive_at_a_rate) {
  for (size_t bytes : {50, 60}) {  // every 15 of 30 seconds in which 100 have to come
    serve(echo_path_, usual());
    auto client = ask_http2();
    ScriptedStream& call = client->open("/");
    for (int i = 0; i < 8; ++i) {
      pass(seconds(14));
      client->add(call, std::string(bytes == 60 ? 100 : 20, 'x'));
      settle();
    }
    EXPECT_EQ(begins_with(call.head, " 408"), bytes < 60) << bytes;
    client.reset();
    settle();
    server_.reset();
  }
}

// That another body does not come may be our doing.
TEST_F(HTTP2TimesTest, a_client_that_handlers_hold_back_has_time_for_its_other_bodies) {
  serve(streaming_, with_narrow_windows());
  auto client = ask_http2();
  for (int i = 0; i < 2; ++i) (void)client->ask("POST", "/", std::string(60'000, 'x'));
  ScriptedStream& call = client->open("/collected");
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  pass(minutes(5));
  EXPECT_EQ(call.head, "");
  bool read = false;
  held_[0]->read_body([&](absl::StatusOr<Buffer> piece) { read = piece.ok(); });
  ASSERT_TRUE(run_until([&] { return read; }));
  pass(seconds(34));
  EXPECT_TRUE(begins_with(call.head, " 408")) << call.head;
}

// One such handler leaves the others room.
TEST_F(HTTP2TimesTest, a_client_that_is_hardly_held_back_has_no_more_time_than_others) {
  serve(streaming_, with_narrow_windows());
  auto client = ask_http2();
  (void)client->ask("POST", "/", std::string(60'000, 'x'));
  ScriptedStream& call = client->open("/collected");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  pass(seconds(28));
  EXPECT_EQ(call.head, "");
  pass(seconds(6));
  EXPECT_TRUE(begins_with(call.head, " 408")) << call.head;
}

TEST_F(HTTP2TimesTest, a_handler_that_waits_for_a_body_is_destroyed_with_the_408) {
  serve(streaming_, usual());
  auto client = ask_http2();
  ScriptedStream& call = client->open("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->read_body([](absl::StatusOr<Buffer>) {});
  pass(seconds(34));
  EXPECT_TRUE(begins_with(call.head, " 408")) << call.head;
  EXPECT_TRUE(dropped);
  pass(seconds(6));
  EXPECT_EQ(call.closed, "NO_ERROR by peer");
}

TEST_F(HTTP2TimesTest, a_handler_that_does_not_read_is_given_its_own_time) {
  serve(streaming_, usual());
  auto client = ask_http2();
  ScriptedStream& call = client->open("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  pass(seconds(35));
  EXPECT_EQ(call.head, "") << "it is not the client who is slow";
  pass(seconds(10));
  EXPECT_TRUE(begins_with(call.head, " 503")) << call.head;
  EXPECT_TRUE(dropped);
}

// ---- handlers ----

TEST_F(HTTP2TimesTest, a_handler_that_takes_too_long_is_destroyed_and_503_in_its_place) {
  serve(holding_, usual());
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  pass(seconds(38));
  EXPECT_FALSE(dropped);
  pass(seconds(4));
  ASSERT_TRUE(closed(call));
  EXPECT_TRUE(begins_with(call.head, " 503")) << call.head;
  EXPECT_TRUE(dropped);
  EXPECT_EQ(server_->counters().timeouts, 1u);
  EXPECT_EQ(server_->counters().errors, 1u);
  (void)client->get("/");
  EXPECT_TRUE(run_until([&] { return held_.size() == 2; })) << "others are served";
}

TEST_F(HTTP2TimesTest, a_handler_may_pause_in_its_answer) {
  serve(holding_, usual());
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_[0]->write("half");
  held_[0]->flush();
  pass(minutes(20));
  EXPECT_EQ(call.closed, "");
  answer(*held_[0], "half");
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(call.body, "halfhalf");
}

// ---- output ----

TEST_F(HTTP2TimesTest, an_answer_of_which_nothing_leaves_is_reset_and_counted) {
  serve(large_, usual());
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/some");
  ASSERT_TRUE(run_until([&] { return call.body.size() == 1000; }));
  pass(seconds(55));
  EXPECT_EQ(call.closed, "");
  pass(seconds(70));
  EXPECT_EQ(call.closed, "CANCEL by peer");
  EXPECT_EQ(server_->counters().stalled_streams, 1u);
  EXPECT_TRUE(lives(*client));
}

TEST_F(HTTP2TimesTest, a_stream_that_stalls_destroys_its_handler) {
  serve(holding_, usual());
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->write(std::string(10'000, 'x'));
  held_[0]->flush();
  held_[0]->when_output_left([] {});
  pass(minutes(3));
  EXPECT_EQ(call.closed, "CANCEL by peer");
  EXPECT_TRUE(dropped);
  EXPECT_EQ(server_->counters().stalled_streams, 1u);
}

TEST_F(HTTP2TimesTest, a_finished_answer_that_stalls_ends_though_its_handler_holds_on) {
  serve(holding_, usual());
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  held_[0]->write(std::string(10'000, 'x'));
  held_[0]->finish();
  held_[0]->when_output_left([] {});  // which waits for what will not happen
  pass(minutes(3));
  EXPECT_EQ(call.closed, "CANCEL by peer");
  EXPECT_TRUE(dropped);
}

TEST_F(HTTP2TimesTest, a_slow_reader_that_moves_is_no_stall) {
  serve(large_, usual());
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/some");
  for (size_t taken = 1000; taken < 10'000; taken += 1000) {
    ASSERT_TRUE(run_until([&] { return call.body.size() == taken; })) << taken;
    pass(seconds(50));
    client->take(call);
  }
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(call.body.size(), 10'000u);
  EXPECT_EQ(server_->counters().stalled_streams, 0u);
}

// The windows are open, the socket is full.
TEST_F(HTTP2TimesTest, a_peer_that_never_reads_is_cut) {
  serve(large_, usual());
  const http2::Fields large = http2::request_fields("GET", {}, "/large");
  for (uint32_t streams : {1, 5}) {
    auto client = connect_without_reading();
    std::string frames = open_windows();
    for (uint32_t i = 0; i < streams; ++i) frames += http2::headers(1 + 2 * i, large);
    client->send(frames);
    settle();
    pass(seconds(50));
    EXPECT_FALSE(is_cut(*client));
    pass(minutes(5));
    EXPECT_TRUE(is_cut(*client)) << streams;
  }
  EXPECT_LE(server_->counters().stalled_streams, 6u) << "each is counted once";
}

TEST_F(HTTP2TimesTest, a_peer_that_never_reads_is_cut_though_its_requests_came_apart) {
  serve(large_, usual());
  const http2::Fields large = http2::request_fields("GET", {}, "/large");
  auto client = connect_without_reading();
  client->send(open_windows() + http2::headers(1, large));
  settle();
  pass(seconds(30));
  client->send(http2::headers(3, large));
  settle();
  pass(minutes(10));
  EXPECT_TRUE(is_cut(*client));
}

// Answers that are of no use in part leave one behind the other (RFC 9218 10).
TEST_F(HTTP2TimesTest, an_answer_that_waits_for_another_does_not_stall) {
  serve(large_, usual());
  const http2::Fields large = http2::request_fields("GET", {}, "/large");
  auto client = connect_without_reading();
  client->send(open_windows() + http2::headers(1, large) + http2::headers(3, large));
  settle();
  size_t taken = 0;
  for (int i = 0; i < 18; ++i) {
    client->stream().read_bytes(1'000'000, [&](absl::StatusOr<Buffer> piece) {
      if (piece.ok()) taken += piece->size();
    });
    ASSERT_TRUE(run_until([&] { return taken == 1'000'000u * (i + 1); })) << i;
    pass(seconds(20));
  }
  client->receive();
  EXPECT_TRUE(run_until([&] { return taken + client->received().size() > 40'000'000; }));
  EXPECT_EQ(server_->counters().stalled_streams, 0u);
}

// The window that all share is used up by the first whenever somebody looks.
TEST_F(HTTP2TimesTest, an_answer_that_waits_for_anothers_window_does_not_stall) {
  serve(large_, usual());
  http2::SessionOptions options;
  options.stream_window_bytes = 64 << 20;
  options.connection_window_bytes = 65535;
  auto client = ask_http2(options);
  client->hold_windows();
  ScriptedStream& first = client->get("/large");
  const ScriptedStream& second = client->get("/large");
  for (size_t i = 1; i <= 18; ++i) {
    ASSERT_TRUE(run_until([&] { return first.body.size() == i * 65535; })) << i;
    pass(seconds(20));
    client->take(first);
  }
  EXPECT_EQ(second.closed, "");
  pass(minutes(3));
  EXPECT_EQ(first.closed, "CANCEL by peer");
  EXPECT_EQ(second.closed, "CANCEL by peer");
}

// But one whose window is shut does, though others move.
TEST_F(HTTP2TimesTest, an_answer_stalls_though_another_moves) {
  serve(holding_, usual());
  auto client = ask_slowly();
  ScriptedStream& shut = client->get("/");
  ScriptedStream& moving = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  for (Exchange* exchange : held_) answer(*exchange, std::string(100'000, 'x'));
  for (int i = 0; i < 14; ++i) {
    ASSERT_TRUE(run_until([&] { return moving.body.size() == 1000u * (i + 1); }));
    pass(seconds(10));
    client->take(moving);
  }
  EXPECT_EQ(shut.closed, "CANCEL by peer");
  EXPECT_EQ(moving.closed, "");
}

// The session is through with it.
TEST_F(HTTP2TimesTest, a_peer_that_never_reads_its_last_answer_is_cut) {
  HTTPServerOptions options = usual();
  options.output_high_bytes = 64 << 20;
  serve(large_, options);
  auto client = connect_without_reading();
  client->send(open_windows() + http2::headers(1, http2::request_fields("GET", {}, "/large")));
  settle();
  pass(seconds(100));
  EXPECT_FALSE(is_cut(*client));
  pass(minutes(5));
  EXPECT_TRUE(is_cut(*client));
}

TEST_F(HTTP2TimesTest, a_slow_reader_gets_its_last_answer_as_long_as_it_moves) {
  HTTPServerOptions options = usual();
  options.output_high_bytes = 64 << 20;
  serve(large_, options);
  for (bool ends : {false, true}) {
    auto client = connect_without_reading();
    client->send(open_windows() + http2::headers(1, http2::request_fields("GET", {}, "/large")));
    settle();
    if (ends) client->stream().shutdown_write();
    settle();
    size_t taken = 0;
    for (int i = 0; i < 8; ++i) {
      client->stream().read_bytes(1'000'000, [&](absl::StatusOr<Buffer> piece) {
        if (piece.ok()) taken += piece->size();
      });
      settle();
      pass(seconds(50));
    }
    EXPECT_EQ(taken, 8'000'000u) << ends;
    client->receive();
    ASSERT_TRUE(run_until([&] { return taken + client->received().size() > 20'000'000; })) << ends;
  }
}

// ---- idleness ----

TEST_F(HTTP2TimesTest, an_idle_connection_is_told_and_ended) {
  serve(echo_path_, usual());
  auto client = ask_raw(http2::get(1));
  pass(seconds(73));
  EXPECT_FALSE(client->ended());
  pass(seconds(4));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(last_frame(*client), "GOAWAY 1 NO_ERROR");
}

TEST_F(HTTP2TimesTest, requests_begin_the_idle_time_anew) {
  serve(echo_path_, usual());
  auto client = ask_http2();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(lives(*client)) << i;
    pass(seconds(70));
  }
  EXPECT_FALSE(client->ended());
  pass(seconds(8));
  EXPECT_TRUE(client->ended());
}

TEST_F(HTTP2TimesTest, pings_do_not) {
  serve(echo_path_, usual());
  auto client = ask_raw("");
  for (int i = 0; i < 8; ++i) {
    client->send(http2::frame(http2::kPingFrame, 0, 0, "12345678"));
    pass(seconds(10));
  }
  EXPECT_TRUE(client->ended());
}

TEST_F(HTTP2TimesTest, a_connection_with_a_request_in_hand_is_not_idle) {
  HTTPServerOptions options = usual();
  options.handler_timeout = Duration::zero();
  serve(holding_, options);
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  pass(minutes(30));
  EXPECT_FALSE(client->ended());
  answer(*held_[0], "late");
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(call.body, "late");
}

// ---- silence ----

class HTTP2SilenceTest : public HTTP2TimesTest {
 protected:
  HTTP2SilenceTest() {
    options_.http2.keepalive_interval = minutes(2);
    options_.http2.keepalive_timeout = seconds(20);
  }
  ~HTTP2SilenceTest() override { server_.reset(); }  // which tells dropped_

  // A client that answers no PING, with one request that has no limit but its handler's.
  std::unique_ptr<RawClient> hold_raw() {
    serve(own_time_, options_);
    auto client = ask_raw(http2::get(1));
    EXPECT_EQ(held_.size(), 1u);
    held_.back()->attach(std::make_unique<Dropped>(&dropped_));
    return client;
  }
  static size_t pings(const RawClient& client) {
    const std::vector<std::string> frames = http2::frames_in(client.received());
    return static_cast<size_t>(std::count(frames.begin(), frames.end(), "PING"));
  }

  HTTPServerOptions options_ = usual();
  LambdaService own_time_{[this](Exchange& exchange) {
                            exchange.hold();
                            held_.push_back(&exchange);
                          },
                          [](Exchange& exchange) { exchange.keep_own_time(); }};
  bool dropped_ = false;
};

TEST_F(HTTP2SilenceTest, a_client_that_vanished_is_ended_with_its_streams) {
  auto client = hold_raw();
  pass(seconds(118));
  EXPECT_EQ(pings(*client), 0u);
  int late = 0;
  for (; pings(*client) == 0; ++late) pass(seconds(1));
  EXPECT_LE(late, 63);
  pass(seconds(18));
  EXPECT_FALSE(dropped_);
  pass(seconds(4));
  EXPECT_TRUE(dropped_);
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(HTTP2SilenceTest, a_client_that_answers_the_ping_lives) {
  serve(own_time_, options_);
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  pass(minutes(20));
  ASSERT_FALSE(client->ended());
  answer(*held_[0], "late");
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(server_->counters().timeouts, 0u);
}

TEST_F(HTTP2SilenceTest, whatever_comes_is_a_sign_of_life) {
  auto client = hold_raw();
  for (int i = 0; i < 10; ++i) {
    pass(seconds(100));
    client->send(http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(1)));
  }
  EXPECT_EQ(pings(*client), 0u);
  while (pings(*client) == 0) pass(seconds(1));
  pass(seconds(10));
  client->send(http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(1)));
  pass(seconds(100));
  EXPECT_FALSE(dropped_) << "it lives, though it has not answered";
  pass(minutes(2));
  EXPECT_EQ(pings(*client), 1u) << "which it still has to";
  EXPECT_TRUE(dropped_);
}

TEST_F(HTTP2SilenceTest, a_connection_without_streams_is_not_pinged) {
  options_.idle_timeout = minutes(10);
  serve(echo_path_, options_);
  auto client = ask_raw(http2::get(1));
  pass(minutes(9));
  EXPECT_EQ(pings(*client), 0u);
  EXPECT_FALSE(client->ended());
}

TEST_F(HTTP2SilenceTest, zero_is_never) {
  options_.http2.keepalive_interval = Duration::zero();
  auto client = hold_raw();
  pass(minutes(20));
  EXPECT_EQ(pings(*client), 0u);
  EXPECT_FALSE(dropped_);
}

TEST_F(HTTP2SilenceTest, the_interval_may_be_shorter_than_the_time_of_output) {
  options_.http2.keepalive_interval = seconds(10);
  auto client = hold_raw();
  pass(seconds(8));
  EXPECT_EQ(pings(*client), 0u);
  pass(seconds(14));
  EXPECT_EQ(pings(*client), 1u);
  pass(seconds(22));
  EXPECT_TRUE(dropped_);
}

TEST_F(HTTP2SilenceTest, output_has_its_time_however_short_the_interval) {
  options_.http2.keepalive_interval = seconds(5);
  serve(large_, options_);
  auto client = connect_without_reading();
  client->send(open_windows() + http2::headers(1, http2::request_fields("GET", {}, "/large")));
  settle();
  pass(seconds(58));
  EXPECT_FALSE(is_cut(*client));
  pass(seconds(64));
  EXPECT_TRUE(is_cut(*client));
}

TEST_F(HTTP2SilenceTest, a_client_that_has_ended_its_side_is_not_asked) {
  auto client = hold_raw();
  client->stream().shutdown_write();
  pass(minutes(10));
  EXPECT_EQ(pings(*client), 0u);
  EXPECT_FALSE(dropped_);
  answer(*held_[0], "late");
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2SilenceTest, its_answer_is_not_that_of_a_drain) {
  auto client = hold_raw();
  while (pings(*client) == 0) pass(seconds(1));
  const std::string pong = http2::frame(http2::kPingFrame, http2::kAck, 0, std::string(8, '\0'));
  server_->stop(std::chrono::hours(1), [] {});
  settle();
  EXPECT_EQ(pings(*client), 2u);
  client->send(pong);
  settle();
  EXPECT_EQ(last_frame(*client), "PING") << "the first is not meant";
  client->send(http2::get(3));
  settle();
  EXPECT_EQ(held_.size(), 2u) << "it was on its way";
  client->send(pong);
  settle();
  EXPECT_EQ(last_frame(*client), "GOAWAY 3 NO_ERROR");
}

TEST_F(HTTP2SilenceTest, a_stream_that_ends_while_life_is_waited_for_leaves_an_idle_connection) {
  auto client = hold_raw();
  while (pings(*client) == 0) pass(seconds(1));
  answer(*held_[0], "done");
  settle();
  client->send(http2::frame(http2::kPingFrame, http2::kAck, 0, std::string(8, '\0')));
  pass(seconds(70));
  EXPECT_FALSE(client->ended());
  pass(seconds(10));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(last_frame(*client), "GOAWAY 1 NO_ERROR");
}

// ---- clients that ping ----

class HTTP2PingsTest : public HTTP2SilenceTest {
 protected:
  HTTP2PingsTest() {
    options_.http2.keepalive_interval = Duration::zero();
    options_.http2.min_ping_interval = minutes(5);
    options_.http2.max_ping_strikes = 2;
  }
  static void ping(RawClient& client) {
    client.send(http2::frame(http2::kPingFrame, 0, 0, "12345678"));
  }
};

TEST_F(HTTP2PingsTest, too_many_end_the_connection_with_the_words_of_grpc) {
  auto client = hold_raw();
  for (int i = 0; i < 3; ++i) {
    ping(*client);
    pass(minutes(1));
    EXPECT_FALSE(client->ended()) << i;
  }
  ping(*client);
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(last_frame(*client), "GOAWAY 1 ENHANCE_YOUR_CALM");
  EXPECT_TRUE(ends_with(client->received(), "too_many_pings"));
  EXPECT_TRUE(dropped_);
  EXPECT_EQ(server_->counters().http2_abuses[static_cast<size_t>(http2::Abuse::kPings)], 1u);
}

TEST_F(HTTP2PingsTest, those_that_keep_the_interval_are_free) {
  auto client = hold_raw();
  for (int i = 0; i < 10; ++i) {
    ping(*client);
    pass(seconds(301));
  }
  EXPECT_FALSE(client->ended());
}

TEST_F(HTTP2PingsTest, those_between_requests_and_answers_are_free) {
  auto client = hold_raw();
  for (uint32_t i = 0; i < 10; ++i) {
    ping(*client);
    client->send(http2::get(3 + 2 * i));
    settle();
    ping(*client);
    held_.back()->write("some");
    held_.back()->flush();
    settle();
    ping(*client);
  }
  settle();
  EXPECT_FALSE(client->ended());
}

TEST_F(HTTP2PingsTest, an_answer_in_between_forgives_those_before) {
  auto client = hold_raw();
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 3; ++k) ping(*client);
    settle();
    held_[0]->write("some");
    held_[0]->flush();
    settle();
  }
  EXPECT_FALSE(client->ended());
  for (int k = 0; k < 4; ++k) ping(*client);
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2PingsTest, without_the_option_all_are_free) {
  options_.http2.min_ping_interval = HTTP2Options().min_ping_interval;
  auto client = hold_raw();
  for (int i = 0; i < 100; ++i) ping(*client);
  settle();
  EXPECT_FALSE(client->ended());
}

// ---- the end ----

TEST_F(HTTP2TimesTest, a_client_that_does_not_close_behind_our_end_is_cut) {
  serve(echo_path_, usual());
  HTTP2Client client(std::make_unique<IOStream>(connect_in_memory(), &loop_,
                                                IOStreamOptions{.allow_half_open = true}));
  ASSERT_TRUE(lives(client));
  pass(seconds(78));
  ASSERT_TRUE(client.ended());
  client.stream().write("?");
  settle();
  EXPECT_FALSE(client_end_->was_reset());
  pass(seconds(7));
  client.stream().write("?");
  settle();
  EXPECT_TRUE(client_end_->was_reset());
}

}  // namespace
}  // namespace turbo
