// Flow: what is read ahead, what is left to the kernel, and that waiting costs nothing.
#include <functional>
#include <string>
#include <utility>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

class StreamFlowTest : public StreamTest {};
TURBO_OVER_STREAMS_AND_PIPES(StreamFlowTest);

// E15, D8, row 13, 11.3 IdleFloodNoSpin: at most a chunk is read ahead, then interest goes off.
TEST_P(StreamFlowTest, a_flooded_idle_stream_reads_ahead_at_most_a_chunk_and_sleeps) {
  make({.read_chunk_size = 4096});
  ReadRecord read;
  stream->read_bytes(1, read.callback());
  peer.send(std::string(50000, 'x'));
  run_until([&] { return read.calls == 1; });
  idle(3);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_LE(guard.completions(), 3u);
  EXPECT_LE(stream->peek().size(), 4096u);
}

// E15: a stream nobody ever read from.
TEST_P(StreamFlowTest, a_fresh_stream_that_is_flooded_sleeps) {
  make({.read_chunk_size = 4096});
  stream->set_close_callback([](absl::Status) {});
  const SpinGuard guard(loop);
  peer.send(std::string(50000, 'x'));
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_LE(stream->peek().size(), 4096u);
}

// D8, 11.3 FullBufferNoSpin: buffered data nobody asks for.
TEST_P(StreamFlowTest, a_full_buffer_sleeps) {
  make({.max_buffer_size = 4096, .read_chunk_size = 4096});
  ReadRecord read;
  stream->read_bytes(4096, read.callback());
  peer.send(std::string(30000, 'x'));
  run_until([&] { return read.calls == 1; });
  idle(5);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_FALSE(stream->closed());
}

// An open, silent stream costs nothing, whatever it waits for.
TEST_P(StreamFlowTest, waiting_for_a_byte_sleeps) {
  make();
  ReadRecord read;
  stream->read_until("\n", read.callback());
  peer.send("no newline yet");
  idle(5);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_EQ(guard.wakeups(), 0u);
  EXPECT_EQ(guard.completions(), 0u);
  peer.send("\n");
  run_until([&] { return read.calls == 1; });
}

