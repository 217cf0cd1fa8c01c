// What a user's callable may do to the stream that keeps it: own it, close it, replace itself. Run
// with AddressSanitizer these show a stream's code touching a stream that is gone.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "framework/loop/task.h"
#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/stream_pair.h"
#include "tests/net/stream_test.h"

namespace turbo {
namespace {

constexpr std::string_view kBody = "0123456789";

// Takes what the test allows, and reports writability when the test says so.
class Reluctant final : public Transport {
 public:
  size_t takes = 0;
  void tell_writable() { handler_->on_events(kWritable); }

  void attach(IOLoop&, EventHandler& handler) override { handler_ = &handler; }
  void watch(uint32_t) override {}
  IOResult read(std::span<char>) override { return IOResult::would_block(kReadable); }
  IOResult write(std::span<const iovec>) override {
    const size_t taken = std::exchange(takes, 0);
    return taken > 0 ? IOResult::moved(taken) : IOResult::would_block(kWritable);
  }
  IOResult send_file(int, off_t, size_t) override { return IOResult::would_block(kWritable); }
  absl::Status connect(const Address&, const Address*) override { return absl::OkStatus(); }
  absl::Status connect_result() override { return absl::OkStatus(); }
  absl::Status shutdown_write() override { return absl::OkStatus(); }
  void close() override {}
  int fd() const override { return -1; }
  Address local_address() const override { return {}; }
  Address peer_address() const override { return {}; }

 private:
  EventHandler* handler_ = nullptr;
};

void finish_handshake(IOLoop& loop, const IOStream& a, const IOStream& b) {
  EXPECT_TRUE(run_loop_until(loop, [&] { return !a.connecting() && !b.connecting(); }));
}

// A stream that only what it was given may own.
class StreamLifetimeTest : public testing::TestWithParam<StreamKind> {
 protected:
  explicit StreamLifetimeTest(IOStreamOptions options = {})
      : pair(make_stream_pair(GetParam(), loop, options)),
        stream(std::move(pair.a)),
        raw(stream.get()),
        gone(stream) {
    if (is_tls(GetParam())) finish_handshake(loop, *raw, *pair.b);
  }

  Buffer external(Buffer::Releaser release) {
    Buffer body;
    body.append_external(kBody, std::move(release));
    return body;
  }
  // Lets go of the stream; what owns it now is its own callback.
  void leave() { stream.reset(); }
  void expect_gone() {
    EXPECT_TRUE(run_loop_until(loop, [this] { return gone.expired(); }));
  }

