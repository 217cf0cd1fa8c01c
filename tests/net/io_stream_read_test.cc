// Reading: every kind of read, over every transport, with callbacks.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

class StreamReadTest : public StreamTest {
 protected:
  // Sends while the stream reads: for more bytes than a connection holds.
  template <class Done>
  void feed(std::string_view bytes, Done done) {
    run_until([&] {
      bytes.remove_prefix(peer.send_some(bytes.substr(0, 65536)));
      return done();
    });
    EXPECT_TRUE(bytes.empty());
  }
  // Lets `count` bytes arrive in the stream's buffer. Requires: at most a chunk, none before.
  void buffer(std::string_view bytes) {
    StatusRecord peeked;
    peer.send(bytes);
    stream->read_until(std::string(16, '\1'), [](absl::StatusOr<Buffer>) {});
    run_until([&] { return stream->peek().size() == bytes.size(); });
    stream->cancel_read();
    idle(3);
    ASSERT_FALSE(stream->reading());
  }
};
TURBO_OVER_STREAMS_AND_PIPES(StreamReadTest);

// 11.2 read_bytes: 1 MiB.
TEST_P(StreamReadTest, read_bytes_delivers_exactly_what_was_asked_for) {
  make();
  const std::string sent = pattern(1 << 20);
  ReadRecord read;
  stream->read_bytes(sent.size() - 10, read.callback());
  feed(sent, [&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(read.data, sent.substr(0, sent.size() - 10));
  ReadRecord rest;
  stream->read_bytes(10, rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_EQ(rest.data, sent.substr(sent.size() - 10));
}

// 11.2 read_until: 1 MiB, a long repetitive delimiter, 1 MiB behind it. 11.1 test_large_read_until
// (IOS-13).
TEST_P(StreamReadTest, read_until_finds_a_long_repetitive_delimiter_in_megabytes) {
  make();
  const std::string delimiter = std::string(40, 'x') + "y";
  const std::string before = pattern(1 << 20) + std::string(39, 'x');
  const std::string sent = before + delimiter + pattern(1 << 20);
  ReadRecord line, rest;
  stream->read_until(delimiter, line.callback());
  feed(sent, [&] {
    if (line.calls == 1 && rest.calls == 0 && !stream->reading()) {
      stream->read_bytes(1 << 20, rest.callback());
    }
    return rest.calls == 1;
  });
  EXPECT_EQ(line.data, before + delimiter);
  EXPECT_EQ(rest.data, pattern(1 << 20));
}

// D1, E25, 11.3 SplitDelimiterEveryOffset: every split point, delimiters of 1 to 8 bytes.
TEST_P(StreamReadTest, a_delimiter_split_at_every_offset_is_found) {
  make();
  for (size_t length = 1; length <= 8; ++length) {
    const std::string delimiter = std::string("\r\n\r\n\r\nX").substr(0, length - 1) + "#";
    const std::string line = "\r\nab\r" + delimiter;
    const std::string sent = line + "tail";
    for (size_t split = 1; split < sent.size(); ++split) {
      SCOPED_TRACE(testing::Message() << "delimiter of " << length << ", split at " << split);
      ReadRecord read, tail;
      stream->read_until(delimiter, read.callback());
      peer.send(sent.substr(0, split));
      run_until([&] { return read.calls == 1 || stream->peek().size() == split; });
      peer.send(sent.substr(split));
      run_until([&] { return read.calls == 1; });
      EXPECT_EQ(read.data, line);
      stream->read_bytes(4, tail.callback());
      run_until([&] { return tail.calls == 1; });
      ASSERT_EQ(tail.data, "tail");
    }
  }
}

// E25: all occurrences, one byte at a time.
TEST_P(StreamReadTest, lines_sent_byte_by_byte_are_read_one_by_one) {
  make();
  const std::string sent = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<std::string> lines;
  ReadRecord read;
  stream->read_until("\r\n", read.callback());
  for (char byte : sent) {
    peer.send(std::string_view(&byte, 1));
    idle(4);
    if (read.calls == 0) continue;
    lines.push_back(std::exchange(read, {}).data);
    stream->read_until("\r\n", read.callback());
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"GET / HTTP/1.1\r\n", "Host: x\r\n", "\r\n"}));
}

// 11.2 read_until_pattern; D2.
TEST_P(StreamReadTest, read_until_regex_ends_with_the_first_match) {
  make();
  ReadRecord head, body;
  stream->read_until_regex("\r?\n\r?\n", head.callback());
  peer.send("a: b\n\r");
  run_until([&] { return stream->peek().size() == 6; });
  EXPECT_EQ(head.calls, 0);
  peer.send("\nbody\n\n");
  run_until([&] { return head.calls == 1; });
  EXPECT_EQ(head.data, "a: b\n\r\n");
  stream->read_until_regex("[a-z]+\n\n", body.callback());
  run_until([&] { return body.calls == 1; });
  EXPECT_EQ(body.data, "body\n\n");
}

// E26: the pattern is tried again as the buffer grows, so a match late in a long input is found.
TEST_P(StreamReadTest, a_regex_match_behind_kilobytes_in_small_packets_is_found) {
  make();
  const std::string filler = pattern(20000);
  ReadRecord read;
  stream->read_until_regex("[0-9]{3}!", read.callback());
  for (size_t i = 0; i < filler.size(); i += 1000) {
    peer.send(filler.substr(i, 1000));
    idle(3);
  }
  peer.send("12");
  idle(3);
  EXPECT_EQ(read.calls, 0);
  peer.send("3!");
  peer.send(pattern(60));
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, filler + "123!");
}

