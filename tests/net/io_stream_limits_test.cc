// Limits of input: max_bytes, max_buffer_size, and what happens at limit - 1, limit, limit + 1.
#include <string>
#include <utility>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

class StreamLimitsTest : public StreamTest {
 protected:
  // Lets `bytes` arrive in the stream's buffer.
  void buffer(std::string_view bytes) {
    peer.send(bytes);
    stream->read_until(std::string(16, '\1'), [](absl::StatusOr<Buffer>) {});
    run_until([&] { return stream->peek().size() == bytes.size(); });
    stream->cancel_read();
    idle(3);
  }
  // The same bytes, in one packet, in two, or before the read began.
  enum class Arrival { kWhole, kSplit, kBuffered };
  void arrive(Arrival arrival, std::string_view bytes, std::function<void()> start) {
    if (arrival == Arrival::kBuffered) {
      buffer(bytes);
      return start();
    }
    start();
    if (arrival == Arrival::kWhole) return peer.send(bytes);
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (stream->closed()) return;
      peer.send(bytes.substr(i, 1));
      idle(3);
    }
  }
};
TURBO_OVER_STREAMS(StreamLimitsTest);

// IOS-14, E36; 11.1 test_read_until_max_bytes, _inline, _ignores_extra.
TEST_P(StreamLimitsTest, max_bytes_decides_whatever_the_packets) {
  for (Arrival arrival : {Arrival::kWhole, Arrival::kSplit, Arrival::kBuffered}) {
    for (size_t max : {5u, 6u, 7u}) {
      SCOPED_TRACE(testing::Message()
                   << "arrival " << static_cast<int>(arrival) << ", max " << max);
      make();
      ReadRecord read;
      arrive(arrival, "abcd\r\nmore behind it",
             [&] { stream->read_until("\r\n", read.callback(), max); });
      run_until([&] { return read.calls == 1; });
      if (max >= 6) {
        EXPECT_EQ(read.data, "abcd\r\n");
        EXPECT_FALSE(stream->closed());
      } else {
        EXPECT_EQ(read.code(), Code::kResourceExhausted);
        EXPECT_TRUE(stream->closed());
        EXPECT_EQ(stream->error().code(), Code::kResourceExhausted);
      }
    }
  }
}

// 11.1 test_read_until_regex_max_bytes, _inline, _ignores_extra.
TEST_P(StreamLimitsTest, max_bytes_of_a_regex_decides_whatever_the_packets) {
  for (Arrival arrival : {Arrival::kWhole, Arrival::kSplit, Arrival::kBuffered}) {
    for (size_t max : {5u, 6u, 7u}) {
      SCOPED_TRACE(testing::Message()
                   << "arrival " << static_cast<int>(arrival) << ", max " << max);
      make();
      ReadRecord read;
      arrive(arrival, "abcd12xxxxxxxxxxxxx",
             [&] { stream->read_until_regex("[0-9][0-9]", read.callback(), max); });
      run_until([&] { return read.calls == 1; });
      if (max >= 6) {
        EXPECT_EQ(read.data, "abcd12");
      } else {
        EXPECT_EQ(read.code(), Code::kResourceExhausted);
        EXPECT_TRUE(stream->closed());
      }
    }
  }
}

// Row 15: a regular expression has a limit even if none is given.
TEST_P(StreamLimitsTest, a_regex_without_a_limit_gets_64_KiB) {
  make();
  ReadRecord read;
  stream->read_until_regex("[0-9]", read.callback());
  const std::string filler(IOStream::kRegexLimit + 1, 'x');
  std::string_view left = filler;
  run_until([&] {
    left.remove_prefix(peer.send_some(left));
    return read.calls == 1;
  });
  EXPECT_EQ(read.code(), Code::kResourceExhausted);
}

// E36, row 6, tornado #2507: on_limit = keep leaves stream and bytes.
TEST_P(StreamLimitsTest, on_limit_keep_leaves_the_stream_open_and_the_bytes_readable) {
  make({.on_limit = OnLimit::kKeep});
  ReadRecord line, rest, next;
  stream->read_until("\n", line.callback(), 4);
  peer.send("too long\n");
  run_until([&] { return line.calls == 1; });
  EXPECT_EQ(line.code(), Code::kResourceExhausted);
  EXPECT_FALSE(stream->closed());
  stream->write("line too long");
  stream->read_until("\n", rest.callback());
  run_until([&] { return rest.calls == 1 && !stream->writing(); });
  EXPECT_EQ(rest.data, "too long\n");
  EXPECT_EQ(peer.receive(), "line too long");
  stream->read_until("\n", next.callback(), 4);
  peer.send("ok!\n");
  run_until([&] { return next.calls == 1; });
  EXPECT_EQ(next.data, "ok!\n");
}

