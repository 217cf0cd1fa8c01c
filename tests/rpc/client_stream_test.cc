// Calls with many messages, awaited and with callbacks: order, back-pressure both ways, and how
// they end.
#include "framework/rpc/client_stream.h"

#include "framework/loop/task.h"
#include "tests/rpc/channel_fixture.h"

namespace turbo::rpc {
namespace {

using std::chrono::milliseconds;

class ClientStreamTest : public ChannelFixture {
 protected:
  template <class T>
  T run(Task<T> task) {
    bool done = false;
    task.start([&] { done = true; });
    EXPECT_TRUE(run_until([&] { return done; }));
    return task.result();
  }
  // The next call as soon as the server has it.
  ScriptedCall& seen(size_t index = 0) {
    EXPECT_TRUE(run_until([&] { return server().calls() > index; }));
    return server().call(index);
  }
  bool closed(const ScriptedCall& call) {
    return run_until([&] { return !call.closed.empty(); });
  }

  ClientContext context_;
};

using Reader = ClientReader<StringValue>;
using Writer = ClientWriter<StringValue, StringValue>;
using Stream = ClientStream<StringValue, StringValue>;

Task<std::string> read_all(Reader& reader) {
  std::string all;
  for (StringValue message;;) {
    auto read = reader.read(message);
    if (!co_await read) break;
    all += message.value() + ",";
  }
  auto finish = reader.finish();
  const absl::Status status = co_await finish;
  co_return all + std::string(status.ToString());
}

// ---- many replies ----

TEST_F(ClientStreamTest, replies_are_read_one_by_one) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    for (const char* word : {"one", "two", "three"}) call.send(framed(bytes_of(word)));
    call.finish("0");
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_EQ(run(read_all(reader)), "one,two,three,OK");
  EXPECT_EQ(server().call(0).received, framed(bytes_of("go")));
}

TEST_F(ClientStreamTest, replies_come_in_any_pieces) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  ScriptedCall& call = seen();
  call.begin();
  const std::string bytes = framed(bytes_of("one")) + framed(bytes_of("two"));
  Task<std::string> task = read_all(reader);
  bool done = false;
  task.start([&] { done = true; });
  for (const char byte : bytes) {
    call.send(std::string(1, byte));
    loop_.run_once(milliseconds(1));
  }
  call.finish("0");
  ASSERT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(task.result(), "one,two,OK");
}

TEST_F(ClientStreamTest, replies_before_a_failure_are_read) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
    call.finish({{"grpc-status", "13"}, {"grpc-message", "broken"}});
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_EQ(run(read_all(reader)), "one,INTERNAL: broken");
}

TEST_F(ClientStreamTest, no_reply_at_all_is_fine) {
  server().on_call = [](ScriptedCall& call) { call.refuse("0"); };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_EQ(run(read_all(reader)), "OK");
}

TEST_F(ClientStreamTest, a_last_reply_that_is_cut_short_spoils_the_end) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")) + framed("two").substr(0, 6));
    call.finish("0");
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_TRUE(begins_with(run(read_all(reader)), "one,INTERNAL"));
}

TEST_F(ClientStreamTest, who_does_not_read_holds_the_server_back) {
  ChannelOptions options;
  options.session.stream_window_bytes = 70000;
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    for (int i = 0; i < 100; ++i) call.send(framed(bytes_of(std::string(10000, 'x'))));
    call.finish("0");
  };
  open(std::move(options));
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  ScriptedCall& call = seen();
  settle();
  EXPECT_TRUE(call.closed.empty());
  EXPECT_TRUE(call.connection.session->window_shut(call));
  const std::string all = run(read_all(reader));
  EXPECT_EQ(std::count(all.begin(), all.end(), ','), 100);
}

TEST_F(ClientStreamTest, a_reply_larger_than_the_window_comes_while_it_is_read) {
  ChannelOptions options;
  options.session.stream_window_bytes = 70000;
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of(std::string(1000000, 'x'))));
    call.finish("0");
  };
  open(std::move(options));
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_EQ(run(read_all(reader)).size(), 1000000u + 3);
}

