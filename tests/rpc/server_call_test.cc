// What a method's calls come to, as a client sees it.
#include <stdexcept>

#include "framework/loop/sleep.h"
#include "tests/rpc/call_fixture.h"

namespace turbo::rpc {
namespace {

class ServerCallTest : public CallFixture {
 protected:
  void greet() {
    service_.unary_task = [](ServerContext&, const StringValue& request,
                             StringValue& reply) -> Task<absl::Status> {
      reply.set_value("Hello, " + request.value());
      co_return absl::OkStatus();
    };
  }
};

TEST_F(ServerCallTest, a_coroutine_answers_one_message_with_one) {
  greet();
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[Hello, Bob]");
  EXPECT_EQ(seen.end, "end grpc-status=0");
  EXPECT_NE(seen.head.find("content-type=application/grpc"), std::string::npos) << seen.head;
}

TEST_F(ServerCallTest, a_call_is_finished_whenever_its_holder_likes) {
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.emplace(std::move(call)); };
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(run_until([&] { return held.has_value(); }));
  EXPECT_EQ(held->request().value(), "Bob");
  EXPECT_TRUE(held->active());
  EXPECT_EQ(seen.end, "");
  held->reply().set_value("later");
  held->finish(absl::OkStatus());
  EXPECT_FALSE(held->active());
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[later]");
  EXPECT_EQ(status_of(seen), "0");
}

TEST_F(ServerCallTest, a_call_that_is_dropped_is_answered) {
  service_.unary = [](auto) {};
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "13 the handler dropped the call");
}

TEST_F(ServerCallTest, a_status_alone_is_one_head) {
  service_.unary_task = [](ServerContext&, const StringValue&, StringValue&) -> Task<absl::Status> {
    co_return absl::NotFoundError("no such\nthing");
  };
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "5 no such%0Athing");
  EXPECT_NE(seen.head.find(" ENDS"), std::string::npos);
  EXPECT_EQ(seen.end, "end");
}

TEST_F(ServerCallTest, what_a_method_throws_is_unknown_and_not_shown) {
  service_.unary_task = [](ServerContext&, const StringValue&, StringValue&) -> Task<absl::Status> {
    throw std::runtime_error("the password is sesame");
    co_return absl::OkStatus();
  };
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "2 the handler failed");
  service_.unary = [](auto) { throw std::runtime_error("sesame"); };
  ScriptedStream& thrown = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(thrown));
  EXPECT_EQ(status_of(thrown), "2 the handler failed");
}

TEST_F(ServerCallTest, many_messages_are_collected_into_one) {
  service_.collect = [](ServerContext&, ServerReader<StringValue>& reader,
                        StringValue& reply) -> Task<absl::Status> {
    StringValue message;
    for (;;) {
      auto read = reader.read(message);
      if (!co_await read) break;
      reply.mutable_value()->append(message.value()).append(";");
    }
    co_return absl::OkStatus();
  };
  ScriptedStream& seen = open(TestService::kCollect);
  say(seen, "a");
  settle();
  client().add(seen, frame("b") + frame("c") + frame("d").substr(0, 3));
  settle();
  client().add(seen, frame("d").substr(3));
  client().end(seen);
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[a;b;c;d;]");
}

TEST_F(ServerCallTest, one_message_is_answered_with_many) {
  service_.list = [](ServerContext&, const StringValue& request,
                     ServerWriter<StringValue>& writer) -> Task<absl::Status> {
    StringValue message;
    for (int i = 0; i < 3; ++i) {
      message.set_value(request.value() + std::to_string(i));
      auto write = writer.write(message);
      co_await write;
    }
    co_return absl::AbortedError("enough");
  };
  ScriptedStream& seen = call(TestService::kList, "x");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[x0][x1][x2]");
  EXPECT_EQ(status_of(seen), "10 enough");
}

Task<absl::Status> echo(ServerContext&, ServerStream<StringValue, StringValue>& stream) {
  StringValue message;
  for (;;) {
    auto read = stream.read(message);
    if (!co_await read) break;
    auto write = stream.write(message);
    co_await write;
  }
  co_return absl::OkStatus();
}

