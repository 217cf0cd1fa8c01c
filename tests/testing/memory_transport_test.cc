#include "framework/testing/memory_transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "framework/testing/fake_clock.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"

namespace turbo {
namespace {

using Kind = IOResult::Kind;

class Recorder final : public EventHandler {
 public:
  void on_events(uint32_t events) override { seen.push_back(events); }
  std::vector<uint32_t> seen;
};

class MemoryTransportTest : public testing::Test {
 protected:
  void make(FaultPlan plan = {}, size_t capacity = 65536) {
    MemoryPair pair = make_memory_pair(std::move(plan), {}, capacity);
    a = std::move(pair.a);
    b = std::move(pair.b);
    a->attach(loop, events);
  }
  IOResult write(std::string_view bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return a->write({&piece, 1});
  }
  IOResult read(size_t room = 100) { return a->read(std::span(room_).first(room)); }
  std::string got(const IOResult& result) { return std::string(room_, result.bytes); }

  IOLoop loop;
  Recorder events;
  std::unique_ptr<MemoryTransport> a, b;
  char room_[100];
};

TEST_F(MemoryTransportTest, bytes_come_out_as_they_went_in) {
  make();
  EXPECT_EQ(write("hello").bytes, 5u);
  EXPECT_EQ(b->receive(), "hello");
  b->send("answer");
  EXPECT_EQ(got(read()), "answer");
  EXPECT_EQ(read().kind, Kind::kWouldBlock);
}

TEST_F(MemoryTransportTest, readiness_is_level_triggered_and_comes_through_the_poller) {
  make();
  a->watch(kReadable);
  run_loop_idle(loop, 5);
  EXPECT_TRUE(events.seen.empty());
  b->send("x");
  EXPECT_TRUE(events.seen.empty()) << "never inside a call";
  run_loop_idle(loop, 3);
  EXPECT_EQ(events.seen, (std::vector<uint32_t>{kReadable, kReadable, kReadable}));
  read();
  run_loop_idle(loop, 3);
  EXPECT_EQ(events.seen.size(), 3u);
}

TEST_F(MemoryTransportTest, watching_nothing_hides_even_a_hang_up) {
  make();
  b->reset();
  a->watch(kReadable);
  run_loop_idle(loop, 1);
  ASSERT_EQ(events.seen.size(), 1u);
  EXPECT_TRUE(events.seen[0] & kHangUp);
  a->watch(kNoEvents);
  const SpinGuard guard(loop);
  run_loop_idle(loop, 5);
  EXPECT_EQ(guard.wakeups(), 0u);
}

TEST_F(MemoryTransportTest, a_full_connection_would_block_until_it_is_emptied) {
  make({}, 10);
  EXPECT_EQ(write(std::string(15, 'x')).bytes, 10u);
  EXPECT_EQ(write("y").kind, Kind::kWouldBlock);
  a->watch(kWritable);
  run_loop_idle(loop, 3);
  EXPECT_TRUE(events.seen.empty());
  EXPECT_EQ(b->receive().size(), 10u);
  run_loop_idle(loop, 1);
  EXPECT_EQ(events.seen, std::vector<uint32_t>{kWritable});
}

TEST_F(MemoryTransportTest, reads_and_writes_are_cut_as_planned) {
  make({.max_read = 2, .max_write = 3, .read_sizes = {1}, .write_sizes = {2, 1}});
  EXPECT_EQ(write("abcdef").bytes, 2u);
  EXPECT_EQ(write("abcdef").bytes, 1u);
  EXPECT_EQ(write("abcdef").bytes, 3u);
  b->send("12345");
  EXPECT_EQ(read().bytes, 1u);
  EXPECT_EQ(read().bytes, 2u);
}

// Moving what is left at every read would take hours.
TEST_F(MemoryTransportTest, a_large_backlog_is_read_in_small_pieces) {
  make();
  constexpr size_t kPieces = 1 << 20;
  const auto piece_of = [](size_t i) { return std::to_string(1'000'000'000 + i); };
  std::string all;
  for (size_t i = 0; i < kPieces; ++i) all += piece_of(i);
  b->send(all);
  b->send("then ");
  for (size_t i = 0; i < kPieces; ++i) ASSERT_EQ(got(read(10)), piece_of(i));
  b->send("more");
  EXPECT_EQ(got(read()), "then more");
  EXPECT_EQ(read().kind, Kind::kWouldBlock);
}

TEST_F(MemoryTransportTest, faults_strike_once_at_their_step) {
  make({.faults = {fail_at(Step::kRead, 2, EIO), would_block_at(Step::kWrite, 1, kReadable),
                   interrupt_at(Step::kRead, 3)}});
  b->send("abc");
  EXPECT_EQ(read(1).bytes, 1u);
  EXPECT_EQ(read(1).error, EIO);
  EXPECT_EQ(read(1).bytes, 1u) << "interrupted and retried inside";
  EXPECT_EQ(a->steps(Step::kRead), 4u);
  const IOResult blocked = write("x");
  EXPECT_EQ(blocked.kind, Kind::kWouldBlock);
  EXPECT_EQ(blocked.wants, kReadable);
  EXPECT_EQ(write("x").bytes, 1u);
  EXPECT_EQ(a->steps(), 6u);
}

TEST_F(MemoryTransportTest, a_reset_lets_bytes_in_flight_out_first) {
  make({.faults = {reset_at(Step::kWrite, 1)}});
  b->send("last words");
  EXPECT_EQ(write("x").error, ECONNRESET);
  EXPECT_EQ(got(read()), "last words");
  EXPECT_EQ(read().error, ECONNRESET);
  EXPECT_TRUE(b->was_reset());
  EXPECT_FALSE(b->send("more"));
}

TEST_F(MemoryTransportTest, fin_comes_after_the_bytes_and_half_closes) {
  make();
  b->send("bye");
  ASSERT_TRUE(b->shutdown_write().ok());
  EXPECT_EQ(got(read()), "bye");
  EXPECT_EQ(read().kind, Kind::kEnd);
  EXPECT_EQ(write("still here").bytes, 10u);
  EXPECT_EQ(b->receive(), "still here");
  EXPECT_FALSE(b->at_end());
  a->close();
  EXPECT_TRUE(b->at_end());
}

TEST_F(MemoryTransportTest, closing_with_bytes_unread_or_writing_to_the_closed_resets) {
  make();
  write("unread");
  b->close();
  EXPECT_EQ(read().error, ECONNRESET);
  make();
  b->close();
  EXPECT_EQ(read().kind, Kind::kEnd);
  EXPECT_EQ(write("x").kind, Kind::kBytes) << "as with TCP, the first write leaves";
  EXPECT_EQ(write("x").error, EPIPE);
}

TEST_F(MemoryTransportTest, the_rest_of_a_record_waits_inside) {
  make({.record_size = 10});
  b->send("0123456789abc");
  EXPECT_EQ(read(4).bytes, 4u);
  EXPECT_TRUE(a->has_buffered_input());
  EXPECT_EQ(read().bytes, 6u);
  EXPECT_FALSE(a->has_buffered_input());
  EXPECT_EQ(read().bytes, 3u);
}

TEST_F(MemoryTransportTest, a_file_is_sent_up_to_its_end) {
  make();
  FILE* file = std::tmpfile();
  ASSERT_EQ(std::fwrite("content", 1, 7, file), 7u);
  std::fflush(file);
  EXPECT_EQ(a->send_file(::fileno(file), 3, 100).bytes, 4u);
  EXPECT_EQ(a->send_file(::fileno(file), 7, 96).kind, Kind::kEnd);
  EXPECT_EQ(b->receive(), "tent");
  std::fclose(file);
}

TEST_F(MemoryTransportTest, a_held_connect_ends_when_told) {
  make({.hold_connect = true});
  ASSERT_TRUE(a->connect(Address(), nullptr).ok());
  a->watch(kWritable);
  run_loop_idle(loop, 3);
  EXPECT_TRUE(events.seen.empty());
  a->finish_connect(ECONNREFUSED);
  run_loop_idle(loop, 1);
  EXPECT_EQ(events.seen.size(), 1u);
  EXPECT_FALSE(a->connect_result().ok());
}

TEST_F(MemoryTransportTest, either_end_may_die_first) {
  make();
  a->watch(kReadable);
  b.reset();
  run_loop_idle(loop, 1);
  EXPECT_FALSE(events.seen.empty());
  make();
  a.reset();
  EXPECT_TRUE(b->at_end());
  b->send("into the void");
}

// ---- the rest of the room ----

TEST(FakeClockTest, time_passes_only_when_told) {
  FakeClock clock;
  const TimePoint start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(clock.now() - start, std::chrono::seconds(5));
  EXPECT_EQ(clock.poll_wait(std::chrono::hours(1)), Duration::zero());
}

TEST(FakeClockTest, a_loop_on_it_fires_timers_by_its_time) {
  FakeClock clock;
  IOLoop loop(IOLoopOptions{.clock = &clock});
  bool fired = false;
  loop.call_later(std::chrono::hours(1), [&] { fired = true; });
  run_loop_idle(loop);
  EXPECT_FALSE(fired);
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(run_loop_until(loop, [&] { return fired; }));
}

TEST(StreamPairTest, every_kind_of_pair_carries_bytes) {
  for (PairKind kind : {PairKind::kTCP, PairKind::kUnix, PairKind::kPipe, PairKind::kMemory}) {
    SCOPED_TRACE(to_string(kind));
    IOLoop loop;
    StreamPair pair = make_stream_pair(kind, loop);
    std::string got;
    pair.b->read_until("\n", [&](absl::StatusOr<Buffer> line) { got = line->to_string(); });
    pair.a->write("hello\n");
    EXPECT_TRUE(run_loop_until(loop, [&] { return !got.empty(); }));
    EXPECT_EQ(got, "hello\n");
  }
}

TEST(SpinGuardTest, it_counts_a_handler_that_never_drains) {
  IOLoop loop;
  FdPair pair = make_fd_pair(PairKind::kUnix);
  ASSERT_TRUE(loop.add_handler(pair.a.get(), kReadable, [](int, uint32_t) {}).ok());
  const SpinGuard guard(loop);
  run_loop_idle(loop, 10);
  EXPECT_EQ(guard.wakeups(), 0u);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  run_loop_idle(loop, 10);
  EXPECT_EQ(guard.wakeups(), 10u);
  loop.remove_handler(pair.a.get());
}

}  // namespace
}  // namespace turbo
