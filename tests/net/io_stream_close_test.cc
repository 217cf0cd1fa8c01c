// Ending: closes from both sides, resets, half closes, and what happens to what was pending.
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "tests/net/stream_test.h"

namespace turbo {
namespace {

class StreamCloseTest : public StreamTest {
 protected:
  // Records the order of completions.
  ReadCallback log_read(std::string name) {
    return [this, name](absl::StatusOr<Buffer> result) {
      log.push_back(name + ":" + (result.ok() ? result->to_string() : code_of(result.status())));
    };
  }
  absl::AnyInvocable<void(absl::Status)> log_status(std::string name) {
    return [this, name](absl::Status status) { log.push_back(name + ":" + code_of(status)); };
  }
  static std::string code_of(const absl::Status& status) {
    return std::string(absl::StatusCodeToString(status.code()));
  }
  std::vector<std::string> log;
};
TURBO_OVER_STREAMS(StreamCloseTest);

// 11.2 closed and set_close_callback; IOS-5.
TEST_P(StreamCloseTest, close_runs_the_close_callback_once_and_later) {
  make();
  stream->set_close_callback(log_status("close"));
  EXPECT_FALSE(stream->closed());
  stream->close();
  EXPECT_TRUE(stream->closed());
  EXPECT_TRUE(log.empty());
  idle();
  EXPECT_EQ(log, std::vector<std::string>{"close:OK"});
  EXPECT_TRUE(stream->error().ok());
}

// E34.
TEST_P(StreamCloseTest, closing_twice_is_closing_once) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->close();
  stream->close();
  idle();
  stream->close();
  idle();
  EXPECT_EQ(log, std::vector<std::string>{"close:OK"});
}

// IOS-6: the descriptor is closed before close() returns.
TEST_P(StreamCloseTest, the_peer_sees_the_end_as_soon_as_close_returns) {
  make();
  stream->close();
  EXPECT_EQ(peer.receive(), "");
  EXPECT_TRUE(peer.at_end());
}

// E35, 11.3 LateCloseCallbackFires.
TEST_P(StreamCloseTest, a_close_callback_set_on_a_closed_stream_runs) {
  make();
  stream->close();
  idle();
  stream->set_close_callback(log_status("late"));
  EXPECT_TRUE(log.empty());
  idle();
  EXPECT_EQ(log, std::vector<std::string>{"late:OK"});
  stream->set_close_callback(log_status("later"));
  idle();
  EXPECT_EQ(log.back(), "later:OK");
}

// Row 17.
TEST_P(StreamCloseTest, a_null_close_callback_clears_the_pending_one) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->set_close_callback(nullptr);
  stream->close();
  idle();
  EXPECT_TRUE(log.empty());
}

// 2.1: a new close callback replaces the old one.
TEST_P(StreamCloseTest, a_new_close_callback_replaces_the_old_one) {
  make();
  stream->set_close_callback(log_status("old"));
  stream->set_close_callback(log_status("new"));
  stream->close();
  idle();
  EXPECT_EQ(log, std::vector<std::string>{"new:OK"});
}

// E4, E5, row 8, row 9; 11.1 test_close_callback_with_pending_read,
// test_future_close_while_reading.
TEST_P(StreamCloseTest, pending_operations_complete_before_the_close_callback) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->read_bytes(9, log_read("read"));
  stream->write("x", log_status("write"));
  stream->close();
  EXPECT_TRUE(log.empty());
  EXPECT_FALSE(stream->reading());
  idle();
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log.back(), "close:OK");
  EXPECT_NE(std::find(log.begin(), log.end(), "read:CANCELLED"), log.end());
  EXPECT_NE(std::find(log.begin(), log.end(), "write:CANCELLED"), log.end());
}

// E6: what the buffer satisfies is delivered though close() came between.
TEST_P(StreamCloseTest, a_read_satisfied_before_close_gets_its_data) {
  make();
  ReadRecord first, second;
  stream->read_bytes(1, first.callback());
  peer.send("abcdef");
  run_until([&] { return first.calls == 1; });
  stream->read_bytes(3, second.callback());
  stream->close();
  idle();
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(second.data, "bcd");
}