TEST_F(ClientStreamTest, finish_drops_what_was_not_read) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    for (int i = 0; i < 100; ++i) call.send(framed(bytes_of(std::string(10000, 'x'))));
    call.finish("0");
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  std::optional<absl::Status> status;
  reader.finish([&](absl::Status end) { status = end; });
  EXPECT_FALSE(status.has_value());
  ASSERT_TRUE(run_until([&] { return status.has_value(); }));
  EXPECT_TRUE(status->ok());
}

TEST_F(ClientStreamTest, callbacks_do_as_well) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
    call.send(framed(bytes_of("two")));
    call.finish("0");
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  std::string all;
  StringValue message;
  std::function<void(bool)> on_read = [&](bool more) {
    all += more ? message.value() + "," : "end";
    if (more) reader.read(message, on_read);
  };
  reader.read(message, on_read);
  ASSERT_TRUE(run_until([&] { return all.ends_with("end"); }));
  EXPECT_EQ(all, "one,two,end");
}

TEST_F(ClientStreamTest, a_callback_may_drop_the_stream) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
  };
  open();
  auto reader = std::make_unique<Reader>(*channel_, kReadMethod, context_, text("go"));
  StringValue message;
  reader->read(message, [&](bool) { reader.reset(); });
  ASSERT_TRUE(run_until([&] { return reader == nullptr; }));
  ASSERT_TRUE(closed(seen()));
  EXPECT_EQ(seen().closed, "CANCEL by peer");
}

TEST_F(ClientStreamTest, a_callback_that_is_dropped_with_the_stream_may_own_the_context) {
  server().on_call = [](ScriptedCall&) {};
  open();
  auto context = std::make_unique<ClientContext>();
  auto reader = std::make_unique<Reader>(*channel_, kReadMethod, *context, text("go"));
  reader->finish([owned = std::move(context)](absl::Status) { FAIL() << "it was dropped"; });
  ScriptedCall& call = seen();
  reader.reset();
  ASSERT_TRUE(closed(call));
  EXPECT_EQ(call.closed, "CANCEL by peer");
}

TEST_F(ClientStreamTest, dropping_the_stream_ends_who_awaits_it) {
  server().on_call = [](ScriptedCall&) {};
  open();
  auto reader = std::make_unique<Reader>(*channel_, kReadMethod, context_, text("go"));
  StringValue message;
  std::optional<bool> found;
  const auto read = [](Reader& from, StringValue& into, std::optional<bool>& result) -> Task<> {
    auto operation = from.read(into);
    result = static_cast<bool>(co_await operation);
  };
  Task<> task = read(*reader, message, found);
  task.start([] {});
  seen();
  reader.reset();
  EXPECT_FALSE(found.has_value());
  ASSERT_TRUE(run_until([&] { return found.has_value(); }));
  EXPECT_FALSE(*found);
}

TEST_F(ClientStreamTest, a_stream_moves) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
    call.finish("0");
  };
  open();
  Reader first(*channel_, kReadMethod, context_, text("go"));
  Reader second = std::move(first);
  EXPECT_EQ(run(read_all(second)), "one,OK");
}

TEST_F(ClientStreamTest, a_deadline_ends_a_read) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
  };
  open();
  context_.set_timeout(milliseconds(50));
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  EXPECT_EQ(run(read_all(reader)), "one,DEADLINE_EXCEEDED: the deadline has passed");
}

TEST_F(ClientStreamTest, cancelling_behind_the_end_changes_nothing) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send(framed(bytes_of("one")));
    call.finish("0");
  };
  open();
  Reader reader(*channel_, kReadMethod, context_, text("go"));
  ASSERT_TRUE(closed(seen()));
  settle();
  reader.cancel();
  EXPECT_EQ(run(read_all(reader)), "one,OK");
}

// ---- many requests ----

Task<std::string> write_and_finish(Writer& writer, int count) {
  for (int i = 0; i < count; ++i) {
    StringValue message = text(std::to_string(i));
    auto write = writer.write(message);
    const absl::Status written = co_await write;
    if (!written.ok()) break;
  }
  auto finish = writer.finish();
  absl::StatusOr<StringValue> reply = co_await finish;
  co_return reply.ok() ? reply->value() : std::string(reply.status().ToString());
}