TEST_F(ServerCallTest, both_sides_talk_in_turn) {
  service_.chat = echo;
  ScriptedStream& seen = open(TestService::kChat);
  for (std::string_view word : {"one", "two", "three"}) {
    const size_t before = seen.body.size();
    say(seen, word);
    ASSERT_TRUE(run_until([&] { return seen.body.size() > before; }));
  }
  client().end(seen);
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[one][two][three]");
  EXPECT_EQ(status_of(seen), "0");
}

// A service that reads by callback.
class Counter : public Service {
 public:
  static constexpr Method kCount{"/turbo.test.Counter/Count", MethodKind::kBidiStreaming};

  void add_methods(MethodTable& methods) override {
    methods.add(kCount, *this, &Counter::start_count);
  }
  size_t count() const { return count_; }

 private:
  void start_count(BidiCall<StringValue, StringValue> call) {
    call_.emplace(std::move(call));
    read();
  }
  void read() {
    call_->read(message_, [this](bool more) {
      if (!more) return call_->finish(absl::OkStatus());
      ++count_;
      read();
    });
  }

  std::optional<BidiCall<StringValue, StringValue>> call_;
  StringValue message_;
  size_t count_ = 0;
};

TEST_F(ServerCallTest, however_many_messages_a_piece_has_the_stack_does_not_grow) {
  Counter counter;
  services_.add(counter);
  std::string all;
  for (int i = 0; i < 100000; ++i) all += frame("");
  ScriptedStream& seen =
      client().ask("POST", Counter::kCount.path, all,
                   std::vector<http::Field>{{"content-type", "application/grpc"}});
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(counter.count(), 100000u);
  EXPECT_EQ(status_of(seen), "0");
  server_.reset();
}

TEST_F(ServerCallTest, a_deadline_destroys_the_method_and_says_so) {
  bool cancelled = false;
  bool destroyed = false;
  service_.unary_task = [&](ServerContext& context, const StringValue&,
                            StringValue&) -> Task<absl::Status> {
    struct Witness {
      bool& destroyed;
      ~Witness() { destroyed = true; }
    } witness{destroyed};
    context.on_cancelled([&cancelled] { cancelled = true; });
    auto nap = sleep_for(context.loop(), std::chrono::hours(1));
    co_await nap;
    co_return absl::OkStatus();
  };
  ScriptedStream& seen = call(TestService::kUnary, "Bob", {{"grpc-timeout", "10S"}});
  settle();
  clock_.advance(std::chrono::seconds(9));
  settle();
  EXPECT_EQ(seen.end, "");
  clock_.advance(std::chrono::seconds(2));
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "4 the deadline has passed");
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(destroyed);
}

TEST_F(ServerCallTest, a_timeout_of_nothing_and_one_that_is_malformed_are_answered_at_once) {
  greet();
  ScriptedStream& none = call(TestService::kUnary, "Bob", {{"grpc-timeout", "0n"}});
  ASSERT_TRUE(answered(none));
  EXPECT_EQ(status_of(none), "4 the deadline has passed");
  ScriptedStream& garbage = call(TestService::kUnary, "Bob", {{"grpc-timeout", "soon"}});
  ASSERT_TRUE(answered(garbage));
  EXPECT_EQ(status_of(garbage), "13 a malformed grpc-timeout");
}

TEST_F(ServerCallTest, a_client_that_cancels_destroys_the_method) {
  bool destroyed = false;
  service_.unary_task = [&](ServerContext& context, const StringValue&,
                            StringValue&) -> Task<absl::Status> {
    struct Witness {
      bool& destroyed;
      ~Witness() { destroyed = true; }
    } witness{destroyed};
    auto nap = sleep_for(context.loop(), std::chrono::hours(1));
    co_await nap;
    co_return absl::OkStatus();
  };
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  settle();
  EXPECT_FALSE(destroyed);
  client().reset(seen);
  EXPECT_TRUE(run_until([&] { return destroyed; }));
}

// Longer than any time the server has for HTTP.
TEST_F(ServerCallTest, a_stream_may_pause_for_hours) {
  service_.chat = echo;
  ScriptedStream& seen = open(TestService::kChat);
  say(seen, "one");
  ASSERT_TRUE(run_until([&] { return !seen.body.empty(); }));
  for (int i = 0; i < 100; ++i) {
    clock_.advance(std::chrono::minutes(3));
    settle();
  }
  say(seen, "two");
  client().end(seen);
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[one][two]");
}