// E8, D5, D6; 11.1 test_close_buffered_data, test_future_delayed_close_callback.
TEST_P(StreamCloseTest, data_before_the_peers_end_is_delivered_before_the_close_callback) {
  make();
  stream->set_close_callback(log_status("close"));
  peer.send("one\ntwo\n");
  peer.close();
  stream->read_until("\n", log_read("first"));
  run_until([&] { return log.size() == 1; });
  idle();
  EXPECT_EQ(log, std::vector<std::string>{"first:one\n"}) << "data is unread: no close callback";
  stream->read_until("\n", log_read("second"));
  run_until([&] { return log.size() >= 2; });
  EXPECT_EQ(log[1], "second:two\n");
  run_until([&] { return log.size() == 3; });
  EXPECT_EQ(log[2], "close:OK");
}

// Row 5: the next unsatisfied read gets kOutOfRange; then the stream closes, and that is a clean
// end.
TEST_P(StreamCloseTest, a_read_the_peers_end_leaves_unsatisfied_fails_with_kOutOfRange) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->read_until("\n", log_read("line"));
  peer.send("half a li");
  peer.close();
  run_until([&] { return log.size() == 2; });
  EXPECT_EQ(log, (std::vector<std::string>{"line:OUT_OF_RANGE", "close:OK"}));
  EXPECT_TRUE(stream->closed());
  EXPECT_TRUE(stream->peek() == "half a li");
  EXPECT_TRUE(stream->error().ok());
}

// Row 7, E9; 11.1 test_read_until_close_after_close.
TEST_P(StreamCloseTest, data_buffered_at_close_stays_readable) {
  make();
  ReadRecord first, line, rest, none;
  stream->read_bytes(1, first.callback());
  peer.send("abc\ndef");
  run_until([&] { return first.calls == 1; });
  stream->close();
  stream->read_until("\n", line.callback());
  idle();
  EXPECT_EQ(line.data, "bc\n");
  stream->read_until_close(rest.callback());
  idle();
  EXPECT_TRUE(rest.ok());
  EXPECT_EQ(rest.data, "def");
  stream->read_some(none.callback());
  idle();
  EXPECT_EQ(none.calls, 1);
  EXPECT_FALSE(none.ok());
}

// E10, 11.1 test_read_until_unsatisfied_after_close, 11.3 FailedReadOnClosedFreesSlot.
TEST_P(StreamCloseTest, an_unsatisfiable_read_on_a_closed_stream_fails_and_frees_the_slot) {
  make();
  ReadRecord first, failed, next;
  stream->read_bytes(1, first.callback());
  peer.send("abc");
  run_until([&] { return first.calls == 1; });
  stream->close();
  stream->read_until("\n", failed.callback());
  EXPECT_EQ(failed.calls, 0);
  idle();
  EXPECT_EQ(failed.code(), Code::kCancelled);
  EXPECT_FALSE(stream->reading());
  stream->read_bytes(2, next.callback());
  idle();
  EXPECT_EQ(next.data, "bc");
}

// E10 after the peer's end.
TEST_P(StreamCloseTest, reads_after_the_peers_end_go_on_failing_with_kOutOfRange) {
  make();
  peer.close();
  for (int i = 0; i < 3; ++i) {
    ReadRecord read;
    stream->read_bytes(1, read.callback());
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.code(), Code::kOutOfRange);
  }
  StatusRecord write;
  stream->write("x", write.callback());
  run_until([&] { return write.calls == 1; });
  EXPECT_FALSE(write.ok());
}

// D4, 11.3 CloseCallbackAfterReadUntilClose.
TEST_P(StreamCloseTest, the_close_callback_follows_read_until_close) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->read_until_close(log_read("all"));
  peer.send("data");
  peer.close();
  run_until([&] { return log.size() == 2; });
  EXPECT_EQ(log, (std::vector<std::string>{"all:data", "close:OK"}));
}