// 11.1 test_read_bytes_partial.
TEST_P(StreamReadTest, read_bytes_partial_takes_what_is_there_and_no_more_than_asked) {
  make();
  ReadRecord first, second;
  stream->read_bytes_partial(50, first.callback());
  peer.send("hello");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "hello");
  peer.send("goodbye");
  stream->read_bytes_partial(4, second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.data, "good");
}

// IOS-10.
TEST_P(StreamReadTest, read_some_gives_whatever_has_arrived) {
  make();
  ReadRecord first, second;
  stream->read_some(first.callback());
  idle();
  EXPECT_EQ(first.calls, 0);
  peer.send("abc");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "abc");
  buffer("defg");
  stream->read_some(second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.data, "defg");
}

// 11.1 test_read_into: the memory is filled whole, over several packets, and the next read goes on
// behind it.
TEST_P(StreamReadTest, read_into_fills_the_callers_memory) {
  make();
  std::array<char, 10> room{};
  StatusRecord status;
  size_t bytes = 0;
  auto start = [&] {
    stream->read_into(room, [&, done = status.callback()](absl::Status s, size_t n) mutable {
      bytes = n;
      done(std::move(s));
    });
  };
  start();
  peer.send("hello");
  idle();
  EXPECT_EQ(status.calls, 0);
  peer.send("world!!");
  run_until([&] { return status.calls == 1; });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(bytes, 10u);
  EXPECT_EQ(std::string_view(room.data(), 10), "helloworld");
  ReadRecord rest;
  stream->read_some(rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_EQ(rest.data, "!!");
}

// 11.1 test_read_into: bytes buffered before go first.
TEST_P(StreamReadTest, read_into_begins_with_what_was_buffered) {
  make();
  buffer("hello");
  std::array<char, 7> room{};
  StatusRecord status;
  stream->read_into(room, [done = status.callback()](absl::Status s, size_t) mutable { done(s); });
  peer.send("--tail");
  run_until([&] { return status.calls == 1; });
  EXPECT_EQ(std::string_view(room.data(), 7), "hello--");
}

// 11.1 test_read_into_partial.
TEST_P(StreamReadTest, read_into_partial_takes_what_is_there) {
  make();
  std::array<char, 10> room{};
  StatusRecord status;
  size_t bytes = 0;
  stream->read_into_partial(room, [&, done = status.callback()](absl::Status s, size_t n) mutable {
    bytes = n;
    done(std::move(s));
  });
  peer.send("hey");
  run_until([&] { return status.calls == 1; });
  EXPECT_EQ(bytes, 3u);
  EXPECT_EQ(std::string_view(room.data(), 3), "hey");
}

// E24; 11.1 test_read_zero_bytes, test_read_into_zero_bytes.
TEST_P(StreamReadTest, reads_of_zero_bytes_complete_later_and_empty) {
  make();
  ReadRecord bytes;
  stream->read_bytes(0, bytes.callback());
  EXPECT_EQ(bytes.calls, 0);
  run_until([&] { return bytes.calls == 1; });
  EXPECT_TRUE(bytes.ok());
  EXPECT_EQ(bytes.data, "");
  StatusRecord into;
  stream->read_into({}, [done = into.callback()](absl::Status s, size_t n) mutable {
    EXPECT_EQ(n, 0u);
    done(std::move(s));
  });
  EXPECT_EQ(into.calls, 0);
  run_until([&] { return into.calls == 1; });
  EXPECT_TRUE(into.ok());
  EXPECT_FALSE(stream->reading());
}

// E24: also on a closed stream.
TEST_P(StreamReadTest, a_read_of_zero_bytes_completes_on_a_closed_stream) {
  make();
  stream->close();
  ReadRecord read;
  stream->read_bytes(0, read.callback());
  run_until([&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
}

// E3, IOS-4: never inside the call, buffered or not.
TEST_P(StreamReadTest, a_read_satisfied_by_the_buffer_completes_later) {
  make();
  buffer("line\nrest");
  ReadRecord line;
  stream->read_until("\n", line.callback());
  EXPECT_EQ(line.calls, 0);
  EXPECT_TRUE(stream->reading());
  run_until([&] { return line.calls == 1; });
  EXPECT_EQ(line.data, "line\n");
  EXPECT_FALSE(stream->reading());
}

// 11.2 reading: true while pending, false in the callback.
TEST_P(StreamReadTest, reading_is_true_until_the_callback_runs) {
  make();
  bool inside = true;
  stream->read_bytes(3, [&](absl::StatusOr<Buffer>) { inside = stream->reading(); });
  EXPECT_TRUE(stream->reading());
  idle(3);
  EXPECT_TRUE(stream->reading());
  peer.send("abc");
  run_until([&] { return !stream->reading(); });
  EXPECT_FALSE(inside);
}

// E1, D2, IOS-11, 11.3 SecondReadOfEachKind: each kind against each.
TEST_P(StreamReadTest, a_second_read_of_any_kind_is_refused_and_the_first_undisturbed) {
  std::array<char, 4> room_a{}, room_b{};
  using Start = std::function<void(IOStream&, ReadRecord&, std::span<char>)>;
  auto into_result = [](ReadRecord& record, std::span<char> room) {
    return [&record, room](absl::Status s, size_t n) {
      record.take(s.ok() ? absl::StatusOr<Buffer>(Buffer::copy_of({room.data(), n}))
                         : absl::StatusOr<Buffer>(s));
    };
  };
  const std::vector<Start> kinds = {
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_until("d", r.callback()); },
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_until_regex("d", r.callback()); },
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_bytes(4, r.callback()); },
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_bytes_partial(4, r.callback()); },
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_some(r.callback()); },
      [](IOStream& s, ReadRecord& r, std::span<char>) { s.read_until_close(r.callback()); },
      [&](IOStream& s, ReadRecord& r, std::span<char> room) {
        s.read_into(room, into_result(r, room));
      },
      [&](IOStream& s, ReadRecord& r, std::span<char> room) {
        s.read_into_partial(room, into_result(r, room));
      },
  };
  for (size_t i = 0; i < kinds.size(); ++i) {
    for (size_t j = 0; j < kinds.size(); ++j) {
      SCOPED_TRACE(testing::Message() << "kind " << j << " while kind " << i << " is pending");
      make();
      ReadRecord first, second;
      kinds[i](*stream, first, room_a);
      kinds[j](*stream, second, room_b);
      EXPECT_EQ(second.calls, 0);
      run_until([&] { return second.calls == 1; });
      EXPECT_EQ(second.code(), Code::kFailedPrecondition);
      EXPECT_EQ(first.calls, 0);
      EXPECT_TRUE(stream->reading());
      peer.send("abcd");
      peer.finish();
      run_until([&] { return first.calls == 1; });
      EXPECT_TRUE(first.ok());
      EXPECT_EQ(first.data, "abcd");
    }
  }
}