// E12, row 6: the delimiter lies beyond the buffer.
TEST_P(StreamLimitsTest, a_delimited_read_that_fills_the_buffer_fails_and_closes) {
  make({.max_buffer_size = 10000});
  ReadRecord read;
  StatusRecord closed;
  stream->set_close_callback(closed.callback());
  stream->read_until("\n", read.callback());
  peer.send(std::string(10001, 'x'));
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(read.calls, 1);
  EXPECT_EQ(read.code(), Code::kResourceExhausted);
  EXPECT_EQ(closed.code(), Code::kResourceExhausted);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 1u);
}

// E13, D12, row 6, 11.3 ExactlyFullBufferStaysOpen: limit - 1, limit, limit + 1 with the delimiter
// last.
TEST_P(StreamLimitsTest, exactly_max_buffer_size_is_fine) {
  for (size_t size : {9999u, 10000u, 10001u}) {
    SCOPED_TRACE(size);
    make({.max_buffer_size = 10000});
    ReadRecord read;
    stream->read_until("\n", read.callback());
    peer.send(std::string(size - 1, 'x') + "\n");
    run_until([&] { return read.calls == 1; });
    idle(3);
    if (size <= 10000) {
      EXPECT_EQ(read.data.size(), size);
      EXPECT_FALSE(stream->closed());
    } else {
      EXPECT_EQ(read.code(), Code::kResourceExhausted);
      EXPECT_TRUE(stream->closed());
    }
  }
}

// E14, row 6: read_bytes beyond the limit fails at once (but later) and consumes nothing; streaming
// may pass it.
TEST_P(StreamLimitsTest, read_bytes_beyond_the_buffer_needs_streaming) {
  for (size_t size : {9999u, 10000u, 10001u}) {
    SCOPED_TRACE(size);
    make({.max_buffer_size = 10000});
    ReadRecord read;
    stream->read_bytes(size, read.callback());
    EXPECT_EQ(read.calls, 0);
    if (size <= 10000) {
      peer.send(std::string(size, 'x'));
      run_until([&] { return read.calls == 1; });
      EXPECT_EQ(read.data.size(), size);
    } else {
      run_until([&] { return read.calls == 1; });
      EXPECT_EQ(read.code(), Code::kResourceExhausted);
    }
  }
  make({.max_buffer_size = 10000});
  PieceRecord pieces;
  ReadRecord end;
  stream->read_bytes(50000, end.callback(), pieces.callback());
  peer.send(std::string(50000, 'x'));
  run_until([&] { return end.calls == 1; });
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(pieces.all.size(), 50000u);
}

// iostream.md section 1: read_until_close respects max_buffer_size.
TEST_P(StreamLimitsTest, read_until_close_stops_at_the_limit) {
  for (size_t size : {9999u, 10000u, 10001u}) {
    SCOPED_TRACE(size);
    make({.max_buffer_size = 10000});
    ReadRecord read;
    stream->read_until_close(read.callback());
    peer.send(std::string(size, 'x'));
    peer.finish();
    run_until([&] { return read.calls == 1; });
    if (size <= 10000) {
      EXPECT_EQ(read.data.size(), size);
    } else {
      EXPECT_EQ(read.code(), Code::kResourceExhausted);
      EXPECT_TRUE(stream->closed());
    }
  }
}

// E37: streamed, it has no bound.
TEST_P(StreamLimitsTest, read_until_close_streams_more_than_the_buffer_holds) {
  make({.max_buffer_size = 10000});
  PieceRecord pieces;
  ReadRecord end;
  stream->read_until_close(end.callback(), pieces.callback());
  peer.send(std::string(60000, 'x'));
  peer.finish();
  run_until([&] { return end.calls == 1; });
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(pieces.all.size(), 60000u);
}

// read_into is bounded by the caller's memory, not by the buffer.
TEST_P(StreamLimitsTest, read_into_may_be_larger_than_the_buffer) {
  make({.max_buffer_size = 10000});
  std::vector<char> room(40000);
  StatusRecord read;
  stream->read_into(room, [done = read.callback()](absl::Status s, size_t) mutable { done(s); });
  const std::string sent = pattern(40000);
  peer.send(sent);
  run_until([&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(std::string(room.begin(), room.end()), sent);
}

// IOS-17, 11.3 ReadIntoEofRestoresMode: the bytes in the caller's memory are reported; the next
// read is normal.
TEST_P(StreamLimitsTest, read_into_cut_short_reports_what_it_got) {
  make();
  std::array<char, 10> room{};
  StatusRecord read;
  size_t bytes = 0;
  stream->read_into(room, [&, done = read.callback()](absl::Status s, size_t n) mutable {
    bytes = n;
    done(std::move(s));
  });
  peer.send("abc");
  idle();
  peer.close();
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.code(), Code::kOutOfRange);
  EXPECT_EQ(std::string(room.data(), bytes) + stream->peek().to_string(), "abc");
  ReadRecord rest;
  stream->read_until_close(rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_TRUE(rest.ok());
  EXPECT_EQ(bytes + rest.data.size(), 3u);
}

}  // namespace
}  // namespace turbo
