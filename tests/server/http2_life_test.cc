// How HTTP/2 connections and their streams end, from either side, and at what age.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/http2_client.h"

namespace turbo {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class HTTP2LifeTest : public HTTP2Fixture {
 protected:
  // Asks, and waits until the handler has it; `dropped` tells of its end.
  ScriptedStream& hold_one(HTTP2Client& client, bool* dropped) {
    const size_t before = held_.size();
    ScriptedStream& call = client.get("/");
    EXPECT_TRUE(run_until([&] { return held_.size() == before + 1; }));
    held_.back()->attach(std::make_unique<Dropped>(dropped));
    return call;
  }

  std::unique_ptr<RawClient> ask_raw(std::string_view frames) {
    auto client = connect();
    client->send(http2::greeting() + std::string(frames));
    settle();
    return client;
  }

  static bool has(const RawClient& client, std::string_view line) {
    const std::vector<std::string> frames = http2::frames_in(client.received());
    return std::find(frames.begin(), frames.end(), line) != frames.end();
  }

  static std::string pong(const RawClient& client) {
    std::string_view bytes = client.received();
    for (http2::SeenFrame seen; http2::next_frame(bytes, seen);) {
      if (seen.type == http2::kPingFrame && (seen.flags & http2::kAck) == 0) {
        return http2::frame(http2::kPingFrame, http2::kAck, 0, seen.payload);
      }
    }
    ADD_FAILURE() << "no PING";
    return "";
  }

  void stop(Duration deadline = hours(1)) {
    server_->stop(deadline, [this] { stopped_ = true; });
    settle();
  }
  bool stops() {
    return run_until([&] { return stopped_; });
  }

  bool stopped_ = false;
};

// ---- the client ends ----

TEST_F(HTTP2LifeTest, a_reset_destroys_the_handler_and_tells_it_before) {
  serve(holding_);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  bool told = false;
  held_[0]->on_peer_shut([&] {
    EXPECT_FALSE(dropped);
    told = true;
  });
  settle();
  EXPECT_FALSE(told) << "that no body follows is no end of the client";
  client->reset(call);
  ASSERT_TRUE(run_until([&] { return dropped; }));
  EXPECT_TRUE(told);
  (void)client->get("/");
  EXPECT_TRUE(run_until([&] { return held_.size() == 2; }));
}

TEST_F(HTTP2LifeTest, a_reset_in_the_middle_of_an_answer_destroys_the_handler) {
  serve(holding_);
  http2::SessionOptions options;
  options.stream_window_bytes = 1000;
  for (bool finishes : {false, true}) {
    auto client = ask_http2(options);
    client->hold_windows();
    bool dropped = false;
    ScriptedStream& call = hold_one(*client, &dropped);
    held_.back()->write(std::string(10'000, 'x'));
    finishes ? held_.back()->finish() : held_.back()->flush();
    held_.back()->when_output_left([] {});  // which will not happen
    ASSERT_TRUE(run_until([&] { return call.body.size() == 1000; }));
    EXPECT_FALSE(dropped);
    client->reset(call);
    EXPECT_TRUE(run_until([&] { return dropped; })) << finishes;
  }
}

TEST_F(HTTP2LifeTest, a_handler_may_answer_when_it_is_told_of_the_end) {
  serve(holding_);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  held_[0]->on_peer_shut([this] { answer(*held_[0], "too late"); });
  client->reset(call);
  EXPECT_TRUE(run_until([&] { return dropped; }));
  (void)client->get("/");
  EXPECT_TRUE(run_until([&] { return held_.size() == 2; }));
}

TEST_F(HTTP2LifeTest, a_client_that_vanishes_takes_all_its_streams_along) {
  serve(holding_);
  auto client = ask_http2();
  std::array<bool, 3> dropped{};
  int told = 0;
  for (bool& one : dropped) {
    (void)hold_one(*client, &one);
    held_.back()->on_peer_shut([&] { ++told; });
  }
  held_[1]->write("finished, not released");
  held_[1]->finish();
  settle();
  vanish();
  settle();
  EXPECT_TRUE(dropped[0] && dropped[1] && dropped[2]);
  EXPECT_EQ(told, 2) << "one was through";
}

TEST_F(HTTP2LifeTest, a_client_that_ends_its_side_is_told_of_and_answered) {
  serve(holding_);
  auto client = ask_raw(http2::get(1) + http2::get(3));
  ASSERT_EQ(held_.size(), 2u);
  bool told = false;
  held_[0]->on_peer_shut([&] { told = true; });
  settle();
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return told; }));
  bool told_later = false;
  held_[1]->on_peer_shut([&] { told_later = true; });
  EXPECT_TRUE(run_until([&] { return told_later; })) << "it has gone already";
  answer(*held_[0], "one");
  settle();
  EXPECT_FALSE(client->ended());
  answer(*held_[1], "two");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(has(*client, "DATA 1 [3] end"));
  EXPECT_TRUE(has(*client, "DATA 3 [3] end"));
}