// Rows 7 and 9: our own close cancels read_until_close too; what came stays readable.
TEST_P(StreamCloseTest, our_own_close_cancels_read_until_close_and_keeps_what_came) {
  make();
  ReadRecord first, all;
  stream->read_bytes(1, first.callback());
  peer.send("abc");
  run_until([&] { return first.calls == 1; });
  stream->read_until_close(all.callback());
  idle(3);
  stream->close();
  idle();
  EXPECT_EQ(all.calls, 1);
  EXPECT_EQ(all.code(), Code::kCancelled);
  ReadRecord rest;
  stream->read_until_close(rest.callback());
  idle();
  EXPECT_TRUE(rest.ok()) << rest.status;
  EXPECT_EQ(rest.data, "bc");
}

// D4, 11.3 CloseCallbackWhenCallbackQueued.
TEST_P(StreamCloseTest, the_close_callback_follows_a_read_that_is_queued_at_close) {
  make();
  ReadRecord first;
  stream->set_close_callback(log_status("close"));
  stream->read_bytes(1, first.callback());
  peer.send("ab");
  run_until([&] { return first.calls == 1; });
  stream->read_bytes(1, log_read("queued"));
  stream->close();
  idle();
  EXPECT_EQ(log, (std::vector<std::string>{"queued:b", "close:OK"}));
}

// 11.1 test_read_until_with_close_after_second_packet.
TEST_P(StreamCloseTest, a_delimiter_in_the_last_packet_is_found) {
  make();
  ReadRecord read;
  stream->read_until("\r\n", read.callback());
  peer.send("first \r");
  run_until([&] { return stream->peek().size() == 7; });
  peer.send("\n");
  peer.close();
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "first \r\n");
}

// D5, row 13, 11.3 HupWithUnreadKernelData: 60 KB, a pause after each read, and no spin meanwhile.
TEST_P(StreamCloseTest, a_hang_up_loses_no_data_the_kernel_still_holds) {
  make({.read_chunk_size = 4096});
  stream->set_close_callback(log_status("close"));
  const std::string sent = pattern(60000);
  peer.send(sent);
  peer.close();
  std::string got;
  while (got.size() < sent.size()) {
    ReadRecord read;
    stream->read_bytes(std::min<size_t>(1000, sent.size() - got.size()), read.callback());
    run_until([&] { return read.calls == 1; });
    ASSERT_TRUE(read.ok()) << read.status << " after " << got.size();
    got += read.data;
    if (got.size() == sent.size()) break;
    const SpinGuard guard(loop);
    idle(20);
    ASSERT_LE(guard.wakeups(), 3u) << "a hang-up cannot be masked, so the descriptor must leave";
    ASSERT_TRUE(log.empty());
  }
  EXPECT_EQ(got, sent);
  run_until([&] { return log.size() == 1; });
  EXPECT_EQ(log[0], "close:OK");
}

// E16: an idle stream with a close callback notices.
TEST_P(StreamCloseTest, an_idle_stream_notices_that_its_peer_went_away) {
  make();
  stream->set_close_callback(log_status("close"));
  idle();
  EXPECT_TRUE(log.empty());
  peer.close();
  run_until([&] { return log.size() == 1; });
  EXPECT_EQ(log[0], "close:OK");
  EXPECT_TRUE(stream->closed());
}

// E16: also after an operation, without one pending.
TEST_P(StreamCloseTest, a_stream_between_operations_notices_that_its_peer_went_away) {
  make();
  ReadRecord read;
  stream->read_bytes(1, read.callback());
  peer.send("x");
  run_until([&] { return read.calls == 1; });
  stream->set_close_callback(log_status("close"));
  peer.close();
  run_until([&] { return log.size() == 1; });
}

// E30, D-row 18: a reset is a quiet close with the error kept.
TEST_P(StreamCloseTest, a_reset_fails_the_pending_read_and_closes) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->read_until("\n", log_read("read"));
  idle(3);
  reset_by_peer();
  run_until([&] { return log.size() == 2; });
  EXPECT_EQ(log, (std::vector<std::string>{"read:UNAVAILABLE", "close:UNAVAILABLE"}));
  EXPECT_EQ(stream->error().code(), Code::kUnavailable);
  EXPECT_TRUE(hooked.empty());
}

