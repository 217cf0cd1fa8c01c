// HTTP2ClientConnection against a server of raw frames in memory: what is done for each thing a
// server can say, and when.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/buffer/block_pool.h"
#include "framework/client/http2_client_connection.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"
#include "tests/client/scripted_client_stream.h"
#include "tests/http2/frames.h"

namespace turbo {
namespace {

using http2::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint32_t kMaxStreams = 3;  // SETTINGS_MAX_CONCURRENT_STREAMS

class HTTP2ClientConnectionTest : public testing::Test {
 protected:
  void begin(FaultPlan plan = {}) {
    MemoryPair pair = make_memory_pair(std::move(plan));
    server_ = std::move(pair.b);
    connection_ = std::make_unique<HTTP2ClientConnection>(loop_, handler_, options_);
    connection_->start(std::move(pair.a));
  }
  // With a server that has greeted.
  void begin_ready(const std::vector<std::pair<uint32_t, uint32_t>>& settings = {}) {
    begin();
    say(http2::settings(settings));
    ASSERT_TRUE(connection_->ready());
    forget_frames();
  }

  void settle() { run_loop_idle(loop_, 20); }
  void say(std::string_view frames) {
    ASSERT_TRUE(server_->send(frames));
    settle();
  }
  // What the client has sent since, without its preface and SETTINGS.
  std::vector<std::string> frames() {
    settle();
    received_ += server_->receive();
    std::string_view bytes = received_;
    if (bytes.starts_with(http2::kPreface)) bytes.remove_prefix(http2::kPreface.size());
    std::vector<std::string> lines = http2::frames_in(bytes);
    received_.clear();
    std::erase_if(lines, [](const std::string& line) {
      return line.starts_with("SETTINGS") || line.starts_with("WINDOW_UPDATE 0");
    });
    return lines;
  }
  void forget_frames() { frames(); }
  void pass(Duration time) {
    clock_.advance(time);
    settle();
  }

  ScriptedClientStream& open(std::string path = "/", std::string body = {}) {
    ScriptedClientStream& stream = streams_.emplace_back(std::move(path), std::move(body));
    EXPECT_TRUE(connection_->open(stream).ok());
    return stream;
  }
  static std::string answer(uint32_t stream, std::string_view body = {}) {
    const uint8_t flags = body.empty() ? http2::kEndStream : uint8_t{0};
    std::string frames = http2::headers(stream, {{":status", "200"}}, flags);
    if (!body.empty()) frames += http2::data(stream, body, http2::kEndStream);
    return frames;
  }
  static std::string go_away(uint32_t last, ErrorCode why = ErrorCode::kNoError) {
    return http2::frame(http2::kGoAwayFrame, 0, 0,
                        http2::number(last) + http2::number(static_cast<uint32_t>(why)));
  }
  static std::string reset(uint32_t stream, ErrorCode why) {
    return http2::frame(http2::kResetFrame, 0, stream, http2::number(static_cast<uint32_t>(why)));
  }