TEST_F(ServerCallTest, a_unary_call_wants_exactly_one_message) {
  greet();
  ScriptedStream& none =
      client().ask("POST", TestService::kUnary.path, {},
                   std::vector<http::Field>{{"content-type", "application/grpc"}});
  ASSERT_TRUE(answered(none));
  EXPECT_EQ(status_of(none), "13 the call has no request");
  ScriptedStream& two =
      client().ask("POST", TestService::kUnary.path, frame("a") + frame("b"),
                   std::vector<http::Field>{{"content-type", "application/grpc"}});
  ASSERT_TRUE(answered(two));
  EXPECT_EQ(status_of(two).substr(0, 2), "13");
}

// However much follows the one request, it is refused before it is held.
TEST_F(ServerCallTest, what_stands_behind_the_one_request_is_refused_at_once) {
  greet();
  ScriptedStream& seen = open(TestService::kUnary);
  client().add(seen, frame("a") + "x");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen).substr(0, 2), "13");
}

TEST_F(ServerCallTest, a_method_is_told_of_an_end_that_is_not_its_own) {
  struct {
    std::string_view name, input;
  } const cases[] = {{"a flag", "\2"}, {"a length", "\0\x7f\xff\xff\xff"}};
  for (const auto& each : cases) {
    std::optional<BidiCall<StringValue, StringValue>> held;
    StringValue message;
    bool told = false;
    service_.chat_call = [&](BidiCall<StringValue, StringValue> call) {
      held.emplace(std::move(call));
      held->context().on_cancelled([&] {
        told = true;
        held->finish(absl::OkStatus());  // of no effect, or the answer
        held.reset();
      });
      held->read(message, [](bool) {});
    };
    ScriptedStream& seen = open(TestService::kChat);
    client().add(seen, std::string(each.input) + "xxxxx");
    ASSERT_TRUE(answered(seen)) << each.name;
    EXPECT_TRUE(told) << each.name;
  }
}

TEST_F(ServerCallTest, a_client_that_leaves_meets_a_method_that_finishes_when_told) {
  std::optional<UnaryCall<StringValue, StringValue>> held;
  bool told = false;
  service_.unary = [&](auto call) {
    held.emplace(std::move(call));
    held->context().on_cancelled([&] {
      told = true;
      held->finish(absl::OkStatus());
      held.reset();
    });
  };
  ScriptedStream& seen = call(TestService::kUnary, "x");
  ASSERT_TRUE(run_until([&] { return held.has_value(); }));
  client().reset(seen);
  EXPECT_TRUE(run_until([&] { return told; }));
}

TEST_F(ServerCallTest, what_a_callback_throws_is_the_methods_failure) {
  std::optional<BidiCall<StringValue, StringValue>> held;
  StringValue message;
  service_.chat_call = [&](BidiCall<StringValue, StringValue> call) {
    held.emplace(std::move(call));
    held->read(message, [](bool) { throw std::runtime_error("sesame"); });
  };
  ScriptedStream& seen = open(TestService::kChat);
  say(seen, "x");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "2 the handler failed");
}

TEST_F(ServerCallTest, garbage_in_place_of_a_message_is_internal) {
  greet();
  ScriptedStream& seen =
      client().ask("POST", TestService::kUnary.path, framed("\xff\xff\xff"),
                   std::vector<http::Field>{{"content-type", "application/grpc"}});
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen).substr(0, 2), "13");
}

TEST_F(ServerCallTest, a_message_at_the_limit_is_taken_and_one_above_it_refused_by_its_prefix) {
  greet();
  services_.set_options("turbo.test.Test", {.max_request_bytes = 1000});
  const std::string longest(1000 - 3, 'x');
  ScriptedStream& good = call(TestService::kUnary, longest);
  ASSERT_TRUE(answered(good));
  EXPECT_EQ(status_of(good), "0");
  ScriptedStream& large = open(TestService::kUnary);
  client().add(large, prefix(1001));
  ASSERT_TRUE(answered(large));
  EXPECT_EQ(status_of(large).substr(0, 2), "8 ");
}

TEST_F(ServerCallTest, a_reply_above_the_limit_is_the_servers_fault) {
  greet();
  services_.set_options(TestService::kUnary.path, {.max_reply_bytes = 10});
  ScriptedStream& seen = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "8 a reply above the limit");
  EXPECT_EQ(seen.body, "");
}