// D10, D11, IOS-16, 11.3 StreamingNeverInlineNeverEmpty; 11.2 streaming callbacks (10 x 1 MiB).
TEST_P(StreamReadTest, streaming_pieces_come_later_in_order_and_never_empty) {
  make();
  const std::string sent = pattern(10 << 20);
  PieceRecord pieces;
  ReadRecord end;
  stream->read_bytes(sent.size(), end.callback(), pieces.callback());
  feed(sent, [&] { return end.calls == 1; });
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(end.data, "");
  EXPECT_EQ(pieces.all, sent);
  EXPECT_GT(pieces.pieces.size(), 1u);
  EXPECT_EQ(std::count(pieces.pieces.begin(), pieces.pieces.end(), ""), 0);
}

// IOS-16: the pieces stop where the read does.
TEST_P(StreamReadTest, a_streamed_read_takes_no_byte_too_many) {
  make();
  PieceRecord pieces;
  ReadRecord end, rest;
  stream->read_bytes(5, end.callback(), pieces.callback());
  peer.send("helloworld");
  run_until([&] { return end.calls == 1; });
  EXPECT_EQ(pieces.all, "hello");
  stream->read_bytes(5, rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_EQ(rest.data, "world");
}

// E11, D13, D14, 11.3 ReadUntilCloseFlushesBuffered.
TEST_P(StreamReadTest, read_until_close_streams_the_buffer_at_once_but_later) {
  make();
  buffer("early");
  PieceRecord pieces;
  ReadRecord end;
  stream->read_until_close(end.callback(), pieces.callback());
  EXPECT_EQ(pieces.all, "");
  run_until([&] { return pieces.all == "early"; });
  peer.send("late");
  run_until([&] { return pieces.all == "earlylate"; });
  EXPECT_EQ(end.calls, 0);
  peer.finish();
  run_until([&] { return end.calls == 1; });
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(end.data, "");
}

// 11.1 test_read_until_close; 11.2 read_until_close.
TEST_P(StreamReadTest, read_until_close_gives_everything_at_the_end) {
  make();
  ReadRecord read;
  stream->read_until_close(read.callback());
  const std::string sent = pattern(300000);
  std::string_view left = sent;
  bool finished = false;
  run_until([&] {
    left.remove_prefix(peer.send_some(left));
    if (left.empty() && !std::exchange(finished, left.empty())) peer.finish();
    return read.calls == 1;
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(read.data, sent);
  EXPECT_TRUE(stream->error().ok());
}

// iostream.md section 1: the callback may be null.
TEST_P(StreamReadTest, read_until_close_needs_no_callback) {
  make();
  PieceRecord pieces;
  stream->read_until_close(nullptr, pieces.callback());
  peer.send("abc");
  peer.finish();
  run_until([&] { return stream->closed(); });
  idle(3);
  EXPECT_EQ(pieces.all, "abc");
}

// D19, IOS-18, 11.3 EmptyDelimiterRejected.
TEST_P(StreamReadTest, a_bad_delimiter_or_pattern_is_refused_and_the_stream_goes_on) {
  make();
  ReadRecord empty, long_one, regex, good;
  stream->read_until("", empty.callback());
  EXPECT_EQ(empty.calls, 0);
  run_until([&] { return empty.calls == 1; });
  EXPECT_EQ(empty.code(), Code::kInvalidArgument);
  stream->read_until(std::string(4097, 'x'), long_one.callback());
  run_until([&] { return long_one.calls == 1; });
  EXPECT_EQ(long_one.code(), Code::kInvalidArgument);
  stream->read_until_regex("(", regex.callback());
  run_until([&] { return regex.calls == 1; });
  EXPECT_EQ(regex.code(), Code::kInvalidArgument);
  EXPECT_FALSE(stream->closed());
  EXPECT_FALSE(stream->reading());
  const std::string longest(4096, 'x');
  stream->read_until(longest, good.callback());
  peer.send("a" + longest);
  run_until([&] { return good.calls == 1; });
  EXPECT_EQ(good.data, "a" + longest);
}

// IOS-18: refused beside a pending read too, which goes on.
TEST_P(StreamReadTest, a_bad_argument_leaves_a_pending_read_alone) {
  make();
  ReadRecord first, bad;
  stream->read_until("\n", first.callback());
  stream->read_until("", bad.callback());
  run_until([&] { return bad.calls == 1; });
  EXPECT_FALSE(bad.ok());
  peer.send("ok\n");
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, "ok\n");
}

// D20, row 17, 11.3 NullCallbackRejected.
TEST_P(StreamReadTest, a_null_callback_is_a_readable_check) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  make();
  EXPECT_DEATH(stream->read_until("\n", ReadCallback()), "check failed");
  EXPECT_DEATH(stream->read_bytes(1, ReadCallback()), "check failed");
}

// E41: frees the slot at once, loses no bytes.
TEST_P(StreamReadTest, cancel_read_frees_the_slot_and_keeps_the_bytes) {
  make();
  ReadRecord cancelled, next;
  stream->read_until("\n", cancelled.callback());
  peer.send("hel");
  run_until([&] { return stream->peek().size() == 3; });
  stream->cancel_read();
  EXPECT_EQ(cancelled.calls, 0);
  EXPECT_FALSE(stream->reading());
  stream->read_until("\n", next.callback());
  peer.send("lo\n");
  run_until([&] { return next.calls == 1; });
  EXPECT_EQ(cancelled.calls, 1);
  EXPECT_EQ(cancelled.code(), Code::kCancelled);
  EXPECT_EQ(next.data, "hello\n");
  EXPECT_FALSE(stream->closed());
}

// IOS-4: a read that was cancelled leaves no place in the queue for a later one to take.
TEST_P(StreamReadTest, results_come_in_the_order_in_which_they_were_ready) {
  make();
  buffer("abcdef");
  std::string order;
  std::array<char, 3> room{};
  stream->read_bytes(0, [&](absl::StatusOr<Buffer>) { order += "cancelled "; });
  stream->cancel_read();
  stream->read_into(room, [&](absl::Status, size_t) { order += std::string(room.data(), 3); });
  if (!stream->reading()) {
    stream->read_bytes(3, [&](absl::StatusOr<Buffer> rest) { order += rest->to_string(); });
  }
  idle();
  EXPECT_TRUE(order == "cancelled abcdef" || order == "cancelled abc") << order;
}

// E41: nothing to cancel is no error.
TEST_P(StreamReadTest, cancel_read_without_a_read_does_nothing) {
  make();
  stream->cancel_read();
  ReadRecord read;
  stream->read_bytes(1, read.callback());
  peer.send("x");
  run_until([&] { return read.calls == 1; });
  EXPECT_TRUE(read.ok());
}

// E41, row 2: a read that was satisfied but not delivered when cancelled completes once, and its
// bytes are not lost.
TEST_P(StreamReadTest, cancelling_a_satisfied_read_loses_no_bytes) {
  make();
  buffer("hello");
  ReadRecord read, next;
  stream->read_bytes(5, read.callback());
  stream->cancel_read();
  idle();
  ASSERT_EQ(read.calls, 1);
  if (!read.status.ok()) {
    EXPECT_EQ(read.code(), Code::kCancelled);
    stream->read_bytes(5, next.callback());
    run_until([&] { return next.calls == 1; });
    EXPECT_EQ(next.data, "hello");
  } else {
    EXPECT_EQ(read.data, "hello");
  }
}

// E41 and read_into: what is in the caller's memory already is reported or still readable, never
// lost.
TEST_P(StreamReadTest, cancelling_read_into_loses_no_bytes) {
  make();
  std::array<char, 8> room{};
  size_t in_room = 0;
  StatusRecord status;
  stream->read_into(room, [&, done = status.callback()](absl::Status s, size_t n) mutable {
    in_room = n;
    done(std::move(s));
  });
  peer.send("hello");
  idle();
  stream->cancel_read();
  run_until([&] { return status.calls == 1; });
  EXPECT_EQ(status.code(), Code::kCancelled);
  ReadRecord rest;
  peer.send("!");
  stream->read_bytes(6 - in_room, rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_EQ(std::string(room.data(), in_room) + rest.data, "hello!");
}

// IOS-20: keeps bytes and stream.
TEST_P(StreamReadTest, a_read_past_its_deadline_fails_and_keeps_the_bytes) {
  make();
  ReadRecord late, next;
  stream->read_until("\n", late.callback());
  stream->set_read_deadline(std::chrono::seconds(10));
  peer.send("hel");
  run_until([&] { return stream->peek().size() == 3; });
  clock.advance(std::chrono::milliseconds(9999));
  idle();
  EXPECT_EQ(late.calls, 0);
  clock.advance(std::chrono::milliseconds(1));
  run_until([&] { return late.calls == 1; });
  EXPECT_EQ(late.code(), Code::kDeadlineExceeded);
  EXPECT_FALSE(stream->closed());
  stream->read_until("\n", next.callback());
  peer.send("lo\n");
  run_until([&] { return next.calls == 1; });
  EXPECT_EQ(next.data, "hello\n");
}

// IOS-20: set before the read, it holds for the next one only.
TEST_P(StreamReadTest, a_deadline_set_before_the_read_holds_for_that_read_alone) {
  make();
  ReadRecord first, second;
  stream->set_read_deadline(std::chrono::seconds(10));
  stream->read_bytes(1, first.callback());
  peer.send("x");
  run_until([&] { return first.calls == 1; });
  EXPECT_TRUE(first.ok());
  stream->read_bytes(1, second.callback());
  clock.advance(std::chrono::hours(1));
  idle();
  EXPECT_EQ(second.calls, 0);
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// E27, 11.3 MillionChainedReadsConstantStack.
TEST_P(StreamReadTest, a_hundred_thousand_chained_reads_use_constant_stack) {
  make();
  constexpr size_t kReads = 100'000;
  const std::string sent(kReads, 'x');
  size_t reads = 0;
  const char* deepest = nullptr;
  const char* highest = nullptr;
  std::function<void()> next = [&] {
    stream->read_bytes(1, [&](absl::StatusOr<Buffer> byte) {
      const char here = 0;
      const char* at = &here;
      deepest = deepest == nullptr ? at : std::min(deepest, at);
      highest = highest == nullptr ? at : std::max(highest, at);
      if (byte.ok() && ++reads < kReads) next();
    });
  };
  next();
  feed(sent, [&] { return reads == kReads; });
  EXPECT_LT(highest - deepest, 4096);
}

// E27, row 1: a chain of reads that never waits leaves turns to everybody else.
TEST_P(StreamReadTest, an_endless_chain_of_reads_starves_nobody) {
  make();
  size_t reads = 0;
  std::function<void()> next = [&] {
    stream->read_bytes(0, [&](absl::StatusOr<Buffer>) {
      ++reads;
      next();
    });
  };
  next();
  int posted = 0;
  for (int i = 0; i < 10; ++i) loop.add_callback([&] { ++posted; });
  idle(3);
  EXPECT_EQ(posted, 10);
  EXPECT_GT(reads, 0u);
  EXPECT_LE(reads, 3u * 1024);
}

// IOS-19.
TEST_P(StreamReadTest, peek_shows_unread_input_and_discard_drops_it) {
  make();
  buffer("hello");
  EXPECT_TRUE(stream->peek() == "hello");
  stream->discard_input();
  EXPECT_TRUE(stream->peek().empty());
  ReadRecord read;
  stream->read_some(read.callback());
  peer.send("next");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "next");
}

// 11.1 test_many_mixed_reads: a seeded mix of every kind gives the bytes in order.
TEST_P(StreamReadTest, many_mixed_reads_keep_the_order_of_the_bytes) {
  make();
  std::mt19937 random(42);
  const std::string sent = pattern(200000);
  std::string got;
  std::array<char, 700> room{};
  std::function<void()> next = [&] {
    if (got.size() == sent.size()) return;
    const size_t left = sent.size() - got.size();
    const size_t count = std::min<size_t>(left, 1 + random() % 700);
    auto take = [&](absl::StatusOr<Buffer> result) {
      ASSERT_TRUE(result.ok()) << result.status();
      got += result->to_string();
      next();
    };
    auto took = [&](absl::Status status, size_t bytes) {
      ASSERT_TRUE(status.ok()) << status;
      got.append(room.data(), bytes);
      next();
    };
    // A delimiter that is there: the last two bytes of the piece to be read.
    const std::string mark = sent.substr(got.size() + count - 1, 1);
    switch (random() % 7) {
      case 0:
        return stream->read_bytes(count, take);
      case 1:
        return stream->read_bytes_partial(count, take);
      case 2:
        return stream->read_until(mark, take);
      case 3:
        return stream->read_until_regex(mark, take);
      case 4:
        return stream->read_into(std::span(room).first(count), took);
      case 5:
        return stream->read_into_partial(std::span(room).first(count), took);
      default:
        return stream->read_some(take);
    }
  };
  next();
  feed(sent, [&] { return got.size() == sent.size(); });
  EXPECT_EQ(got, sent);
}

// TLS-3 in the small: bytes inside the transport are read though no readiness announces them.
TEST_P(StreamReadTest, bytes_that_wait_inside_the_transport_are_read) {
  if (!memory()) GTEST_SKIP() << "only memory plays TLS";
  make({.read_chunk_size = 10}, {.record_size = 1000});
  const std::string sent = pattern(1000);
  ReadRecord first, second;
  stream->read_bytes(5, first.callback());
  peer.send(sent);
  run_until([&] { return first.calls == 1; });
  stream->read_bytes(995, second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(first.data + second.data, sent);
}

// TLS-1 in the small: a read that must write first waits for writability.
TEST_P(StreamReadTest, a_read_that_wants_to_write_is_driven_by_writability) {
  if (!memory()) GTEST_SKIP() << "only memory plays TLS";
  make({}, {.faults = {would_block_at(Step::kRead, 1, kWritable)}});
  ReadRecord read;
  stream->read_bytes(5, read.callback());
  peer.send("hello");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "hello");
}

// E32: interrupted calls go on, spurious readiness is nothing.
TEST_P(StreamReadTest, interrupts_and_false_readiness_change_nothing) {
  if (!memory()) GTEST_SKIP() << "faults need memory";
  make({}, {.max_read = 1,
            .faults = {interrupt_at(Step::kRead, 1), would_block_at(Step::kRead, 3),
                       interrupt_at(Step::kRead, 5), would_block_at(Step::kRead, 6)}});
  ReadRecord read;
  stream->read_until("\n", read.callback());
  peer.send("hello\n");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "hello\n");
}

}  // namespace
}  // namespace turbo