// Row 13: the peer ended, its data is unread, nobody reads.
TEST_P(StreamFlowTest, unread_data_before_a_hang_up_sleeps) {
  make({.read_chunk_size = 4096});
  ReadRecord read;
  bool closed = false;
  stream->set_close_callback([&](absl::Status) { closed = true; });
  stream->read_bytes(1, read.callback());
  peer.send(std::string(20000, 'x'));
  peer.close();
  run_until([&] { return read.calls == 1; });
  idle(5);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_FALSE(closed);
  ReadRecord rest;
  stream->read_bytes(19999, rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_TRUE(rest.ok());
  run_until([&] { return closed; });
}

// IOS-15, 11.1 test_small_reads_from_large_buffer: a 10 KiB limit, 100 KiB waiting.
TEST_P(StreamFlowTest, small_reads_get_through_far_more_than_the_buffer_holds) {
  make({.max_buffer_size = 10240});
  const std::string sent = pattern(102400);
  std::string_view left = sent;
  std::string got;
  std::function<void()> next = [&] {
    stream->read_bytes(512, [&](absl::StatusOr<Buffer> piece) {
      ASSERT_TRUE(piece.ok()) << piece.status();
      got += piece->to_string();
      EXPECT_LE(stream->peek().size(), 10240u);
      if (got.size() < sent.size()) next();
    });
  };
  next();
  run_until([&] {
    left.remove_prefix(peer.send_some(left));
    return got.size() == sent.size();
  });
  EXPECT_EQ(got, sent);
}

// IOS-15, 11.1 test_small_read_untils_from_large_buffer.
TEST_P(StreamFlowTest, small_lines_get_through_far_more_than_the_buffer_holds) {
  make({.max_buffer_size = 10240});
  const std::string line = std::string(1023, 'a') + "\n";
  std::string sent;
  for (int i = 0; i < 100; ++i) sent += line;
  std::string_view left = sent;
  int lines = 0;
  std::function<void()> next = [&] {
    stream->read_until(
        "\n",
        [&](absl::StatusOr<Buffer> got) {
          ASSERT_TRUE(got.ok()) << got.status();
          EXPECT_EQ(got->to_string(), line);
          if (++lines < 100) next();
        },
        4096);
  };
  next();
  run_until([&] {
    left.remove_prefix(peer.send_some(left));
    return lines == 100;
  });
}

// 11.1 test_flow_control: a reader with a small buffer slows the writer down, and all of it
// arrives.
TEST_P(StreamFlowTest, a_slow_reader_holds_the_writer_back) {
  constexpr size_t kMegabyte = 1 << 20;
  IOStreamOptions small{.max_buffer_size = 5 * kMegabyte};
  StreamPair pair = make_stream_pair(GetParam(), loop, small);
  size_t written = 0, got = 0;
  std::function<void()> write = [&] {
    pair.a->write(std::string(kMegabyte, 'x'), [&](absl::Status status) {
      ASSERT_TRUE(status.ok());
      written += kMegabyte;
      if (written < 10 * kMegabyte) write();
    });
  };
  std::function<void()> read = [&] {
    pair.b->read_bytes(kMegabyte, [&](absl::StatusOr<Buffer> data) {
      ASSERT_TRUE(data.ok());
      got += data->size();
      if (got < 10 * kMegabyte) read();
    });
  };
  write();
  idle(200);
  EXPECT_LT(written, 10 * kMegabyte) << "nobody reads yet";
  read();
  run_until([&] { return got == 10 * kMegabyte && written == 10 * kMegabyte; });
}

// E37, row 14: a fast producer into read_until_close leaves every iteration to others too.
TEST_P(StreamFlowTest, a_fast_producer_starves_nobody) {
  StreamPair fast = make_stream_pair(GetParam(), loop), other = make_stream_pair(GetParam(), loop);
  size_t got = 0;
  bool more = true;
  fast.b->read_until_close(nullptr, [&](Buffer piece) { got += piece.size(); });
  std::function<void()> produce = [&] {
    if (!more) return;
    fast.a->write(std::string(256 << 10, 'x'), [&](absl::Status) { produce(); });
  };
  produce();
  idle(20);
  ReadRecord read;
  other.b->read_bytes(4, read.callback());
  other.a->write("ping");
  for (int i = 0; i < 20 && read.calls == 0; ++i) loop.run_once();
  more = false;
  EXPECT_TRUE(read.ok());
  EXPECT_GT(got, 0u);
}

// Row 14: one iteration reads at most its byte budget from one stream.
TEST_P(StreamFlowTest, one_event_reads_at_most_its_budget) {
  if (!memory()) GTEST_SKIP() << "needs a connection that holds megabytes";
  make({.read_chunk_size = 65536});
  ReadRecord read;
  stream->read_bytes(8 << 20, read.callback());
  peer.send(std::string(8 << 20, 'x'));
  loop.run_once();
  EXPECT_EQ(read.calls, 0);  // not all of it at once
  EXPECT_GT(stream->peek().size(), 0u);
  EXPECT_LE(stream->peek().size(), size_t{2} << 20);
  run_until([&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
}

// The same for a peer whose bytes come in small pieces: each receive may cost more than its bytes.
TEST_P(StreamFlowTest, one_event_makes_at_most_64_receives) {
  if (!memory()) GTEST_SKIP() << "needs a connection that holds megabytes";
  make({.read_chunk_size = 1024});
  ReadRecord read;
  stream->read_bytes(1 << 20, read.callback());
  peer.send(std::string(1 << 20, 'x'));
  const size_t before = transport->steps(Step::kRead);
  loop.run_once();
  EXPECT_EQ(transport->steps(Step::kRead) - before, 64u);
  EXPECT_LE(stream->peek().size(), 64u * 1024);
  run_until([&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
}

// Row 8: also when the end comes with bytes that only the transport knew of.
TEST_P(StreamFlowTest, the_close_callback_comes_behind_a_read_of_more_than_the_budget) {
  if (!memory()) GTEST_SKIP() << "needs a transport with records";
  make({}, {.record_size = 3 << 20});
  std::string order;
  size_t got = 0;
  stream->set_close_callback([&](absl::Status) { order += "close "; });
  stream->read_until_close([&](absl::StatusOr<Buffer> all) {
    order += "read ";
    got = all.ok() ? all->size() : 0;
  });
  peer.send(std::string(3 << 20, 'x'));
  peer.finish();
  run_until([&] { return stream->closed() && order.size() >= 11; });
  EXPECT_EQ(order, "read close ");
  EXPECT_EQ(got, size_t{3} << 20);
}

// IOS-12: what the kernel holds is fetched with few calls, and none is made when the bytes are
// here.
TEST_P(StreamFlowTest, a_read_costs_one_call_in_the_common_case) {
  if (!memory()) GTEST_SKIP() << "calls are counted in memory";
  make();
  for (int i = 0; i < 10; ++i) {
    ReadRecord read;
    const size_t before = transport->steps(Step::kRead);
    stream->read_until("\n", read.callback());
    peer.send("request\n");
    run_until([&] { return read.calls == 1; });
    EXPECT_LE(transport->steps(Step::kRead) - before, 2u);
  }
}

}  // namespace
}  // namespace turbo