// E31, 11.1 test_read_until_close_with_error: the data, with the cause in error().
TEST_P(StreamCloseTest, read_until_close_gives_its_data_after_a_reset_too) {
  make();
  ReadRecord all;
  stream->read_until_close(all.callback());
  peer.send("data");
  run_until([&] { return stream->peek().size() == 4; });
  reset_by_peer();
  run_until([&] { return all.calls == 1; });
  EXPECT_TRUE(all.ok());
  EXPECT_EQ(all.data, "data");
  EXPECT_EQ(stream->error().code(), Code::kUnavailable);
}

// IOS-2, tornado #631, #651: the first cause never changes.
TEST_P(StreamCloseTest, the_first_cause_stays) {
  make();
  ReadRecord read;
  stream->read_bytes(1, read.callback());
  idle(3);
  reset_by_peer();
  run_until([&] { return stream->closed(); });
  const absl::Status first = stream->error();
  stream->close();
  ReadRecord more;
  stream->read_bytes(1, more.callback());
  stream->write("x");
  idle();
  EXPECT_EQ(stream->error(), first);
  EXPECT_EQ(more.code(), Code::kUnavailable);
}

// E30: a reset closes an idle stream at once.
TEST_P(StreamCloseTest, a_reset_closes_an_idle_stream) {
  make();
  stream->set_close_callback(log_status("close"));
  idle(3);
  reset_by_peer();
  run_until([&] { return log.size() == 1; });
  EXPECT_EQ(log[0], "close:UNAVAILABLE");
}

// E38: without allow_half_open the peer's FIN ends both directions.
TEST_P(StreamCloseTest, the_peers_fin_closes_the_stream_unless_half_open_is_allowed) {
  make();
  ReadRecord read;
  stream->read_bytes(1, read.callback());
  peer.finish();
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.code(), Code::kOutOfRange);
  run_until([&] { return stream->closed(); });
  EXPECT_TRUE(peer.at_end());
}

// E38: with it the write side stays open, and nothing spins on the hang-up.
TEST_P(StreamCloseTest, a_half_open_stream_writes_on_after_the_peers_fin) {
  make({.allow_half_open = true});
  ReadRecord request, end;
  stream->read_until("\n", request.callback());
  peer.send("request\n");
  peer.finish();
  run_until([&] { return request.calls == 1; });
  EXPECT_EQ(request.data, "request\n");
  stream->read_bytes(1, end.callback());
  run_until([&] { return end.calls == 1; });
  EXPECT_EQ(end.code(), Code::kOutOfRange);
  EXPECT_FALSE(stream->closed());
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  StatusRecord answered;
  stream->write("answer", answered.callback());
  run_until([&] { return answered.calls == 1; });
  EXPECT_EQ(peer.receive(), "answer");
  stream->close();
  EXPECT_TRUE(peer.at_end());
}

// IOS-35: FIN after the output buffered now; the read side lives.
TEST_P(StreamCloseTest, shutdown_write_sends_fin_behind_the_output) {
  make();
  const std::string sent = pattern(2 << 20);
  stream->write(sent);
  stream->shutdown_write();
  std::string got;
  run_until([&] {
    got += peer.receive();
    return got.size() == sent.size() && peer.at_end();
  });
  EXPECT_TRUE(got == sent);
  EXPECT_FALSE(stream->closed());
  StatusRecord late;
  stream->write("too late", late.callback());
  run_until([&] { return late.calls == 1; });
  EXPECT_FALSE(late.ok());
  ReadRecord read;
  stream->read_bytes(3, read.callback());
  peer.send("yes");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "yes");
}

// IOS-35, row 9.
TEST_P(StreamCloseTest, close_after_flush_sends_everything_first) {
  make();
  stream->set_close_callback(log_status("close"));
  const std::string sent = pattern(4 << 20);
  stream->write(sent, log_status("write"));
  stream->close_after_flush(std::chrono::seconds(30));
  EXPECT_FALSE(stream->closed());
  std::string got;
  run_until([&] {
    got += peer.receive();
    return got.size() == sent.size() && stream->closed();
  });
  EXPECT_TRUE(got == sent);
  run_until([&] { return log.size() == 2; });
  EXPECT_EQ(log, (std::vector<std::string>{"write:OK", "close:OK"}));
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// close_after_flush without output closes, too.
TEST_P(StreamCloseTest, close_after_flush_with_nothing_to_send_closes_soon) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->close_after_flush(std::chrono::seconds(30));
  run_until([&] { return log.size() == 1; });
  EXPECT_EQ(log[0], "close:OK");
}