TEST_F(ClientStreamTest, requests_are_written_and_one_reply_comes) {
  server().on_call = [](ScriptedCall& call) { call.reply(bytes_of("sum")); };
  open();
  Writer writer(*channel_, kWriteMethod, context_);
  EXPECT_EQ(run(write_and_finish(writer, 3)), "sum");
  EXPECT_EQ(server().call(0).received,
            framed(bytes_of("0")) + framed(bytes_of("1")) + framed(bytes_of("2")));
}

TEST_F(ClientStreamTest, no_request_at_all_is_fine) {
  server().on_call = [](ScriptedCall& call) { call.reply(bytes_of("sum")); };
  open();
  Writer writer(*channel_, kWriteMethod, context_);
  EXPECT_EQ(run(write_and_finish(writer, 0)), "sum");
  EXPECT_EQ(server().call(0).received, "");
}

TEST_F(ClientStreamTest, a_reply_with_a_callback) {
  server().on_call = [](ScriptedCall& call) { call.reply(bytes_of("sum")); };
  open();
  Writer writer(*channel_, kWriteMethod, context_);
  std::string told;
  writer.write(text("one"), [&](absl::Status written) {
    EXPECT_TRUE(written.ok());
    writer.finish([&](absl::StatusOr<StringValue> reply) { told = reply->value(); });
  });
  ASSERT_TRUE(run_until([&] { return !told.empty(); }));
  EXPECT_EQ(told, "sum");
}

TEST_F(ClientStreamTest, a_server_that_does_not_read_holds_the_writer_back) {
  server().on_piece = [](ScriptedCall& call) { call.consumes = false; };
  server().on_call = [](ScriptedCall& call) { call.reply(""); };
  open();
  Writer writer(*channel_, kWriteMethod, context_);
  size_t written = 0;
  std::function<void(absl::Status)> on_written = [&](absl::Status) {
    if (++written < 1000) writer.write(text(std::string(10000, 'x')), on_written);
  };
  writer.write(text(std::string(10000, 'x')), on_written);
  ScriptedCall& call = seen();
  settle();
  const size_t held = written;
  EXPECT_LT(held, 100u) << "a window and a buffer";
  settle();
  EXPECT_EQ(written, held);
  server().on_piece = [](ScriptedCall&) {};
  call.take();
  ASSERT_TRUE(run_until([&] { return written == 1000; }));
}

TEST_F(ClientStreamTest, who_writes_on_and_on_without_waiting_is_stopped) {
  ChannelOptions options;
  options.max_unsent_bytes = 100000;
  server().on_piece = [](ScriptedCall& call) { call.consumes = false; };
  open(std::move(options));
  Writer writer(*channel_, kWriteMethod, context_);
  for (int i = 0; i < 11; ++i) static_cast<void>(writer.write(text(std::string(10000, 'x'))));
  std::string told;
  writer.finish([&](absl::StatusOr<StringValue> reply) { told = reply.status().ToString(); });
  ASSERT_TRUE(run_until([&] { return !told.empty(); }));
  EXPECT_EQ(told, "RESOURCE_EXHAUSTED: too much was written that has not been sent");
}

TEST_F(ClientStreamTest, a_server_that_has_heard_enough_ends_the_writer) {
  server().on_piece = [](ScriptedCall& call) { call.reply(bytes_of("enough")); };
  server().on_call = [](ScriptedCall&) {};
  open();
  Writer writer(*channel_, kWriteMethod, context_);
  EXPECT_EQ(run(write_and_finish(writer, 1)), "enough");
  std::optional<absl::Status> late;
  writer.write(text("late"), [&](absl::Status written) { late = written; });
  ASSERT_TRUE(run_until([&] { return late.has_value(); }));
  EXPECT_EQ(late->ToString(), "FAILED_PRECONDITION: the call has ended");
  ASSERT_TRUE(closed(seen()));
}