  IOLoop loop;
  StreamPair pair;
  std::shared_ptr<IOStream> stream;
  IOStream* raw;
  std::weak_ptr<IOStream> gone;
};

INSTANTIATE_TEST_SUITE_P(Over, StreamLifetimeTest,
                         testing::Values(StreamKind::kTCP, StreamKind::kTLS13), kind_name);

// Row 11: at the peer's FIN the streaming callback goes, and the stream with it.
TEST_P(StreamLifetimeTest, a_streaming_callback_may_be_the_last_owner_at_the_end_of_input) {
  raw->read_until_close(nullptr, [stream = stream](Buffer) {});
  leave();
  pair.b->write("x");
  run_loop_idle(loop);
  pair.b->close();
  expect_gone();
}

// Row 11.
TEST_P(StreamLifetimeTest, a_streaming_callback_may_be_the_last_owner_at_a_cancel) {
  raw->read_until_close(nullptr, [stream = stream](Buffer) {});
  leave();
  raw->cancel_read();
  expect_gone();
}

// Row 11, IOS-20.
TEST_P(StreamLifetimeTest, a_streaming_callback_may_be_the_last_owner_at_a_deadline) {
  raw->read_until_close(nullptr, [stream = stream](Buffer) {});
  raw->set_read_deadline(Duration::zero());
  leave();
  expect_gone();
}

// Row 11: the releaser runs inside the flush.
TEST_P(StreamLifetimeTest, a_releaser_may_be_the_last_owner_when_its_bytes_are_sent) {
  raw->write(external([stream = stream] {}));
  leave();
  expect_gone();
}

// Row 11: the bytes behind the releaser's are written in the same flush.
TEST_P(StreamLifetimeTest, a_releaser_in_front_of_more_output_may_be_the_last_owner) {
  raw->write(external([stream = stream] {}));
  raw->write(std::string(64 << 20, 'x'));  // more than one flush takes
  leave();
  expect_gone();
}

// Row 11: close() drops the unsent output.
TEST_P(StreamLifetimeTest, a_releaser_may_be_the_last_owner_at_close) {
  raw->write(external([stream = stream] {}));
  leave();
  raw->close();
  expect_gone();
}

// Row 11: closed in the middle of a flush, with a FIN wanted behind the output.
TEST_P(StreamLifetimeTest, a_releaser_may_close_the_stream) {
  StatusRecord closed;
  raw->set_close_callback(closed.callback());
  raw->write(external([this] { raw->close(); }));
  raw->write("more");
  raw->shutdown_write();
  run_loop_idle(loop);
  EXPECT_TRUE(closed.ok()) << closed.status;
}

// Row 2: what a releaser writes comes behind what is queued, and completes when it has left.
TEST_P(StreamLifetimeTest, a_releaser_may_write) {
  StatusRecord written;
  ReadRecord got;
  raw->write(external([&] { raw->write(std::string(5000, 'z'), written.callback()); }));
  pair.b->read_bytes(5010, got.callback());
  ASSERT_TRUE(run_loop_until(loop, [&] { return got.calls == 1 && written.calls == 1; }));
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(got.data, std::string(kBody) + std::string(5000, 'z'));
}

// Row 17: null clears.
TEST_P(StreamLifetimeTest, a_close_callback_that_owns_the_stream_may_be_cleared) {
  raw->set_close_callback([stream = stream](absl::Status) {});
  leave();
  raw->set_close_callback(nullptr);
  expect_gone();
}

// Row 2: the overwritten callback is destroyed inside write().
TEST_P(StreamLifetimeTest, an_overwritten_write_slot_may_own_the_stream) {
  raw->write("x", [stream = stream](absl::Status) {});
  leave();
  raw->write("y", [](absl::Status) {});
  expect_gone();
}

TEST_P(StreamLifetimeTest, a_replaced_watermark_callback_may_own_the_stream) {
  raw->set_watermarks(
      0, 1, [stream = stream] {}, nullptr);
  leave();
  raw->set_watermarks(0, 1, nullptr, nullptr);
  expect_gone();
}

TEST_P(StreamLifetimeTest, a_watermark_callback_that_owns_the_stream_may_clear_itself) {
  raw->set_watermarks(
      0, 1, [stream = stream] { stream->set_watermarks(0, SIZE_MAX, nullptr, nullptr); }, nullptr);
  leave();
  raw->write("yyyy");
  expect_gone();
}

TEST_P(StreamLifetimeTest, a_watermark_callback_cleared_inside_itself_stays_cleared) {
  int calls = 0;
  const auto cleared = [&] {
    ++calls;
    raw->set_watermarks(0, 10, nullptr, nullptr);
  };
  raw->set_watermarks(0, 10, cleared, nullptr);
  for (int i = 0; i < 3; ++i) {
    raw->write(std::string(100, 'x'));
    run_loop_idle(loop, 10);
  }
  EXPECT_EQ(calls, 1);
}

// ---- the end of one direction ----

constexpr size_t kMuch = size_t{16} << 20;  // more than the sockets hold

// Reads all of it, slowly enough for `ours` to notice the FIN first. The peer may go on reading.
class StreamLastOutputTest : public testing::TestWithParam<StreamKind> {
 protected:
  StreamLastOutputTest() {
    StreamPair pair = make_stream_pair(GetParam(), loop, {}, {.allow_half_open = true});
    ours = std::move(pair.a);
    theirs = std::move(pair.b);
    if (is_tls(GetParam())) finish_handshake(loop, *ours, *theirs);
  }
  void expect_all_arrives() {
    run_loop_idle(loop, 3);
    theirs->shutdown_write();
    run_loop_idle(loop, 3);
    ReadRecord end;
    size_t got = 0;
    theirs->read_until_close(end.callback(), [&](Buffer piece) { got += piece.size(); });
    EXPECT_TRUE(run_loop_until(loop, [&] { return end.calls == 1 && ours->closed(); }));
    EXPECT_EQ(got, kMuch);
    EXPECT_TRUE(ours->error().ok()) << ours->error();
  }

