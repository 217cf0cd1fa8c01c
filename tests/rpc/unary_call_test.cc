// Calls with one request and one reply: what they say, and what they come to for each thing a
// server can do.
#include "framework/rpc/unary_call.h"

#include "framework/loop/sleep.h"
#include "framework/loop/task.h"
#include "framework/rpc/status_fields.h"
#include "tests/rpc/channel_fixture.h"

namespace turbo::rpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class UnaryCallTest : public ChannelFixture {
 protected:
  // What a call to a server that does this comes to.
  std::string told_by(std::function<void(ScriptedCall&)> does, ChannelOptions options = {}) {
    server().on_call = std::move(does);
    open(std::move(options));
    return told(call());
  }
};

TEST_F(UnaryCallTest, the_request_says_what_grpc_wants) {
  open();
  server().on_call = [](ScriptedCall& call) { call.reply(bytes_of("hi")); };
  EXPECT_EQ(told(call("hello")), "OK: hi");
  const ScriptedCall& seen = server().call(0);
  EXPECT_EQ(seen.received, framed(bytes_of("hello")));
  EXPECT_EQ(seen.path, "/test.Echo/Unary");
  EXPECT_EQ(seen.head().method, "POST");
  EXPECT_EQ(seen.head().scheme, "http");
  EXPECT_EQ(seen.head().authority, server().address().to_string());
  EXPECT_EQ(seen.field("te"), "trailers");
  EXPECT_EQ(seen.field("content-type"), "application/grpc");
  EXPECT_EQ(seen.field("user-agent"), "grpc-c++-turbo");
  EXPECT_EQ(seen.field("grpc-accept-encoding"), "identity,gzip,deflate");
  EXPECT_EQ(seen.field("grpc-timeout"), "");
  EXPECT_EQ(seen.field("grpc-encoding"), "");
}

TEST_F(UnaryCallTest, options_change_what_it_says) {
  ChannelOptions options;
  options.authority = "greeter.example";
  options.user_agent = "shop/2";
  open(std::move(options));
  told(call());
  EXPECT_EQ(server().call(0).head().authority, "greeter.example");
  EXPECT_EQ(server().call(0).field("user-agent"), "shop/2 grpc-c++-turbo");
}

Task<std::string> await_two(Channel& channel) {
  auto first = call_unary<StringValue>(channel, kUnaryMethod, text("one"));
  auto second = call_unary<StringValue>(channel, kUnaryMethod, text("two"));
  auto two = co_await second;
  auto one = co_await first;
  co_return one->value() + " " + two->value();
}

TEST_F(UnaryCallTest, calls_run_beside_each_other_and_are_awaited_in_any_order) {
  server().on_call = [](ScriptedCall& call) { call.reply(call.received.substr(5)); };
  open();
  Task<std::string> task = await_two(*channel_);
  bool done = false;
  task.start([&] { done = true; });
  ASSERT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(task.result(), "one two");
}

Task<void> await_one(Channel& channel) {
  auto operation = call_unary<StringValue>(channel, kUnaryMethod, text("one"));
  co_await operation;
}

TEST_F(UnaryCallTest, dropping_the_task_cancels_the_call) {
  server().on_call = [](ScriptedCall&) {};
  open();
  {
    Task<void> task = await_one(*channel_);
    task.start([] {});
    ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  }
  ASSERT_TRUE(run_until([&] { return !server().call(0).closed.empty(); }));
  EXPECT_EQ(server().call(0).closed, "CANCEL by peer");
}

// ---- what a server answers ----

TEST_F(UnaryCallTest, a_status_is_told_as_it_was_said) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.refuse({{"content-type", "application/grpc"},
                           {"grpc-status", "5"},
                           {"grpc-message", "no%20such%20%E2%98%BA"}});
            }),
            "NOT_FOUND: no such \xE2\x98\xBA");
}

TEST_F(UnaryCallTest, a_status_behind_a_reply_counts) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin();
              call.send(framed(bytes_of("half")));
              call.finish({{"grpc-status", "13"}, {"grpc-message", "then it broke"}});
            }),
            "INTERNAL: then it broke");
}

TEST_F(UnaryCallTest, details_of_a_status_are_its_payload) {
  server().on_call = [](ScriptedCall& call) {
    call.refuse({{"content-type", "application/grpc"},
                 {"grpc-status", "3"},
                 {"grpc-status-details-bin", "CAM"}});
  };
  open();
  Outcome& outcome = call();
  told(outcome);
  EXPECT_EQ(outcome.result->status().GetPayload("type.googleapis.com/google.rpc.Status"),
            absl::Cord("\x08\x03"));
}

