// How what streams have to say reaches the socket: windows, back-pressure, order, number of writes.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/testing/memory_transport.h"
#include "tests/server/http2_client.h"

namespace turbo {
namespace {

constexpr size_t kWindow = 1000;

class HTTP2OutputTest : public HTTP2Fixture {
 protected:
  // A client that shuts its windows: of each answer it takes kWindow bytes, until take().
  std::unique_ptr<HTTP2Client> ask_slowly() {
    http2::SessionOptions options;
    options.stream_window_bytes = kWindow;
    auto client = ask_http2(options);
    client->hold_windows();
    return client;
  }

  // Takes what comes until the answer has ended.
  bool take_all(HTTP2Client& client, ScriptedStream& call) {
    return run_until([&] {
      if (call.consumed < call.body.size()) client.take(call);
      return !call.end.empty() || !call.closed.empty();
    });
  }

  // The streams of the DATA frames in order, neighbours of one stream as one.
  static std::string order_of(std::string_view received) {
    std::string order;
    for (http2::SeenFrame seen; http2::next_frame(received, seen);) {
      if (seen.type != http2::kDataFrame) continue;
      const std::string stream = std::to_string(seen.stream) + " ";
      if (!ends_with(order, stream)) order += stream;
    }
    return order;
  }

  // What comes for requests with these priorities whose answers, 100,000 bytes each, are ready at
  // the same time.
  std::string order_of_answers(const std::vector<std::string>& priorities) {
    serve(holding_);
    auto client = connect();
    std::string frames = std::string(http2::kPreface) + http2::settings({{4, 1 << 20}}) +
                         http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(1 << 20));
    uint32_t stream = 1;
    for (const std::string& priority : priorities) {
      frames += http2::get(stream, {{"priority", priority}});
      stream += 2;
    }
    client->send(frames);
    EXPECT_TRUE(run_until([&] { return held_.size() == priorities.size(); }));
    for (Exchange* exchange : held_) answer(*exchange, std::string(100'000, 'x'));
    held_.clear();
    settle();
    server_.reset();
    return order_of(client->received());
  }
};

TEST_F(HTTP2OutputTest, a_client_that_shuts_its_window_gets_no_more_than_it_has_room_for) {
  serve(holding_);
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  answer(*held_[0], std::string(10'000, 'x'));
  ASSERT_TRUE(run_until([&] { return call.body.size() == kWindow; }));
  settle();
  EXPECT_EQ(call.body.size(), kWindow);
  client->take(call);
  ASSERT_TRUE(run_until([&] { return call.body.size() > kWindow; }));
  ASSERT_TRUE(take_all(*client, call));
  EXPECT_EQ(call.body.size(), 10'000u);
}

TEST_F(HTTP2OutputTest, a_handler_learns_that_its_client_is_behind) {
  HTTPServerOptions options;
  options.http2.stream_output_high_bytes = 50'000;
  serve(holding_, options);
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/");
  ScriptedStream& other = client->get("/other");
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  held_[0]->write(std::string(50'000, 'x'));
  held_[0]->flush();
  settle();
  EXPECT_FALSE(held_[0]->output_is_high()) << "a thousand have left";
  held_[0]->write(std::string(2'000, 'x'));
  held_[0]->flush();
  EXPECT_TRUE(held_[0]->output_is_high());
  EXPECT_FALSE(held_[1]->output_is_high()) << "it is the stream's window";
  bool left = false;
  held_[0]->when_output_left([&] { left = true; });
  settle();
  EXPECT_FALSE(left);
  ASSERT_TRUE(run_until([&] {
    if (call.consumed < call.body.size()) client->take(call);
    return left;
  }));
  EXPECT_FALSE(held_[0]->output_is_high());
  answer(*held_[0], "");
  answer(*held_[1], "other");
  ASSERT_TRUE(take_all(*client, call));
  EXPECT_EQ(call.body.size(), 52'000u);
  EXPECT_TRUE(answered(other));
}

TEST_F(HTTP2OutputTest, output_that_has_left_already_has_left) {
  serve(holding_);
  auto client = ask_http2();
  (void)client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  for (bool writes : {false, true}) {
    if (writes) held_[0]->write("some");
    held_[0]->flush();
    bool left = false;
    held_[0]->when_output_left([&] { left = true; });
    EXPECT_FALSE(left) << "later, not at once";
    EXPECT_TRUE(run_until([&] { return left; }));
  }
}

TEST_F(HTTP2OutputTest, a_handler_that_floods_a_slow_client_is_cut_alone) {
  HTTPServerOptions options;
  options.max_output_bytes = 1 << 20;
  serve(holding_, options);
  auto client = ask_slowly();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  bool dropped = false;
  held_[0]->attach(std::make_unique<Dropped>(&dropped));
  int pieces = 0;
  for (; pieces < 50 && !dropped; ++pieces) {
    held_[0]->write(std::string(100'000, 'x'));
    held_[0]->flush();
    settle();
  }
  EXPECT_TRUE(dropped);
  EXPECT_GE(pieces, 11);
  EXPECT_LE(pieces, 13);
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "INTERNAL_ERROR by peer");
  (void)client->get("/");
  EXPECT_TRUE(run_until([&] { return held_.size() == 2; }));
}

TEST_F(HTTP2OutputTest, one_piece_may_be_of_any_size) {
  HTTPServerOptions options;
  options.max_output_bytes = 1 << 20;
  serve(holding_, options);
  auto client = ask_http2();
  ScriptedStream& call = client->get("/");
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  answer(*held_[0], std::string(5'000'000, 'x'));
  ASSERT_TRUE(answered(call));
  EXPECT_EQ(call.body.size(), 5'000'000u);
}

TEST_F(HTTP2OutputTest, a_client_that_does_not_read_at_all_stops_every_stream) {
  HTTPServerOptions options;
  options.output_high_bytes = 100'000;
  serve(holding_, options);
  auto client = connect_without_reading();
  client->send(std::string(http2::kPreface) + http2::settings({{4, 0x7fffffff}}) +
               http2::frame(http2::kWindowUpdateFrame, 0, 0, http2::number(0x7fff0000)) +
               http2::get(1) + http2::get(3));
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  held_[0]->write(std::string(5'000'000, 'x'));
  held_[0]->flush();
  settle();
  EXPECT_TRUE(held_[0]->output_is_high());
  bool left = false;
  held_[0]->when_output_left([&] { left = true; });
  settle();
  EXPECT_FALSE(left);
  client->receive();
  EXPECT_TRUE(run_until([&] { return left && !held_[0]->output_is_high(); }));
}

TEST_F(HTTP2OutputTest, what_one_turn_brings_about_leaves_in_one_write) {
  serve(echo_path_);
  auto client = ask_http2();
  ASSERT_TRUE(lives(*client));
  settle();
  const size_t before = server_end_->steps(Step::kWrite);
  std::vector<ScriptedStream*> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(&client->get("/path"));
  for (const ScriptedStream* call : calls) ASSERT_TRUE(answered(*call));
  EXPECT_EQ(server_end_->steps(Step::kWrite), before + 1);
}

TEST_F(HTTP2OutputTest, what_handlers_answer_later_in_one_turn_leaves_in_one_write) {
  serve(holding_);
  auto client = ask_http2();
  std::vector<ScriptedStream*> calls;
  // No more than one gather write takes.
  for (int i = 0; i < 20; ++i) calls.push_back(&client->get("/path"));
  ASSERT_TRUE(run_until([&] { return held_.size() == 20; }));
  settle();
  const size_t before = server_end_->steps(Step::kWrite);
  for (Exchange* exchange : held_) {
    exchange->write("one ");
    exchange->flush();
    answer(*exchange, "two");
  }
  for (const ScriptedStream* call : calls) ASSERT_TRUE(answered(*call));
  EXPECT_EQ(server_end_->steps(Step::kWrite), before + 1);
}

TEST_F(HTTP2OutputTest, the_more_urgent_answer_leaves_first) {
  EXPECT_EQ(order_of_answers({"u=5", "u=1"}), "3 1 ");
  EXPECT_EQ(order_of_answers({"u=1", "u=5"}), "1 3 ");
  EXPECT_EQ(order_of_answers({"u=3", "u=3"}), "1 3 ") << "none is of use in part";
}

TEST_F(HTTP2OutputTest, answers_that_are_of_use_in_part_take_turns) {
  const std::string order = order_of_answers({"u=3, i", "u=3, i"});
  EXPECT_TRUE(begins_with(order, "1 3 1 3 1 3 ")) << order;
}

TEST_F(HTTP2OutputTest, any_cut_of_what_the_socket_takes_arrives_whole) {
  serve(echo_path_);
  FaultPlan plan;
  plan.max_read = 7;
  plan.max_write = 11;
  MemoryPair pair = make_memory_pair(plan);
  server_->serve(std::move(pair.a));
  auto client =
      std::make_unique<HTTP2Client>(std::make_unique<IOStream>(std::move(pair.b), &loop_));
  const std::string path = "/" + std::string(3000, 'p');
  for (int i = 0; i < 3; ++i) {
    const ScriptedStream& call = client->get(path);
    ASSERT_TRUE(answered(call));
    EXPECT_EQ(call.body, path);
  }
}

}  // namespace
}  // namespace turbo