TEST_F(ServerCallTest, metadata_goes_both_ways) {
  service_.unary_task = [](ServerContext& context, const StringValue&,
                           StringValue& reply) -> Task<absl::Status> {
    for (const Metadata::Entry& entry : context.metadata()) {
      reply.mutable_value()->append(entry.key).append("=").append(entry.value).append(" ");
    }
    EXPECT_TRUE(context.initial_metadata().add("first", "1").ok());
    EXPECT_TRUE(context.trailing_metadata().add("last-bin", std::string("\0\xff", 2)).ok());
    co_return absl::OkStatus();
  };
  ScriptedStream& seen =
      call(TestService::kUnary, "Bob", {{"x-key", "value"}, {"raw-bin", "AAEg"}});
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(texts(seen), "[x-key=value raw-bin=" + std::string("\0\1 ", 3) + " ]");
  EXPECT_NE(seen.head.find("first=1"), std::string::npos);
  EXPECT_EQ(seen.end, "end grpc-status=0 last-bin=AP8");
}

TEST_F(ServerCallTest, compressed_messages_are_understood_and_sent_to_who_accepts_them) {
  service_.unary_task = [](ServerContext& context, const StringValue& request,
                           StringValue& reply) -> Task<absl::Status> {
    EXPECT_EQ(context.request_was_compressed(), request.value() != "Bob");
    context.set_compression(Compression::kGzip);
    reply.set_value(request.value());
    co_return absl::OkStatus();
  };
  StringValue message;
  message.set_value(std::string(5000, 'a'));
  const std::vector<http::Field> head = {{"content-type", "application/grpc"},
                                         {"grpc-encoding", "gzip"},
                                         {"grpc-accept-encoding", "identity,gzip"}};
  ScriptedStream& seen =
      client().ask("POST", TestService::kUnary.path,
                   framed_compressed(message.SerializeAsString(), Compression::kGzip), head);
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "0");
  EXPECT_NE(seen.head.find("grpc-encoding=gzip"), std::string::npos);
  ASSERT_GT(seen.body.size(), 5u);
  EXPECT_EQ(seen.body[0], 1);
  EXPECT_LT(seen.body.size(), 200u);
  ScriptedStream& plain = call(TestService::kUnary, "Bob");
  ASSERT_TRUE(answered(plain));
  EXPECT_EQ(texts(plain), "[Bob]");
}

TEST_F(ServerCallTest, single_replies_of_a_call_that_compresses_may_go_as_they_are) {
  service_.list = [](ServerContext& context, const StringValue& request,
                     ServerWriter<StringValue>& writer) -> Task<absl::Status> {
    EXPECT_FALSE(context.request_was_compressed());
    context.set_compression(Compression::kGzip);
    for (const bool compressed : {false, true, false}) {
      context.compress_replies(compressed);
      auto write = writer.write(request);
      co_await write;
    }
    co_return absl::OkStatus();
  };
  ScriptedStream& seen = call(TestService::kList, std::string(200, 'a'),
                              {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "gzip"}});
  ASSERT_TRUE(answered(seen));
  std::string flags;
  for (std::string_view rest = seen.body; rest.size() >= 5;) {
    flags += rest[0] == 0 ? "plain " : "compressed ";
    rest.remove_prefix(5 + static_cast<uint8_t>(rest[4]));
  }
  EXPECT_EQ(flags, "plain compressed plain ");
}

TEST_F(ServerCallTest, a_client_that_does_not_take_its_messages_holds_the_method_back) {
  int written = 0;
  service_.list = [&written](ServerContext&, const StringValue&,
                             ServerWriter<StringValue>& writer) -> Task<absl::Status> {
    StringValue message;
    message.set_value(std::string(10000, 'x'));
    for (; written < 1000; ++written) {
      auto write = writer.write(message);
      co_await write;
    }
    co_return absl::OkStatus();
  };
  client().hold_windows();
  ScriptedStream& seen = call(TestService::kList, "x");
  settle();
  EXPECT_GT(written, 5);
  EXPECT_LT(written, 100);
  const int before = written;
  while (seen.end.empty() && seen.closed.empty()) {
    client().take(seen);
    settle();
  }
  EXPECT_GT(written, before);
  EXPECT_EQ(written, 1000);
  EXPECT_EQ(status_of(seen), "0");
}

}  // namespace
}  // namespace turbo::rpc