  IOLoop loop;
  std::unique_ptr<IOStream> ours;
  std::unique_ptr<IOStream> theirs;
};

INSTANTIATE_TEST_SUITE_P(Over, StreamLastOutputTest,
                         testing::Values(StreamKind::kTCP, StreamKind::kTLS12, StreamKind::kTLS13),
                         kind_name);

// Row 9, IOS-35: the gentle close is not cut short by a peer that has said all it will.
TEST_P(StreamLastOutputTest, close_after_flush_survives_the_peers_fin) {
  ours->write(std::string(kMuch, 'x'));
  ours->close_after_flush(std::chrono::seconds(20));
  expect_all_arrives();
}

// Row 5: the output buffered before shutdown_write() is still sent.
TEST_P(StreamLastOutputTest, a_pending_shutdown_write_survives_the_peers_fin) {
  ours->write(std::string(kMuch, 'x'));
  ours->shutdown_write();
  expect_all_arrives();
}

// IOS-3: there is nothing to shut, and the read still completes.
TEST(StreamPipeTest, shutdown_write_of_a_read_end_leaves_its_reads_alone) {
  IOLoop loop;
  StreamPair pair = make_stream_pair(PairKind::kPipe, loop);
  ReadRecord read;
  pair.b->read_bytes(1, read.callback());
  pair.b->shutdown_write();
  pair.a->write("x");
  ASSERT_TRUE(run_loop_until(loop, [&] { return read.calls == 1; }));
  EXPECT_EQ(read.data, "x");
}

// ---- reads and our own close ----

// Row 9: the pieces that came are delivered, then the read is cancelled.
TEST_P(StreamLifetimeTest, our_own_close_cancels_a_streamed_read_until_close_behind_its_pieces) {
  PieceRecord pieces;
  ReadRecord end;
  pair.b->write("abc");
  raw->read_until_close(end.callback(), [&, take = pieces.callback()](Buffer piece) mutable {
    take(std::move(piece));
    raw->close();
  });
  ASSERT_TRUE(run_loop_until(loop, [&] { return end.calls == 1; }));
  EXPECT_EQ(pieces.all, "abc");
  EXPECT_EQ(end.code(), Code::kCancelled);
}

// E1: one read at a time, also while a result waits for its turn.
TEST_P(StreamLifetimeTest, a_read_into_served_by_the_buffer_is_pending_until_its_callback) {
  ReadRecord first, second;
  raw->read_bytes(1, first.callback());
  pair.b->write("abcd");
  ASSERT_TRUE(run_loop_until(loop, [&] { return first.calls == 1; }));
  ASSERT_EQ(raw->peek().size(), 3u);
  char room[2];
  int calls = 0;
  raw->read_into(room, [&](absl::Status status, size_t bytes) {
    ++calls;
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(std::string_view(room, bytes), "bc");
    EXPECT_FALSE(raw->reading());
  });
  EXPECT_TRUE(raw->reading());
  raw->read_some(second.callback());
  run_loop_idle(loop);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(second.code(), Code::kFailedPrecondition);
  EXPECT_TRUE(raw->peek() == "d");
}

// ---- bad ranges and stalls ----

// Row 17: kInvalidArgument through the completion, the stream unaffected.
Task<> send_file(IOStream& stream, int file, off_t offset, absl::Status& sent) {
  auto write = stream.write_file(file, offset, 3);
  sent = co_await write;
}

TEST_P(StreamLifetimeTest, a_file_range_that_no_file_has_leaves_the_stream_open) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  for (const off_t offset : {off_t{-1}, std::numeric_limits<off_t>::max() - 2}) {
    absl::Status sent;
    bool done = false;
    Task<> task = send_file(*raw, ::fileno(file.get()), offset, sent);
    task.start([&] { done = true; });
    ASSERT_TRUE(run_loop_until(loop, [&] { return done; }));
    EXPECT_EQ(sent.code(), Code::kInvalidArgument) << offset;
    EXPECT_FALSE(raw->closed()) << raw->error();
  }
}

// Writability that moves nothing does not renew the stall timeout.
TEST(StreamStallTest, an_event_that_moves_no_output_is_no_progress) {
  FakeClock clock;
  IOLoop loop({.clock = &clock});
  auto owned = std::make_unique<Reluctant>();
  Reluctant* const transport = owned.get();
  IOStream stream(std::move(owned), &loop);
  stream.set_write_stall_timeout(std::chrono::seconds(10));
  const auto pass = [&](int seconds) {
    clock.advance(std::chrono::seconds(seconds));
    transport->tell_writable();
    run_loop_idle(loop, 5);
  };
  stream.write(std::string(100, 'x'));
  run_loop_idle(loop, 5);
  pass(6);
  EXPECT_FALSE(stream.closed());
  transport->takes = 10;
  pass(3);  // 9 s: progress
  pass(9);
  EXPECT_FALSE(stream.closed());
  pass(2);
  EXPECT_TRUE(stream.closed());
  EXPECT_EQ(stream.error().code(), Code::kDeadlineExceeded);
}

// Output that begins to wait has its whole time, however long the stream was idle.
TEST(StreamStallTest, the_stall_timeout_begins_when_output_begins_to_wait) {
  FakeClock clock;
  IOLoop loop({.clock = &clock});
  auto owned = std::make_unique<Reluctant>();
  Reluctant* const transport = owned.get();
  IOStream stream(std::move(owned), &loop);
  stream.set_write_stall_timeout(std::chrono::seconds(10));
  stream.write(std::string(10, 'x'));
  run_loop_idle(loop, 5);  // arms the timer
  transport->takes = 10;
  transport->tell_writable();
  clock.advance(std::chrono::seconds(9));
  run_loop_idle(loop, 5);
  stream.write(std::string(10, 'x'));
  run_loop_idle(loop, 5);
  clock.advance(std::chrono::seconds(9));
  run_loop_idle(loop, 5);
  EXPECT_FALSE(stream.closed());
  clock.advance(std::chrono::seconds(2));
  run_loop_idle(loop, 5);
  EXPECT_TRUE(stream.closed());
}

}  // namespace
}  // namespace turbo