TEST_F(UnaryCallTest, an_answer_that_is_no_grpc_is_told_by_its_http_status) {
  EXPECT_EQ(told_by([](ScriptedCall& call) { call.refuse(HeadFields{}, 503); }),
            "UNAVAILABLE: HTTP status 503");
}

TEST_F(UnaryCallTest, an_error_page_is_dropped) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin({{"content-type", "text/html"}}, 404);
              call.send(std::string(100000, '<'));
              call.finish(HeadFields{});
            }),
            "UNIMPLEMENTED: HTTP status 404");
}

TEST_F(UnaryCallTest, a_page_is_no_reply) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin({{"content-type", "text/html"}});
            }),
            "UNKNOWN: the answer is no gRPC but text/html");
}

TEST_F(UnaryCallTest, grpc_is_one_media_type_with_any_format) {
  for (const char* type : {"application/grpc+proto", "application/grpc;charset=utf-8"}) {
    EXPECT_EQ(told_by([type](ScriptedCall& call) {
                call.begin({{"content-type", type}});
                call.send(framed(bytes_of("reply")));
                call.finish("0");
              }),
              "OK: reply");
  }
  for (const char* type : {"application/grpc-web", "application/grpcx"}) {
    EXPECT_EQ(told_by([type](ScriptedCall& call) {
                call.begin({{"content-type", type}});
              }),
              std::string("UNKNOWN: the answer is no gRPC but ") + type);
  }
}

TEST_F(UnaryCallTest, an_answer_without_a_status_is_none) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin();
              call.finish(HeadFields{});
            }),
            "UNKNOWN: the server said no status");
}

TEST_F(UnaryCallTest, ok_without_a_reply_is_none) {
  EXPECT_EQ(told_by([](ScriptedCall& call) { call.refuse("0"); }),
            "INTERNAL: the server sent no reply");
}

TEST_F(UnaryCallTest, two_replies_are_too_many) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin();
              call.send(framed("") + framed(""));
              call.finish("0");
            }),
            "INTERNAL: the server sent more than one reply");
}

TEST_F(UnaryCallTest, a_reply_that_is_cut_short_is_none) {
  for (size_t bytes = 1; bytes < framed("reply").size(); ++bytes) {
    EXPECT_EQ(told_by([bytes](ScriptedCall& call) {
                call.begin();
                call.send(framed("reply").substr(0, bytes));
                call.finish("0");
              }),
              "INTERNAL: the reply was cut short")
        << bytes;
  }
}

TEST_F(UnaryCallTest, a_reply_that_does_not_parse_is_none) {
  EXPECT_EQ(told_by([](ScriptedCall& call) { call.reply("\xff\xff"); }),
            "INTERNAL: the reply is malformed");
}

TEST_F(UnaryCallTest, a_reply_above_the_limit_is_refused_by_its_length) {
  ChannelOptions options;
  options.max_reply_bytes = 1000;
  EXPECT_TRUE(begins_with(told_by(
                              [](ScriptedCall& call) {
                                call.begin();
                                call.send(framed(std::string(1001, 'x')).substr(0, 5));
                              },
                              std::move(options)),
                          "RESOURCE_EXHAUSTED"));
  ASSERT_TRUE(run_until([&] { return !server().call(0).closed.empty(); }));
  EXPECT_EQ(server().call(0).closed, "CANCEL by peer");
}

TEST_F(UnaryCallTest, a_request_above_the_limit_is_not_sent) {
  ChannelOptions options;
  options.max_request_bytes = 1000;
  open(std::move(options));
  EXPECT_EQ(told(call(std::string(1000, 'x'))),
            "RESOURCE_EXHAUSTED: the request is larger than max_request_bytes");
  settle();
  EXPECT_EQ(server().calls(), 0u);
}

TEST_F(UnaryCallTest, large_messages_go_both_ways) {
  server().on_call = [](ScriptedCall& call) { call.reply(call.received.substr(5)); };
  open();
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(told(call(large)), "OK: " + large);
}