// IOS-35: the timeout cuts it short.
TEST_P(StreamCloseTest, close_after_flush_gives_up_after_its_timeout) {
  make();
  stream->set_close_callback(log_status("close"));
  stream->write(std::string(16 << 20, 'x'), log_status("write"));
  stream->close_after_flush(std::chrono::seconds(30));
  idle();
  clock.advance(std::chrono::milliseconds(29999));
  idle();
  EXPECT_FALSE(stream->closed());
  clock.advance(std::chrono::milliseconds(1));
  run_until([&] { return log.size() == 2; });
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(log.back().substr(0, 6), "close:");
}

// IOS-6, tornado #845: memory is released on request, also after the end.
TEST_P(StreamCloseTest, discard_input_drops_what_was_left_at_close) {
  make();
  ReadRecord first, none;
  stream->read_bytes(1, first.callback());
  peer.send("abc");
  run_until([&] { return first.calls == 1; });
  stream->close();
  stream->discard_input();
  EXPECT_TRUE(stream->peek().empty());
  stream->read_some(none.callback());
  idle();
  EXPECT_FALSE(none.ok());
}

// E39, 11.3 FdReuseWithinBatch: two streams are readable in one batch; the first closes the second,
// whose descriptor number a third takes at once. The third must not get the second's event.
TEST_P(StreamCloseTest, an_event_of_a_closed_descriptor_does_not_reach_its_successor) {
  if (memory()) GTEST_SKIP() << "needs descriptors";
  if (tls()) GTEST_SKIP() << "the descriptor is the TCP stream's below, which has its turn";
  for (int round = 0; round < 2; ++round) {
    const PairKind kind = pair_kind(GetParam());
    FdPair x = make_fd_pair(kind), y = make_fd_pair(kind), z = make_fd_pair(kind);
    auto first = std::make_unique<IOStream>(x.a.release(), &loop);
    auto second = std::make_unique<IOStream>(y.a.release(), &loop);
    std::unique_ptr<IOStream> third;
    ReadRecord third_read;
    // Whichever runs first closes the other and puts the third on its descriptor.
    auto replace = [&](std::unique_ptr<IOStream>& victim) {
      if (third != nullptr) return;
      victim.reset();
      third = std::make_unique<IOStream>(z.a.release(), &loop);
      third->read_some(third_read.callback());
    };
    const int fd = ::fcntl(z.a.get(), F_DUPFD_CLOEXEC, 0);
    ::close(fd);
    first->read_bytes(1, [&](absl::StatusOr<Buffer>) { replace(second); });
    second->read_bytes(1, [&](absl::StatusOr<Buffer>) { replace(first); });
    idle(3);
    ASSERT_EQ(::write(x.b.get(), "1", 1), 1);
    ASSERT_EQ(::write(y.b.get(), "2", 1), 1);
    run_until([&] { return third != nullptr; });
    idle();
    EXPECT_EQ(third_read.calls, 0);
    EXPECT_FALSE(third->closed());
    ASSERT_EQ(::write(z.b.get(), "3", 1), 1);
    run_until([&] { return third_read.calls == 1; });
    EXPECT_EQ(third_read.data, "3");
  }
}

// D17, 11.3 PeerAddressAfterUnixAccept and facts on the other kinds.
TEST_P(StreamCloseTest, addresses_are_those_of_the_socket) {
  make();
  if (GetParam() == StreamKind::kTCP || tls()) {
    EXPECT_EQ(stream->peer_address().host(), "127.0.0.1");
    EXPECT_NE(stream->peer_address().port(), 0);
    EXPECT_NE(stream->local_address().port(), stream->peer_address().port());
  } else if (GetParam() == StreamKind::kUnix) {
    EXPECT_EQ(stream->peer_address().family(), AF_UNIX);
    EXPECT_EQ(stream->peer_address().to_string(), "unix:");
  } else {
    EXPECT_EQ(stream->peer_address().to_string(), "unknown");
  }
}

}  // namespace
}  // namespace turbo
