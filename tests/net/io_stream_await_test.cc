// The awaitable face: the same operations in coroutines, cancellation by destruction on either
// side.
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "framework/loop/task.h"
#include "tests/net/stream_test.h"

namespace turbo {
namespace {

class StreamAwaitTest : public StreamTest {
 protected:
  // Starts `task` and keeps it until the test ends.
  void spawn(Task<> task) {
    tasks_.push_back(std::move(task));
    tasks_.back().start([this] { ++ended; });
  }
  void cancel_tasks() { tasks_.clear(); }
  int ended = 0;

 private:
  std::vector<Task<>> tasks_;
};
TURBO_OVER_STREAMS(StreamAwaitTest);

// Section 2: every read has an awaitable form.
Task<> read_in_every_way(IOStream& stream, std::vector<std::string>& got) {
  auto keep = [&got](absl::StatusOr<Buffer> result) {
    got.push_back(result.ok() ? result->to_string() : std::string(result.status().message()));
  };
  auto until = stream.read_until("\n");
  keep(co_await until);
  auto regex = stream.read_until_regex("[0-9]+;");
  keep(co_await regex);
  auto bytes = stream.read_bytes(3);
  keep(co_await bytes);
  auto partial = stream.read_bytes_partial(2);
  keep(co_await partial);
  std::array<char, 4> room;
  auto into = stream.read_into(room);
  auto filled = co_await into;
  got.push_back(std::string(room.data(), filled.bytes_read));
  auto into_partial = stream.read_into_partial(std::span(room).first(2));
  auto filled_partly = co_await into_partial;
  got.push_back(std::string(room.data(), filled_partly.bytes_read));
  auto some = stream.read_some();
  keep(co_await some);
  auto all = stream.read_until_close();
  keep(co_await all);
}

TEST_P(StreamAwaitTest, every_read_can_be_awaited) {
  make();
  std::vector<std::string> got;
  spawn(read_in_every_way(*stream, got));
  peer.send("line\nn42;abcdeINTOppsome");
  run_until([&] { return got.size() == 7; });
  peer.send("the rest");
  peer.finish();
  run_until([&] { return ended == 1; });
  EXPECT_EQ(got, (std::vector<std::string>{"line\n", "n42;", "abc", "de", "INTO", "pp", "some",
                                           "the rest"}));
}

Task<> echo_lines(IOStream& stream) {
  for (;;) {
    auto read = stream.read_until("\n");
    absl::StatusOr<Buffer> line = co_await read;
    if (!line.ok()) co_return;
    auto write = stream.write(std::move(*line));
    if (!(co_await write).ok()) co_return;
  }
}

// 11.1 test_future_interface.
TEST_P(StreamAwaitTest, a_conversation_in_a_coroutine) {
  make();
  spawn(echo_lines(*stream));
  for (int i = 0; i < 10; ++i) {
    const std::string line = std::to_string(i) + "\n";
    peer.send(line);
    std::string got;
    run_until([&] {
      got += peer.receive();
      return got.size() == line.size();
    });
    EXPECT_EQ(got, line);
  }
  peer.close();
  run_until([&] { return ended == 1; });
}

Task<> read_once(IOStream& stream, ReadRecord& record) {
  auto read = stream.read_until("\n");
  record.take(co_await read);
}

// Row 1: nothing resumes inside the call.
TEST_P(StreamAwaitTest, a_coroutine_is_resumed_by_the_loop_only) {
  make();
  ReadRecord first, second;
  spawn(read_once(*stream, first));
  peer.send("a\nb\n");
  EXPECT_EQ(first.calls, 0);
  run_until([&] { return first.calls == 1; });
  spawn(read_once(*stream, second));
  EXPECT_EQ(second.calls, 0) << "though it stands in the buffer";
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.data, "b\n");
}

// E1 for coroutines.
TEST_P(StreamAwaitTest, a_second_awaited_read_is_refused) {
  make();
  ReadRecord first, second;
  spawn(read_once(*stream, first));
  spawn(read_once(*stream, second));
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.code(), Code::kFailedPrecondition);
  peer.send("x\n");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "x\n");
}