TEST_F(ClientStreamTest, what_is_written_between_two_tries_does_not_cost_what_was_sent) {
  ChannelOptions options;
  options.max_retry_bytes = 1000;
  options.retry.max_attempts = 3;
  options.retry.backoff = {.initial = milliseconds(50), .jitter = 0};
  open(std::move(options));
  server().on_piece = [this](ScriptedCall& call) {
    if (server().calls() == 1) call.refuse("14");
  };
  server().on_call = [](ScriptedCall& call) { call.reply(bytes_of("whole")); };
  Writer writer(*channel_, kWriteMethod, context_);
  static_cast<void>(writer.write(text("first")));
  ASSERT_TRUE(closed(seen()));
  loop_.run_once();  // the stream's end
  const std::string large(2000, 'x');
  static_cast<void>(writer.write(text(large)));
  auto finish = [](Writer& from) -> Task<std::string> {
    auto operation = from.finish();
    absl::StatusOr<StringValue> reply = co_await operation;
    co_return reply.ok() ? reply->value() : std::string(reply.status().ToString());
  };
  EXPECT_EQ(run(finish(writer)), "whole");
  EXPECT_EQ(server().call(1).received, framed(bytes_of("first")) + framed(bytes_of(large)));
}

TEST_F(ClientStreamTest, a_request_behind_the_last_is_the_callers_fault) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Stream stream(*channel_, kChatMethod, context_);
  stream.writes_done();
  EXPECT_DEATH(static_cast<void>(stream.write(text("late"))), "no request follows");
}

// ---- both ----

Task<std::string> ping_pong(Stream& stream, int rounds) {
  std::string all;
  for (int i = 0; i < rounds; ++i) {
    StringValue message = text(std::to_string(i));
    auto write = stream.write(message);
    const absl::Status written = co_await write;
    if (!written.ok()) break;
    auto read = stream.read(message);
    if (!co_await read) break;
    all += message.value() + ",";
  }
  stream.writes_done();
  StringValue more;
  auto last = stream.read(more);
  if (co_await last) all += "more,";
  auto finish = stream.finish();
  const absl::Status status = co_await finish;
  co_return all + std::string(status.ToString());
}

TEST_F(ClientStreamTest, messages_go_back_and_forth) {
  server().on_piece = [begun = false](ScriptedCall& call) mutable {
    if (!std::exchange(begun, true)) call.begin();
    call.send(std::exchange(call.received, {}));
  };
  server().on_call = [](ScriptedCall& call) { call.finish("0"); };
  open();
  Stream stream(*channel_, kChatMethod, context_);
  EXPECT_EQ(run(ping_pong(stream, 5)), "0,1,2,3,4,OK");
}

TEST_F(ClientStreamTest, an_empty_stream_ends_well) {
  server().on_call = [](ScriptedCall& call) { call.refuse("0"); };
  open();
  Stream stream(*channel_, kChatMethod, context_);
  EXPECT_EQ(run(ping_pong(stream, 0)), "OK");
}

TEST_F(ClientStreamTest, cancelling_ends_both_sides) {
  server().on_call = [](ScriptedCall&) {};
  open();
  Stream stream(*channel_, kChatMethod, context_);
  seen();
  StringValue message;
  std::optional<bool> found;
  std::optional<absl::Status> status;
  stream.read(message, [&](bool more) { found = more; });
  stream.finish([&](absl::Status end) { status = end; });
  stream.cancel();
  ASSERT_TRUE(run_until([&] { return found.has_value() && status.has_value(); }));
  EXPECT_FALSE(*found);
  EXPECT_TRUE(absl::IsCancelled(*status));
  ASSERT_TRUE(closed(seen()));
  EXPECT_EQ(seen().closed, "CANCEL by peer");
}

TEST_F(ClientStreamTest, a_lost_connection_ends_a_stream) {
  server().on_piece = [](ScriptedCall& call) { call.connection.drop(); };
  open();
  Stream stream(*channel_, kChatMethod, context_);
  EXPECT_TRUE(begins_with(run(ping_pong(stream, 5)), "UNAVAILABLE"));
}

}  // namespace
}  // namespace turbo::rpc