TEST_F(HTTP2LifeTest, a_client_that_says_goodbye_is_answered_before_the_end) {
  serve(holding_);
  auto client = ask_raw(
      http2::get(1) + http2::frame(http2::kGoAwayFrame, 0, 0, http2::number(0) + http2::number(0)));
  ASSERT_EQ(held_.size(), 1u);
  answer(*held_[0], "one");
  ASSERT_TRUE(run_until([&] { return has(*client, "DATA 1 [3] end"); }));
}

TEST_F(HTTP2LifeTest, what_is_no_frame_ends_the_connection_with_a_reason) {
  serve(holding_);
  auto client = ask_raw(http2::get(1));
  ASSERT_EQ(held_.size(), 1u);
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  client->send(http2::data(0, "for no stream"));
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(has(*client, "GOAWAY 1 PROTOCOL_ERROR"));
  EXPECT_TRUE(dropped);
}

TEST_F(HTTP2LifeTest, what_still_comes_behind_our_end_is_dropped_up_to_a_limit) {
  HTTPServerOptions options;
  options.linger_bytes = 100'000;
  serve(holding_, options);
  IOStream client(connect_in_memory(), &loop_, IOStreamOptions{.allow_half_open = true});
  client.write(http2::greeting() + http2::data(0, "for no stream"));
  bool ended = false;
  client.read_until_close([&](absl::StatusOr<Buffer>) { ended = true; });
  ASSERT_TRUE(run_until([&] { return ended; }));
  client.write(std::string(50'000, 'x'));
  settle();
  EXPECT_FALSE(client_end_->was_reset());
  client.write(std::string(60'000, 'x'));
  settle();
  client.write("?");
  settle();
  EXPECT_TRUE(client_end_->was_reset());
}

// ---- handlers that hold on ----

TEST_F(HTTP2LifeTest, exchanges_that_are_held_behind_their_answers_go_with_the_connection) {
  serve(holding_);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  held_[0]->finish();
  ASSERT_TRUE(closed(call));
  settle();
  EXPECT_FALSE(dropped);
  vanish();
  EXPECT_TRUE(run_until([&] { return dropped; }));
}

TEST_F(HTTP2LifeTest, output_has_left_behind_the_end_of_the_stream_too) {
  serve(holding_);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  held_[0]->write("all");
  held_[0]->finish();
  ASSERT_TRUE(closed(call));
  held_[0]->when_output_left([this] { held_[0]->release(); });
  EXPECT_TRUE(run_until([&] { return dropped; }));
}

TEST_F(HTTP2LifeTest, the_server_may_be_destroyed_with_streams_open) {
  serve(holding_);
  auto client = ask_http2();
  std::array<bool, 3> dropped{};
  ScriptedStream& closed_one = hold_one(*client, &dropped[0]);
  held_[0]->finish();
  ASSERT_TRUE(closed(closed_one));
  (void)hold_one(*client, &dropped[1]);
  held_[1]->write(std::string(10'000'000, 'x'));
  held_[1]->flush();
  (void)hold_one(*client, &dropped[2]);
  (void)client->open("/");
  settle();
  server_.reset();
  EXPECT_TRUE(dropped[0] && dropped[1] && dropped[2]);
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

// ---- the server stops ----

TEST_F(HTTP2LifeTest, a_drain_has_two_phases) {
  serve(echo_path_);
  auto client = ask_raw(http2::get(1));
  stop();
  EXPECT_TRUE(has(*client, "GOAWAY 2147483647 NO_ERROR"));
  EXPECT_FALSE(client->ended());
  // It was on its way when we said so.
  client->send(http2::get(3));
  settle();
  EXPECT_TRUE(has(*client, "DATA 3 [1] end"));
  client->send(pong(*client));
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(has(*client, "GOAWAY 3 NO_ERROR"));
  EXPECT_TRUE(stops());
}

TEST_F(HTTP2LifeTest, requests_in_hand_are_answered_before_the_end) {
  serve(holding_);
  auto client = ask_raw(http2::get(1));
  stop();
  client->send(pong(*client) + http2::get(3));
  settle();
  EXPECT_TRUE(has(*client, "GOAWAY 1 NO_ERROR"));
  EXPECT_EQ(held_.size(), 1u) << "the other came too late, and its client knows";
  pass(seconds(60));
  EXPECT_FALSE(client->ended());
  answer(*held_[0], "late");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(has(*client, "DATA 1 [4] end"));
  EXPECT_TRUE(stops());
}

TEST_F(HTTP2LifeTest, idle_connections_end_at_once) {
  serve(echo_path_);
  auto client = ask_http2();
  ASSERT_TRUE(lives(*client));
  stop();
  EXPECT_TRUE(stops());
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(client->heard().front(), "goaway NO_ERROR 2147483647");
}

TEST_F(HTTP2LifeTest, a_client_that_does_not_answer_the_ping_is_ended_soon) {
  HTTPServerOptions options;
  options.linger_timeout = seconds(5);
  serve(echo_path_, options);
  auto client = ask_raw(http2::get(1));
  stop();
  pass(seconds(3));
  EXPECT_FALSE(client->ended());
  pass(seconds(4));
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(has(*client, "GOAWAY 1 NO_ERROR"));
  EXPECT_TRUE(stops());
}

TEST_F(HTTP2LifeTest, the_deadline_of_a_drain_cuts_what_is_left) {
  serve(holding_);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  stop(seconds(10));
  pass(seconds(8));
  EXPECT_FALSE(dropped);
  pass(seconds(4));
  EXPECT_TRUE(stops());
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(call.head, "");
}

TEST_F(HTTP2LifeTest, a_connection_that_becomes_http2_during_a_drain_ends_as_the_others) {
  serve(echo_path_);
  const std::string all = http2::greeting() + http2::get(1);
  auto client = connect();
  client->send(all.substr(0, 10));
  settle();
  stop();
  client->send(all.substr(10));
  ASSERT_TRUE(run_until([&] { return has(*client, "DATA 1 [1] end"); }));
  settle();
  EXPECT_TRUE(has(*client, "GOAWAY 2147483647 NO_ERROR"));
  client->send(pong(*client));
  EXPECT_TRUE(stops());
}

// ---- connections that have served enough ----

TEST_F(HTTP2LifeTest, a_connection_has_so_many_requests) {
  HTTPServerOptions options;
  options.max_requests_per_connection = 3;
  serve(echo_path_, options);
  auto client = ask_http2();
  EXPECT_TRUE(lives(*client) && lives(*client));
  settle();
  EXPECT_TRUE(client->heard().empty());
  EXPECT_TRUE(lives(*client));
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(client->heard().front(), "goaway NO_ERROR 2147483647");
}

TEST_F(HTTP2LifeTest, requests_beyond_the_last_that_were_on_their_way_are_answered) {
  HTTPServerOptions options;
  options.max_requests_per_connection = 2;
  serve(echo_path_, options);
  auto client = ask_http2();
  std::vector<ScriptedStream*> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(&client->get("/"));
  for (const ScriptedStream* call : calls) {
    ASSERT_TRUE(answered(*call));
    EXPECT_EQ(call->end, "end");
  }
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2LifeTest, a_connection_has_its_age) {
  HTTPServerOptions options;
  options.max_connection_age = seconds(100);
  serve(echo_path_, options);
  auto client = ask_http2();
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(lives(*client));
    pass(seconds(20));
    EXPECT_FALSE(client->ended());
  }
  pass(seconds(35));
  EXPECT_FALSE(client->ended()) << "nothing is asked of it";
  EXPECT_TRUE(lives(*client));
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2LifeTest, ages_are_a_tenth_more_or_less) {
  HTTPServerOptions options;
  options.max_connection_age = seconds(60);
  serve(echo_path_, options);
  std::vector<std::unique_ptr<HTTP2Client>> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(ask_http2());
  const auto told = [&] {
    for (auto& client : clients) EXPECT_TRUE(lives(*client) || client->ended());
    settle();
    return std::count_if(clients.begin(), clients.end(),
                         [](const auto& client) { return !client->heard().empty(); });
  };
  pass(seconds(53));
  EXPECT_EQ(told(), 0);
  pass(seconds(7));
  const auto some = told();
  EXPECT_TRUE(some > 0 && some < 30) << some;
  pass(seconds(7));
  EXPECT_EQ(told(), 30);
}

TEST_F(HTTP2LifeTest, a_connection_grows_old_though_its_stream_lasts) {
  HTTPServerOptions options;
  options.max_connection_age = seconds(100);
  options.handler_timeout = Duration::zero();
  options.write_timeout = seconds(10);
  serve(holding_, options);
  auto client = ask_http2();
  bool dropped = false;
  ScriptedStream& call = hold_one(*client, &dropped);
  pass(seconds(88));
  EXPECT_TRUE(client->heard().empty());
  pass(seconds(34));
  ASSERT_FALSE(client->heard().empty());
  EXPECT_EQ(client->heard().front(), "goaway NO_ERROR 2147483647");
  pass(hours(1));
  EXPECT_FALSE(dropped) << "without a grace it takes its time";
  answer(*held_[0], "late");
  ASSERT_TRUE(answered(call));
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2LifeTest, a_grace_cuts_what_runs_on_an_old_connection) {
  HTTPServerOptions options;
  options.max_connection_age = seconds(100);
  options.handler_timeout = Duration::zero();
  options.write_timeout = seconds(10);
  options.http2.max_connection_age_grace = seconds(30);
  serve(holding_, options);
  auto client = ask_http2();
  bool dropped = false;
  (void)hold_one(*client, &dropped);
  while (client->heard().empty()) pass(seconds(1));
  pass(seconds(28));
  EXPECT_FALSE(dropped);
  pass(seconds(3));
  EXPECT_TRUE(dropped);
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
}

TEST_F(HTTP2LifeTest, a_connection_that_ends_within_its_grace_is_no_matter_of_it) {
  HTTPServerOptions options;
  options.max_connection_age = seconds(100);
  options.http2.max_connection_age_grace = seconds(30);
  serve(echo_path_, options);
  auto client = ask_http2();
  pass(seconds(60));
  EXPECT_TRUE(lives(*client));
  pass(seconds(60));
  EXPECT_TRUE(lives(*client));
  EXPECT_TRUE(run_until([&] { return client->ended(); }));
  client.reset();
  pass(seconds(60));
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(HTTP2LifeTest, zero_requests_are_as_many_as_there_come) {
  HTTPServerOptions options;
  options.max_requests_per_connection = 0;
  serve(echo_path_, options);
  auto client = ask_http2();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(lives(*client));
  settle();
  EXPECT_TRUE(client->heard().empty());
}

// ---- abuse: that it is counted; what it is, tests/http2 looks at ----

TEST_F(HTTP2LifeTest, abuses_end_the_connection_and_are_counted) {
  struct Case {
    http2::Abuse abuse;
    std::string frames;
  };
  std::string resets;
  for (uint32_t stream = 1; stream < 1000; stream += 2) {
    resets += http2::get(stream) + http2::frame(http2::kResetFrame, 0, stream, http2::number(8));
  }
  const std::vector<Case> cases = {
      {http2::Abuse::kResets, resets},
      {http2::Abuse::kPings, repeat(http2::frame(http2::kPingFrame, 0, 0, "12345678"), 600)},
      {http2::Abuse::kSettings, repeat(http2::settings({{4, 100}}), 200)}};
  serve(holding_);
  for (const Case& one : cases) {
    auto client = connect();
    client->send(http2::greeting() + one.frames);
    ASSERT_TRUE(run_until([&] { return client->ended(); })) << http2::abuse_name(one.abuse);
    EXPECT_TRUE(contains(http2::frames_in(client->received()).back(), "ENHANCE_YOUR_CALM"));
  }
  const HTTPServerCounters counters = server_->counters();
  uint64_t sum = 0;
  for (const Case& one : cases) EXPECT_EQ(counters.http2_abuses[size_t(one.abuse)], 1u);
  for (uint64_t count : counters.http2_abuses) sum += count;
  EXPECT_EQ(sum, cases.size());
}

TEST_F(HTTP2LifeTest, streams_beyond_the_limit_are_refused_and_the_others_served) {
  HTTPServerOptions options;
  options.http2.session.max_concurrent_streams = 5;
  serve(holding_, options);
  std::string frames;
  for (uint32_t stream = 1; stream < 20; stream += 2) frames += http2::get(stream);
  auto client = ask_raw(frames);
  EXPECT_EQ(held_.size(), 5u);
  EXPECT_TRUE(has(*client, "RST_STREAM 11 REFUSED_STREAM"));
  for (Exchange* exchange : held_) answer(*exchange, "served");
  ASSERT_TRUE(run_until([&] { return has(*client, "DATA 9 [6] end"); }));
}

}  // namespace
}  // namespace turbo