// Row 10: destroying a coroutine withdraws what it awaits; the slot is free, no byte is lost.
TEST_P(StreamAwaitTest, destroying_a_coroutine_withdraws_its_read) {
  make();
  ReadRecord withdrawn, next;
  spawn(read_once(*stream, withdrawn));
  peer.send("hel");
  run_until([&] { return stream->peek().size() == 3; });
  cancel_tasks();
  EXPECT_FALSE(stream->reading());
  spawn(read_once(*stream, next));
  peer.send("lo\n");
  run_until([&] { return next.calls == 1; });
  EXPECT_EQ(withdrawn.calls, 0);
  EXPECT_EQ(next.data, "hello\n");
}

// Row 10: also when its read is satisfied and waits for its turn.
TEST_P(StreamAwaitTest, destroying_a_coroutine_whose_read_is_ready_loses_no_bytes) {
  make();
  ReadRecord first, ready, next;
  spawn(read_once(*stream, first));
  peer.send("a\nb\n");
  run_until([&] { return first.calls == 1; });
  spawn(read_once(*stream, ready));
  cancel_tasks();
  idle();
  EXPECT_EQ(ready.calls, 0);
  spawn(read_once(*stream, next));
  run_until([&] { return next.calls == 1; });
  EXPECT_EQ(next.data, "b\n");
}

// Withdrawing a refused read must not touch the one that was there first.
TEST_P(StreamAwaitTest, destroying_a_coroutine_with_a_refused_read_leaves_the_first_alone) {
  make();
  ReadRecord first, refused;
  stream->read_until("\n", first.callback());
  spawn(read_once(*stream, refused));
  cancel_tasks();
  EXPECT_TRUE(stream->reading());
  peer.send("x\n");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "x\n");
  EXPECT_EQ(refused.calls, 0);
}

// Row 10: destroying the stream resumes the coroutine later, from the loop, with kCancelled.
TEST_P(StreamAwaitTest, destroying_the_stream_resumes_the_coroutine_later) {
  make();
  ReadRecord read;
  spawn(read_once(*stream, read));
  idle(3);
  stream.reset();
  EXPECT_EQ(read.calls, 0) << "never from a destructor";
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.code(), Code::kCancelled);
  EXPECT_EQ(ended, 1);
}

// Row 9: close() completes it with kCancelled.
TEST_P(StreamAwaitTest, closing_the_stream_resumes_the_coroutine_with_kCancelled) {
  make();
  ReadRecord read;
  spawn(read_once(*stream, read));
  idle(3);
  stream->close();
  EXPECT_EQ(read.calls, 0);
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.code(), Code::kCancelled);
}

Task<> own_and_serve(std::unique_ptr<IOStream> stream, std::string& got) {
  auto read = stream->read_until("\n");
  absl::StatusOr<Buffer> line = co_await read;
  if (line.ok()) got = line->to_string();
}

// A coroutine that owns its stream: destroyed while it waits, finished while it waits.
TEST_P(StreamAwaitTest, a_coroutine_may_own_its_stream) {
  make();
  std::string got;
  spawn(own_and_serve(std::move(stream), got));
  peer.send("line\n");
  run_until([&] { return ended == 1; });
  EXPECT_EQ(got, "line\n");
  cancel_tasks();
  make();
  spawn(own_and_serve(std::move(stream), got));
  idle(3);
  cancel_tasks();
  idle();
  EXPECT_TRUE(peer.at_end());
}

// 11.1 test_connection_closed for coroutines.
TEST_P(StreamAwaitTest, the_peers_end_reaches_the_coroutine) {
  make();
  ReadRecord read;
  spawn(read_once(*stream, read));
  peer.send("no newline");
  peer.close();
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.code(), Code::kOutOfRange);
}

Task<> count_reads(IOStream& stream, size_t reads, size_t& done) {
  while (done < reads) {
    auto read = stream.read_bytes(1);
    if (!(co_await read).ok()) co_return;
    ++done;
  }
}

// E27 for coroutines.
TEST_P(StreamAwaitTest, a_hundred_thousand_awaited_reads_use_constant_stack) {
  make();
  size_t done = 0;
  spawn(count_reads(*stream, 100'000, done));
  std::string_view left;
  const std::string sent(100'000, 'x');
  left = sent;
  run_until([&] {
    left.remove_prefix(peer.send_some(left));
    return done == 100'000;
  });
}

}  // namespace
}  // namespace turbo