  FakeClock clock_;
  IOLoop loop_{IOLoopOptions{.clock = &clock_}};
  HTTP2ClientOptions options_;
  RecordingHandler handler_;
  std::deque<ScriptedClientStream> streams_;
  std::unique_ptr<MemoryTransport> server_;
  std::unique_ptr<HTTP2ClientConnection> connection_;
  std::string received_;
};

using Lines = std::vector<std::string>;

// ---- requests ----

TEST_F(HTTP2ClientConnectionTest, nothing_but_the_greeting_leaves_before_the_server_greets) {
  begin();
  const ScriptedClientStream& call = open();
  EXPECT_EQ(frames(), Lines());
  EXPECT_EQ(call.asked, 0u);
  EXPECT_FALSE(connection_->served());
  EXPECT_EQ(connection_->queued_streams(), 1u);
  say(http2::settings());
  EXPECT_EQ(handler_.heard, Lines{"ready"});
  EXPECT_EQ(frames(), Lines{"HEADERS 1 end"});
  say(answer(1, "hello"));
  EXPECT_EQ(call.outcome(), "200 hello");
  EXPECT_TRUE(connection_->served());
}

TEST_F(HTTP2ClientConnectionTest, what_a_turn_asks_for_leaves_in_one_write) {
  begin_ready();
  connection_.reset();
  MemoryPair pair = make_memory_pair();
  MemoryTransport* const client = pair.a.get();
  server_ = std::move(pair.b);
  connection_ = std::make_unique<HTTP2ClientConnection>(loop_, handler_, options_);
  connection_->start(std::move(pair.a));
  say(http2::settings());
  const size_t before = client->steps(Step::kWrite);
  for (int i = 0; i < 20; ++i) open("/", "body");
  settle();
  EXPECT_EQ(client->steps(Step::kWrite), before + 1);
  EXPECT_EQ(frames().size(), 40u);
}

TEST_F(HTTP2ClientConnectionTest, a_body_is_sent_as_the_windows_open) {
  begin_ready({{4, 10}});  // SETTINGS_INITIAL_WINDOW_SIZE
  open("/", "twelve bytes");
  EXPECT_EQ(frames(), (Lines{"HEADERS 1", "DATA 1 [10]"}));
  say(http2::frame(http2::kWindowUpdateFrame, 0, 1, http2::number(5)));
  EXPECT_EQ(frames(), Lines{"DATA 1 [2] end"});
}

TEST_F(HTTP2ClientConnectionTest, a_body_goes_on_when_it_is_resumed) {
  begin_ready();
  ScriptedClientStream& call = streams_.emplace_back();
  call.to_send_ends = false;
  ASSERT_TRUE(connection_->open(call).ok());
  EXPECT_EQ(frames(), Lines{"HEADERS 1"});
  call.to_send = "more";
  call.to_send_ends = true;
  call.resume();
  EXPECT_EQ(frames(), Lines{"DATA 1 [4] end"});
}

TEST_F(HTTP2ClientConnectionTest, what_is_not_consumed_keeps_the_window_shut) {
  options_.session.stream_window_bytes = 1000;
  begin_ready();
  say(http2::frame(http2::kSettingsFrame, http2::kAck, 0));
  ScriptedClientStream& call = streams_.emplace_back();
  call.consumes = false;
  ASSERT_TRUE(connection_->open(call).ok());
  forget_frames();
  say(http2::headers(1, {{":status", "200"}}, 0) + http2::data(1, std::string(1000, 'x')));
  EXPECT_EQ(frames(), Lines());
  call.consume(1000);
  EXPECT_EQ(frames(), Lines{"WINDOW_UPDATE 1 1000"});
}

// ---- the limit of streams ----

TEST_F(HTTP2ClientConnectionTest, streams_wait_while_the_server_allows_no_more) {
  begin_ready({{kMaxStreams, 2}});
  const ScriptedClientStream& first = open();
  open();
  const ScriptedClientStream& third = open();
  EXPECT_EQ(frames(), (Lines{"HEADERS 1 end", "HEADERS 3 end"}));
  EXPECT_EQ(connection_->queued_streams(), 1u);
  say(answer(1));
  EXPECT_EQ(first.outcome(), "200 ");
  EXPECT_EQ(frames(), Lines{"HEADERS 5 end"});
  EXPECT_EQ(third.asked, 1u);
}

TEST_F(HTTP2ClientConnectionTest, a_new_limit_lets_those_that_wait_go) {
  begin_ready({{kMaxStreams, 0}});
  open();
  open();
  EXPECT_EQ(frames(), Lines());
  say(http2::settings({{kMaxStreams, 2}}));
  EXPECT_EQ(frames(), (Lines{"HEADERS 1 end", "HEADERS 3 end"}));
}

TEST_F(HTTP2ClientConnectionTest, only_so_many_streams_wait) {
  options_.max_queued_streams = 2;
  begin_ready({{kMaxStreams, 1}});
  open();
  open();
  open();
  ScriptedClientStream& fourth = streams_.emplace_back();
  EXPECT_TRUE(absl::IsResourceExhausted(connection_->open(fourth)));
  EXPECT_EQ(fourth.connection(), nullptr);
  EXPECT_EQ(fourth.outcome(), "open");
}

TEST_F(HTTP2ClientConnectionTest, one_that_waits_is_withdrawn_without_a_frame) {
  begin_ready({{kMaxStreams, 1}});
  open();
  ScriptedClientStream& second = open();
  forget_frames();
  second.reset(ErrorCode::kCancel);
  EXPECT_EQ(second.outcome(), "open") << "never inside the call";
  second.reset(ErrorCode::kCancel);
  EXPECT_EQ(frames(), Lines());
  EXPECT_EQ(second.outcome(), "CANCEL");
  EXPECT_EQ(second.finishes, 1u);
  EXPECT_EQ(connection_->queued_streams(), 0u);
}

TEST_F(HTTP2ClientConnectionTest, a_stream_may_be_opened_again) {
  begin_ready();
  ScriptedClientStream& call = open();
  say(answer(1, "one"));
  call.body.clear();
  ASSERT_TRUE(connection_->open(call).ok());
  say(answer(3, "two"));
  EXPECT_EQ(call.outcome(), "200 two");
  EXPECT_EQ(call.finishes, 2u);
}

// ---- resets ----

TEST_F(HTTP2ClientConnectionTest, a_reset_by_either_side_ends_one_stream) {
  begin_ready();
  ScriptedClientStream& ours = open();
  const ScriptedClientStream& theirs = open();
  const ScriptedClientStream& good = open();
  forget_frames();
  ours.reset(ErrorCode::kCancel);
  EXPECT_EQ(frames(), Lines{"RST_STREAM 1 CANCEL"});
  say(reset(3, ErrorCode::kRefusedStream) + answer(5));
  EXPECT_EQ(ours.outcome(), "CANCEL");
  EXPECT_EQ(theirs.outcome(), "REFUSED_STREAM by server, refused");
  EXPECT_EQ(good.outcome(), "200 ");
}

TEST_F(HTTP2ClientConnectionTest, an_answer_before_the_request_has_ended_is_a_good_one) {
  begin_ready();
  ScriptedClientStream& call = streams_.emplace_back();
  call.to_send_ends = false;
  ASSERT_TRUE(connection_->open(call).ok());
  settle();
  say(answer(1, "enough") + reset(1, ErrorCode::kNoError));
  EXPECT_EQ(call.outcome(), "200 enough by server");
  EXPECT_TRUE(call.ended);
}

// ---- GOAWAY ----

TEST_F(HTTP2ClientConnectionTest, a_go_away_refuses_what_is_above_it_and_lets_the_rest_end) {
  begin_ready({{kMaxStreams, 2}});
  const ScriptedClientStream& first = open();
  const ScriptedClientStream& second = open();
  const ScriptedClientStream& waiting = open();
  forget_frames();
  say(go_away(1));
  EXPECT_EQ(handler_.heard, (Lines{"ready", "leaving"}));
  EXPECT_EQ(first.outcome(), "open");
  EXPECT_EQ(second.outcome(), "REFUSED_STREAM by server, refused");
  EXPECT_EQ(waiting.outcome(), "REFUSED_STREAM, refused");
  EXPECT_EQ(waiting.asked, 0u);
  ScriptedClientStream late;
  EXPECT_TRUE(absl::IsUnavailable(connection_->open(late)));
  say(answer(1, "done"));
  EXPECT_EQ(first.outcome(), "200 done");
  EXPECT_EQ(handler_.heard, (Lines{"ready", "leaving", "ended: OK"}));
  EXPECT_TRUE(server_->at_end());
}

TEST_F(HTTP2ClientConnectionTest, a_go_away_for_an_error_is_told) {
  begin_ready();
  say(go_away(0, ErrorCode::kEnhanceYourCalm));
  const std::string why = "UNAVAILABLE: the server ended the connection: ENHANCE_YOUR_CALM";
  EXPECT_EQ(handler_.heard, (Lines{"ready", "leaving: " + why, "ended: " + why}));
}

TEST_F(HTTP2ClientConnectionTest, draining_lets_open_streams_end_and_refuses_those_that_wait) {
  begin_ready({{kMaxStreams, 1}});
  const ScriptedClientStream& call = open();
  const ScriptedClientStream& waiting = open();
  forget_frames();
  connection_->drain(seconds(10));
  EXPECT_EQ(frames(), Lines{"GOAWAY 0 NO_ERROR"});
  EXPECT_EQ(waiting.outcome(), "REFUSED_STREAM, refused");
  EXPECT_FALSE(connection_->accepts());
  say(answer(1, "last"));
  EXPECT_EQ(call.outcome(), "200 last");
  EXPECT_TRUE(handler_.heard_of("ended: OK"));
}

TEST_F(HTTP2ClientConnectionTest, draining_takes_no_longer_than_it_may) {
  begin_ready();
  const ScriptedClientStream& call = open();
  connection_->drain(seconds(10));
  pass(milliseconds(9999));
  EXPECT_EQ(call.outcome(), "open");
  pass(milliseconds(1));
  EXPECT_EQ(call.outcome(), "UNAVAILABLE: the connection was not drained in time");
  server_->receive();
  EXPECT_TRUE(server_->at_end());
}

// ---- how it is lost ----

TEST_F(HTTP2ClientConnectionTest, streams_of_a_lost_connection_are_told_so) {
  begin_ready({{kMaxStreams, 1}});
  const ScriptedClientStream& call = open();
  const ScriptedClientStream& waiting = open();
  settle();
  server_->reset();
  settle();
  EXPECT_TRUE(call.outcome().starts_with("UNAVAILABLE: ")) << call.outcome();
  EXPECT_FALSE(call.end->refused);
  EXPECT_TRUE(waiting.end->refused);
  EXPECT_FALSE(waiting.end->lost.ok());
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE"));
}

TEST_F(HTTP2ClientConnectionTest, the_end_of_one_stream_may_touch_those_that_are_lost_with_it) {
  begin_ready();
  ScriptedClientStream& first = open("/1");
  ScriptedClientStream& second = open("/2", "body");
  settle();
  first.when_finished = [&second] {
    second.consume(1);
    second.resume();
    second.reset(ErrorCode::kCancel);
  };
  server_->reset();
  settle();
  EXPECT_EQ(second.finishes, 1u);
  EXPECT_TRUE(second.outcome().starts_with("UNAVAILABLE")) << second.outcome();
}

TEST_F(HTTP2ClientConnectionTest, one_that_is_refused_may_withdraw_another) {
  begin_ready({{kMaxStreams, 1}});
  open();
  ScriptedClientStream& second = open();
  ScriptedClientStream& third = open();
  second.when_finished = [&third] { third.reset(ErrorCode::kCancel); };
  connection_->drain(seconds(1));
  settle();
  EXPECT_TRUE(second.end->refused);
  EXPECT_EQ(third.outcome(), "CANCEL");
  EXPECT_EQ(third.finishes, 1u);
  EXPECT_EQ(connection_->queued_streams(), 0u);
}

TEST_F(HTTP2ClientConnectionTest, a_request_that_never_left_is_refused_with_its_connection) {
  begin_ready();
  const ScriptedClientStream& sent = open();
  settle();
  const ScriptedClientStream& unsent = open();
  connection_->close();  // before what the turn asked for leaves
  settle();
  EXPECT_FALSE(sent.end->refused);
  EXPECT_TRUE(unsent.end->refused);
  EXPECT_FALSE(unsent.end->lost.ok());
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_closes_is_told_of) {
  begin_ready();
  const ScriptedClientStream& call = open();
  settle();
  server_->shutdown_write().IgnoreError();
  settle();
  EXPECT_EQ(call.outcome(), "UNAVAILABLE: the server closed the connection");
}

TEST_F(HTTP2ClientConnectionTest, who_answers_in_another_protocol_is_refused) {
  begin();
  const ScriptedClientStream& call = open();
  say("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(call.asked, 0u);
  EXPECT_TRUE(call.end->refused);
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE: the server broke the protocol"));
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_breaks_the_protocol_is_told_and_left) {
  begin_ready();
  const ScriptedClientStream& call = open();
  forget_frames();
  say(http2::frame(http2::kPushFrame, http2::kEndHeaders, 1, http2::number(2)));
  EXPECT_EQ(frames(), Lines{"GOAWAY 0 PROTOCOL_ERROR"});
  EXPECT_EQ(call.outcome(), "UNAVAILABLE: the server broke the protocol");
}

TEST_F(HTTP2ClientConnectionTest, a_flooding_server_is_left) {
  begin_ready();
  for (int i = 0; i < 100 && !handler_.heard_of("ended"); ++i) {
    server_->send(http2::repeat(http2::frame(http2::kPingFrame, 0, 0, "12345678"), 1000));
    settle();
    server_->receive();
  }
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE: the server sent too many "));
}

// What came in the turn in which the connection ended.
TEST_F(HTTP2ClientConnectionTest, a_server_that_speaks_to_the_end_is_not_heard) {
  begin_ready();
  open();
  loop_.add_callback([this] {
    ASSERT_TRUE(server_->send(http2::frame(http2::kPingFrame, 0, 0, "12345678")));
    connection_->close();
  });
  settle();
  EXPECT_TRUE(handler_.heard_of("ended: CANCELLED"));
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_does_not_greet_is_given_up) {
  options_.connect_timeout = seconds(3);
  begin();
  const ScriptedClientStream& call = open();
  pass(milliseconds(2999));
  EXPECT_EQ(call.outcome(), "open");
  pass(milliseconds(1));
  EXPECT_EQ(call.outcome(), "UNAVAILABLE: the server did not greet in time, refused");
}

TEST_F(HTTP2ClientConnectionTest, close_ends_everything_later) {
  begin_ready();
  const ScriptedClientStream& call = open();
  settle();
  connection_->close();
  EXPECT_EQ(call.outcome(), "open");
  settle();
  EXPECT_TRUE(call.outcome().starts_with("CANCELLED")) << call.outcome();
  EXPECT_TRUE(handler_.heard_of("ended: CANCELLED"));
}

TEST_F(HTTP2ClientConnectionTest, destroying_it_tells_nobody) {
  begin_ready({{kMaxStreams, 1}});
  ScriptedClientStream& call = open();
  open();
  settle();
  connection_.reset();
  settle();
  EXPECT_EQ(call.outcome(), "open");
  EXPECT_EQ(call.connection(), nullptr);
  call.consume(0);
  call.resume();
  call.reset(ErrorCode::kCancel);
  EXPECT_EQ(handler_.heard, Lines{"ready"});
}

TEST_F(HTTP2ClientConnectionTest, one_that_was_withdrawn_from_a_destroyed_one_begins_anew) {
  begin_ready({{kMaxStreams, 1}});
  open();
  ScriptedClientStream& second = open();
  second.reset(ErrorCode::kCancel);
  connection_.reset();
  EXPECT_EQ(second.outcome(), "open");
  begin_ready({{kMaxStreams, 1}});
  open();
  EXPECT_TRUE(connection_->open(second).ok());
  second.reset(ErrorCode::kInternalError);
  settle();
  EXPECT_EQ(second.outcome(), "INTERNAL_ERROR");
}

TEST_F(HTTP2ClientConnectionTest, the_handler_may_destroy_it_later) {
  begin_ready();
  handler_.when_ended = [this] { loop_.delete_later(std::move(connection_)); };
  server_->reset();
  settle();
  EXPECT_EQ(connection_, nullptr);
}

// ---- time ----

TEST_F(HTTP2ClientConnectionTest, an_idle_connection_ends) {
  options_.idle_timeout = minutes(5);
  begin_ready();
  open();
  settle();
  pass(minutes(5));
  pass(minutes(5));
  EXPECT_TRUE(connection_->ready()) << "a stream is open";
  say(answer(1));
  pass(minutes(4));
  EXPECT_TRUE(connection_->ready());
  pass(minutes(1));
  EXPECT_TRUE(handler_.heard_of("ended: OK"));
  const Lines sent = frames();
  EXPECT_EQ(sent.back(), "GOAWAY 0 NO_ERROR");
}

TEST_F(HTTP2ClientConnectionTest, an_idle_connection_stays_if_it_may) {
  options_.idle_timeout = std::nullopt;
  begin_ready();
  EXPECT_EQ(loop_.armed_timers(), 0u);
  pass(std::chrono::hours(24));
  EXPECT_TRUE(connection_->ready());
}

TEST_F(HTTP2ClientConnectionTest, a_quiet_server_is_asked_whether_it_lives) {
  options_.keepalive = HTTP2Keepalive{.interval = seconds(60), .timeout = seconds(10)};
  begin_ready();
  pass(seconds(60));
  EXPECT_EQ(frames(), Lines()) << "no stream is open";
  open();
  forget_frames();
  pass(seconds(60));
  EXPECT_EQ(frames(), Lines{"PING"});
  say(http2::frame(http2::kPingFrame, http2::kAck, 0, std::string(8, '\0')));
  pass(seconds(59));
  EXPECT_EQ(frames(), Lines());
  pass(seconds(1));
  EXPECT_EQ(frames(), Lines{"PING"});
  pass(seconds(10));
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE: the server did not answer a keepalive PING"));
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_says_anything_is_not_asked) {
  options_.keepalive = HTTP2Keepalive{.interval = seconds(60), .timeout = seconds(10)};
  begin_ready();
  open();
  forget_frames();
  pass(seconds(59));
  say(http2::headers(1, {{":status", "200"}}, 0));
  pass(seconds(59));
  EXPECT_EQ(frames(), Lines());
}

TEST_F(HTTP2ClientConnectionTest, without_streams_it_is_asked_if_so_wanted) {
  options_.keepalive = HTTP2Keepalive{.interval = seconds(60), .without_streams = true};
  begin_ready();
  pass(seconds(60));
  EXPECT_EQ(frames(), Lines{"PING"});
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_was_asked_too_often_is_known_and_asked_less) {
  options_.keepalive = HTTP2Keepalive{.interval = seconds(10), .without_streams = true};
  begin_ready();
  EXPECT_FALSE(connection_->told_to_calm());
  say(go_away(0, ErrorCode::kEnhanceYourCalm));
  EXPECT_TRUE(connection_->told_to_calm());
  MemoryPair pair = make_memory_pair();
  server_ = std::move(pair.b);
  connection_ = std::make_unique<HTTP2ClientConnection>(loop_, handler_, options_);
  connection_->set_keepalive_interval(seconds(20));
  connection_->start(std::move(pair.a));
  say(http2::settings());
  forget_frames();
  pass(seconds(19));
  EXPECT_EQ(frames(), Lines());
  pass(seconds(2));
  EXPECT_EQ(frames().size(), 1u);
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_hangs_after_its_go_away_is_asked_too) {
  options_.keepalive = HTTP2Keepalive{.interval = seconds(60), .timeout = seconds(10)};
  begin_ready();
  const ScriptedClientStream& call = open();
  settle();
  say(go_away(1));
  pass(seconds(60));
  pass(seconds(60));
  pass(seconds(10));
  EXPECT_EQ(call.outcome(), "UNAVAILABLE: the server did not answer a keepalive PING");
}

TEST_F(HTTP2ClientConnectionTest, a_ready_connection_lets_its_loop_sleep) {
  begin_ready();
  open();
  settle();
  const SpinGuard guard(loop_);
  run_loop_idle(loop_, 50);
  EXPECT_EQ(guard.wakeups(), 0u);
  EXPECT_EQ(guard.completions(), 0u);
}

// ---- faults ----

// Whatever step of the transport fails: every stream is told once, and the connection ends.
TEST_F(HTTP2ClientConnectionTest, each_step_may_fail) {
  for (size_t step = 1; step <= 40; ++step) {
    SCOPED_TRACE(step);
    handler_.heard.clear();
    streams_.clear();
    size_t steps = 0;
    begin({.max_read = 7, .faults = {reset_step(step)}, .step_count = &steps});
    open("/", std::string(100, 'x'));
    open();
    server_->send(http2::settings());
    settle();
    server_->send(answer(1, "one") + answer(3, "two"));
    settle();
    for (const ScriptedClientStream& stream : streams_) EXPECT_LE(stream.finishes, 1u);
    if (steps < step) {
      EXPECT_EQ(streams_[0].outcome(), "200 one");
      EXPECT_EQ(streams_[1].outcome(), "200 two");
      return;
    }
    EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE"));
    for (const ScriptedClientStream& stream : streams_) EXPECT_EQ(stream.finishes, 1u);
  }
  FAIL() << "there are more steps than were tried";
}

TEST_F(HTTP2ClientConnectionTest, a_server_that_reads_slowly_gets_everything) {
  begin({.max_write = 1000});
  say(http2::settings({{4, 1 << 20}}) +
      http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(1 << 20)));
  forget_frames();
  open("/", std::string(400000, 'x'));
  size_t bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    loop_.run_once();
    bytes += server_->receive().size();
  }
  EXPECT_GE(bytes, 400000u);
  EXPECT_EQ(connection_->stream().write_buffer_size(), 0u);
}

TEST_F(HTTP2ClientConnectionTest, in_steady_state_nothing_is_allocated) {
  begin_ready();
  ScriptedClientStream& call = open("/a/path", "body");
  settle();
  uint32_t id = 1;
  uint64_t misses = 0;
  for (int i = 0; i < 300; ++i) {
    say(answer(id));
    ASSERT_EQ(call.outcome(), "200 ");
    server_->receive();
    if (i == 200) misses = BlockPool::local().counters().misses;
    call.to_send = "body";
    ASSERT_TRUE(connection_->open(call).ok());
    settle();
    id += 2;
  }
  EXPECT_EQ(BlockPool::local().counters().misses, misses);
}

}  // namespace
}  // namespace turbo