TEST_F(UnaryCallTest, messages_are_compressed_both_ways) {
  server().on_call = [](ScriptedCall& call) {
    call.begin({{"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}});
    call.send(call.received);
    call.finish("0");
  };
  open();
  ClientContext context;
  context.set_compression(Compression::kGzip);
  const std::string large(100000, 'x');
  EXPECT_EQ(told(call(context, large)), "OK: " + large);
  EXPECT_EQ(server().call(0).field("grpc-encoding"), "gzip");
  EXPECT_LT(server().call(0).received.size(), 1000u);
  EXPECT_EQ(server().call(0).received[0], 1);
}

TEST_F(UnaryCallTest, an_unknown_compression_is_refused) {
  EXPECT_EQ(told_by([](ScriptedCall& call) {
              call.begin({{"content-type", "application/grpc"}, {"grpc-encoding", "br"}});
            }),
            "INTERNAL: replies are compressed as nobody asked for: br");
}

// ---- resets ----

TEST_F(UnaryCallTest, resets_are_told_as_what_they_mean) {
  using http2::ErrorCode;
  const std::pair<ErrorCode, std::string_view> kMeanings[] = {
      {ErrorCode::kNoError, "INTERNAL"},
      {ErrorCode::kProtocolError, "INTERNAL"},
      {ErrorCode::kCancel, "CANCELLED"},
      {ErrorCode::kEnhanceYourCalm, "RESOURCE_EXHAUSTED"},
      {ErrorCode::kInadequateSecurity, "PERMISSION_DENIED"},
  };
  open();
  for (const auto& [code, meaning] : kMeanings) {
    server().on_call = [code = code](ScriptedCall& call) { call.reset(code); };
    EXPECT_TRUE(begins_with(told(call()), meaning)) << meaning;
  }
}

TEST_F(UnaryCallTest, a_reset_behind_the_answer_changes_nothing) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Outcome& outcome = call();
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  ScriptedCall& seen = server().call(0);
  seen.begin();
  seen.send(framed(bytes_of("enough")));
  seen.finish("0");
  seen.reset(http2::ErrorCode::kNoError);
  EXPECT_EQ(told(outcome), "OK: enough");
}

TEST_F(UnaryCallTest, a_reset_in_the_middle_of_a_reply_ends_it) {
  EXPECT_TRUE(begins_with(told_by([](ScriptedCall& call) {
                            call.begin();
                            call.send(framed("reply").substr(0, 7));
                            call.reset(http2::ErrorCode::kInternalError);
                          }),
                          "INTERNAL"));
}

TEST_F(UnaryCallTest, a_malformed_answer_resets_its_stream) {
  EXPECT_TRUE(
      begins_with(told_by([](ScriptedCall& call) {
                    call.begin({{"content-type", "application/grpc"}, {"content-length", "1"}});
                    call.send("22");
                    call.finish("0");
                  }),
                  "INTERNAL: the server broke the protocol"));
}

TEST_F(UnaryCallTest, a_lost_connection_is_told) {
  EXPECT_TRUE(
      begins_with(told_by([](ScriptedCall& call) { call.connection.drop(); }), "UNAVAILABLE"));
}

// ---- time ----

TEST_F(UnaryCallTest, a_deadline_ends_the_call_and_tells_the_server) {
  open();
  told(call());  // the connection is there
  server().on_call = [](ScriptedCall&) {};
  ClientContext context;
  context.set_timeout(milliseconds(50));
  const TimePoint before = loop_.clock().now();
  EXPECT_EQ(told(call(context)), "DEADLINE_EXCEEDED: the deadline has passed");
  EXPECT_GE(loop_.clock().now() - before, milliseconds(50));
  ASSERT_EQ(server().calls(), 2u);
  ASSERT_TRUE(run_until([&] { return !server().call(1).closed.empty(); }));
  EXPECT_EQ(server().call(1).closed, "CANCEL by peer");
  const std::string said = server().call(1).field("grpc-timeout");
  EXPECT_TRUE(said.ends_with('n') || said.ends_with('u')) << said;
}

TEST_F(UnaryCallTest, a_deadline_that_has_passed_sends_nothing) {
  open();
  ClientContext context;
  context.set_deadline(loop_.clock().now() - seconds(1));
  EXPECT_EQ(told(call(context)), "DEADLINE_EXCEEDED: the deadline has passed");
  ClientContext none;
  none.set_timeout(Duration::zero());
  EXPECT_EQ(told(call(none)), "DEADLINE_EXCEEDED: the deadline has passed");
  settle();
  EXPECT_EQ(server().calls(), 0u);
}

TEST_F(UnaryCallTest, the_earlier_of_timeout_and_deadline_counts) {
  server().on_call = [](ScriptedCall&) {};
  open();
  ClientContext one;
  one.set_timeout(hours(1));
  one.set_deadline(loop_.clock().now() + milliseconds(20));
  EXPECT_EQ(told(call(one)), "DEADLINE_EXCEEDED: the deadline has passed");
  ClientContext other;
  other.set_timeout(milliseconds(20));
  other.set_deadline(loop_.clock().now() + hours(1));
  EXPECT_EQ(told(call(other)), "DEADLINE_EXCEEDED: the deadline has passed");
}

TEST_F(UnaryCallTest, a_channel_may_have_a_timeout_for_all) {
  ChannelOptions options;
  options.default_timeout = milliseconds(20);
  EXPECT_EQ(told_by([](ScriptedCall&) {}, std::move(options)),
            "DEADLINE_EXCEEDED: the deadline has passed");
}

TEST_F(UnaryCallTest, a_server_that_sees_the_deadline_first_says_the_same) {
  open();
  ClientContext context;
  context.set_timeout(milliseconds(1));
  server().on_call = [this](ScriptedCall& call) {
    while (loop_.clock().now() < loop_.time() + milliseconds(2)) {
    }
    call.reset(http2::ErrorCode::kCancel);
  };
  EXPECT_EQ(told(call(context)), "DEADLINE_EXCEEDED: the deadline has passed");
}

TEST_F(UnaryCallTest, cancel_ends_the_call_once) {
  server().on_call = [](ScriptedCall&) {};
  open();
  ClientContext context;
  Outcome& outcome = call(context);
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  context.cancel();
  EXPECT_FALSE(outcome.done()) << "never inside the call";
  context.cancel();
  EXPECT_EQ(told(outcome), "CANCELLED: the call was cancelled");
  context.cancel();
  ASSERT_TRUE(run_until([&] { return !server().call(0).closed.empty(); }));
  EXPECT_EQ(server().call(0).closed, "CANCEL by peer");
}

// ---- metadata ----

TEST_F(UnaryCallTest, metadata_goes_both_ways) {
  server().on_call = [](ScriptedCall& call) {
    call.begin({{"content-type", "application/grpc"}, {"first", "1"}});
    call.send(framed(""));
    call.finish({{"grpc-status", "0"}, {"last-bin", "q6ur"}});
  };
  open();
  ClientContext context;
  ASSERT_TRUE(context.metadata().add("Key", "value").ok());
  ASSERT_TRUE(context.metadata().add("bytes-bin", "\xab\xab\xab").ok());
  ASSERT_TRUE(context.metadata().add("more-bin", std::string(100, '\0')).ok());
  EXPECT_EQ(told(call(context)), "OK: ");
  EXPECT_EQ(server().call(0).field("key"), "value");
  EXPECT_EQ(server().call(0).field("bytes-bin"), "q6ur");
  EXPECT_EQ(server().call(0).field("more-bin"), std::string(134, 'A'));
  EXPECT_EQ(context.initial_metadata().find("first"), "1");
  EXPECT_EQ(context.initial_metadata().size(), 1u);
  EXPECT_EQ(context.trailing_metadata().find("last-bin"), "\xab\xab\xab");
  EXPECT_EQ(context.trailing_metadata().size(), 1u);
  EXPECT_EQ(context.peer_address(), server().address());
}

TEST_F(UnaryCallTest, trailers_may_be_as_large_as_a_head) {
  const auto reply_with = [](size_t bytes) {
    return [large = std::string(bytes, 'x')](ScriptedCall& call) {
      call.begin();
      call.send(framed(bytes_of("reply")));
      call.finish({{"grpc-status", "0"}, {"large", large}});
    };
  };
  EXPECT_EQ(told_by(reply_with(60000)), "OK: reply");
  EXPECT_EQ(told_by(reply_with(70000)),
            "RESOURCE_EXHAUSTED: the server's head or trailers are too large");
}

TEST_F(UnaryCallTest, metadata_above_the_limit_is_not_sent) {
  ChannelOptions options;
  options.max_metadata_bytes = 2 * (1 + 32 + 100);
  open(std::move(options));
  ClientContext context;
  ASSERT_TRUE(context.metadata().add("a", std::string(100, 'x')).ok());
  ASSERT_TRUE(context.metadata().add("b", std::string(100, 'x')).ok());
  EXPECT_EQ(told(call(context)), "OK: ");
  ClientContext too_much;
  ASSERT_TRUE(too_much.metadata().add("a", std::string(100, 'x')).ok());
  ASSERT_TRUE(too_much.metadata().add("b", std::string(101, 'x')).ok());
  EXPECT_EQ(told(call(too_much)),
            "RESOURCE_EXHAUSTED: the metadata is larger than max_metadata_bytes");
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(UnaryCallTest, metadata_of_a_refusal_is_trailing) {
  server().on_call = [](ScriptedCall& call) {
    call.refuse({{"content-type", "application/grpc"}, {"grpc-status", "8"}, {"why", "quota"}});
  };
  open();
  ClientContext context;
  told(call(context));
  EXPECT_EQ(context.trailing_metadata().find("why"), "quota");
  EXPECT_TRUE(context.initial_metadata().empty());
}

TEST_F(UnaryCallTest, a_context_serves_one_call_after_the_other) {
  server().on_call = [](ScriptedCall& call) {
    call.refuse({{"content-type", "application/grpc"}, {"grpc-status", "8"}, {"why", "quota"}});
  };
  open();
  ClientContext context;
  told(call(context));
  told(call(context));
  EXPECT_EQ(context.trailing_metadata().size(), 1u);
}

// ---- many ----

TEST_F(UnaryCallTest, a_thousand_calls_share_a_connection_that_takes_a_hundred) {
  server_ =
      std::make_unique<ScriptedServer>(loop_, http2::SessionOptions{.max_concurrent_streams = 100});
  size_t most = 0;
  server_->on_call = [&](ScriptedCall& call) {
    most = std::max(most, call.connection.session->open_streams());
    call.reply(call.received.substr(5));
  };
  open();
  std::vector<Outcome*> all;
  for (int i = 0; i < 1000; ++i) all.push_back(&call(std::to_string(i)));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(told(*all[i]), "OK: " + std::to_string(i));
  EXPECT_LE(most, 100u);
  EXPECT_EQ(server().connections().size(), 1u);
}

TEST_F(UnaryCallTest, too_many_calls_at_once_are_refused_here) {
  ChannelOptions options;
  options.max_waiting_calls = 3;
  server().on_call = [](ScriptedCall& call) { call.reply(""); };
  open(std::move(options));
  for (int i = 0; i < 3; ++i) call();
  EXPECT_EQ(told(call()), "RESOURCE_EXHAUSTED: too many calls wait for a connection");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told(outcomes_[i]), "OK: ");
}

TEST_F(UnaryCallTest, too_many_calls_on_one_connection_are_refused_here) {
  server_ =
      std::make_unique<ScriptedServer>(loop_, http2::SessionOptions{.max_concurrent_streams = 1});
  server_->on_call = [](ScriptedCall&) {};
  ChannelOptions options;
  options.max_queued_calls = 2;
  open(std::move(options));
  call();
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  call();
  call();
  EXPECT_EQ(told(call()), "RESOURCE_EXHAUSTED: too many requests wait");
}

// ---- the channel ----

TEST_F(UnaryCallTest, a_callback_may_destroy_the_channel) {
  open();
  ClientContext context;
  bool called = false;
  call_unary<StringValue>(*channel_, kUnaryMethod, context, text(""),
                          [&](absl::StatusOr<StringValue>) {
                            channel_.reset();
                            called = true;
                          });
  ASSERT_TRUE(run_until([&] { return called; }));
}

TEST_F(UnaryCallTest, with_the_channel_callbacks_die_uncalled) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Outcome& sent = call();
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  Outcome& fresh = call();
  channel_.reset();
  settle();
  EXPECT_FALSE(sent.done());
  EXPECT_FALSE(fresh.done());
}

Task<std::string> await_status(Channel& channel) {
  auto operation = call_unary<StringValue>(channel, kUnaryMethod, text("one"));
  auto reply = co_await operation;
  co_return std::string(reply.status().ToString());
}

TEST_F(UnaryCallTest, with_the_channel_coroutines_are_cancelled) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Task<std::string> task = await_status(*channel_);
  bool done = false;
  task.start([&] { done = true; });
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  channel_.reset();
  EXPECT_FALSE(done);
  ASSERT_TRUE(run_until([&] { return done; }));
  EXPECT_TRUE(begins_with(task.result(), "CANCELLED"));
}

}  // namespace
}  // namespace turbo::rpc
