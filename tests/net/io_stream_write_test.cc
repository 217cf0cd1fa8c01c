// Writing: completion, order, forms, limits of output, faults on the way out.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <string>
#include <utility>

#include "framework/loop/task.h"
#include "tests/net/stream_test.h"

namespace turbo {
namespace {

Task<> await_write(IOStream& stream, std::string data, StatusRecord& record) {
  auto write = stream.write(std::move(data));
  absl::Status status = co_await write;
  record.callback()(std::move(status));
}

class StreamWriteTest : public StreamTest {
 protected:
  void make_writer(IOStreamOptions options = {}, FaultPlan plan = {}) {
    make(options, std::move(plan), PipeEnd::kWrites);
  }
  // Runs the loop and takes what comes out until the peer has `size` bytes.
  std::string receive(size_t size) {
    std::string got;
    EXPECT_TRUE(run_loop_until(loop,
                               [&] {
                                 got += peer.receive();
                                 return got.size() >= size;
                               }))
        << "got " << got.size() << " bytes of " << size;
    return got;
  }
  // Writes until the connection takes no more; returns what was written.
  std::string fill() {
    std::string sent;
    do {
      stream->write(std::string(65536, 'f'));
      sent += std::string(65536, 'f');
      idle(4);
    } while (!stream->writing());
    return sent;
  }
};
TURBO_OVER_STREAMS_AND_PIPES(StreamWriteTest);

TEST_P(StreamWriteTest, what_is_appended_in_place_leaves_in_its_order) {
  make_writer();
  stream->write("first ");
  stream->output().append("second ");
  stream->output().append("third ");
  stream->appended();
  StatusRecord written;
  stream->write("fourth", written.callback());
  EXPECT_EQ(stream->write_buffer_size(), 25u);
  EXPECT_EQ(receive(25), "first second third fourth");
  run_until([&] { return written.calls == 1; });
  EXPECT_TRUE(written.status.ok());
}

TEST_P(StreamWriteTest, what_is_appended_to_a_closed_stream_is_dropped) {
  make_writer();
  stream->close();
  stream->output().append("late");
  stream->appended();
  EXPECT_FALSE(stream->writing());
  idle(3);
  EXPECT_EQ(peer.receive(), "");
}

// 11.2 writing: true during, false in the callback; 11.1 test_future_write; row 19.
TEST_P(StreamWriteTest, a_write_completes_later_when_its_last_byte_has_left) {
  make_writer();
  bool inside = true;
  StatusRecord written;
  stream->write("hello", [&, done = written.callback()](absl::Status status) mutable {
    inside = stream->writing();
    done(std::move(status));
  });
  EXPECT_TRUE(stream->writing());
  EXPECT_EQ(stream->write_buffer_size(), 5u);
  EXPECT_EQ(written.calls, 0);
  EXPECT_EQ(peer.receive(), "") << "nothing is sent inside write()";
  run_until([&] { return written.calls == 1; });
  EXPECT_TRUE(written.ok());
  EXPECT_FALSE(inside);
  EXPECT_EQ(stream->write_buffer_size(), 0u);
  EXPECT_EQ(receive(5), "hello");
}

// Row 19, IOS-33, IOS-34: one gather write for all writes of a turn.
TEST_P(StreamWriteTest, the_small_writes_of_one_turn_leave_in_one_call) {
  if (!memory()) GTEST_SKIP() << "calls are counted in memory";
  make_writer();
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    stream->write(std::to_string(i) + ";");
    expected += std::to_string(i) + ";";
  }
  EXPECT_EQ(transport->steps(Step::kWrite), 0u);
  EXPECT_EQ(receive(expected.size()), expected);
  EXPECT_EQ(transport->steps(Step::kWrite), 1u);
}

// The seed's rule: one slot, the newest callback takes it.
TEST_P(StreamWriteTest, a_new_write_callback_overwrites_the_pending_one) {
  make_writer();
  StatusRecord first, second;
  stream->write("a", first.callback());
  stream->write("b", second.callback());
  run_until([&] { return second.calls == 1; });
  idle();
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(receive(2), "ab");
}

// D3, E2, 11.3 WriteCallbackNotErasedByPlainWrite.
TEST_P(StreamWriteTest, a_write_without_callback_leaves_the_pending_one) {
  make_writer();
  StatusRecord first;
  size_t unsent_then = 1;
  stream->write("a", [&, done = first.callback()](absl::Status status) mutable {
    unsent_then = stream->write_buffer_size();
    done(std::move(status));
  });
  stream->write("b");
  run_until([&] { return first.calls == 1; });
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(unsent_then, 0u) << "the slot waits for all buffered output";
  EXPECT_EQ(receive(2), "ab");
}

// E2, 11.1 test_future_write: awaited writes complete one by one, in order, whatever the slot
// holds.
TEST_P(StreamWriteTest, awaited_writes_complete_in_order_with_their_own_last_byte) {
  make_writer();
  std::vector<int> order;
  std::vector<Task<>> tasks;
  auto write_one = [](IOStream& stream, int number, std::vector<int>& order) -> Task<> {
    auto write = stream.write(std::string(1000, static_cast<char>('0' + number)));
    absl::Status status = co_await write;
    EXPECT_TRUE(status.ok());
    order.push_back(number);
  };
  StatusRecord slot, overwritten;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(write_one(*stream, i, order));
    tasks.back().start([] {});
    stream->write("", i < 4 ? overwritten.callback() : slot.callback());
  }
  EXPECT_TRUE(order.empty());
  run_until([&] { return order.size() == 5 && slot.calls == 1; });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(receive(5000).size(), 5000u);
}

// Row "per-write completion": submission order, whatever the order of awaiting.
TEST_P(StreamWriteTest, writes_awaited_in_any_order_complete_in_the_order_of_the_writes) {
  make_writer();
  std::vector<int> order;
  auto await_one = [](IOStream::WriteOperation& write, int number,
                      std::vector<int>& order) -> Task<> {
    absl::Status status = co_await write;
    EXPECT_TRUE(status.ok());
    order.push_back(number);
  };
  IOStream::WriteOperation writes[] = {stream->write("a"), stream->write("b"), stream->write("c")};
  std::vector<Task<>> tasks;
  for (int number : {2, 0, 1}) {
    tasks.push_back(await_one(writes[number], number, order));
    tasks.back().start([] {});
  }
  run_until([&] { return order.size() == 3; });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(receive(3), "abc");
}

// Row "per-write completion": the first write is done though the second still waits for room.
TEST_P(StreamWriteTest, an_early_write_completes_while_a_later_one_waits) {
  make_writer();
  StatusRecord early, late;
  Task<> first = await_write(*stream, "first", early);
  first.start([] {});
  Task<> second = await_write(*stream, std::string(8 << 20, 'x'), late);
  second.start([] {});
  run_until([&] { return early.calls == 1; });
  idle();
  EXPECT_TRUE(early.ok());
  EXPECT_EQ(late.calls, 0);
  EXPECT_TRUE(stream->writing());
  receive(5 + (8 << 20));
  run_until([&] { return late.calls == 1; });
  EXPECT_TRUE(late.ok());
}

// E23, D7, 11.1 test_write_zero_bytes, 11.2 write_zero_copy empty / write empty string.
TEST_P(StreamWriteTest, empty_writes_complete_in_order_without_a_call) {
  make_writer();
  StatusRecord empty;
  stream->write("", empty.callback());
  EXPECT_EQ(empty.calls, 0);
  run_until([&] { return empty.calls == 1; });
  EXPECT_TRUE(empty.ok());
  if (memory()) {
    EXPECT_EQ(transport->steps(Step::kWrite), 0u);
  }
  StatusRecord awaited;
  Task<> task = await_write(*stream, "", awaited);
  task.start([] {});
  EXPECT_EQ(awaited.calls, 0);
  run_until([&] { return awaited.calls == 1; });
  stream->write("still works");
  EXPECT_EQ(receive(11), "still works");
}

// D9, IOS-32, 11.1 test_write_memoryview, 11.3 TwoSharedBufferWritesInterleaved.
TEST_P(StreamWriteTest, all_forms_of_data_interleave_in_order) {
  make_writer();
  Buffer shared = Buffer::from_string(pattern(5000));
  Buffer pieces;
  pieces.append_static("static ");
  pieces.append("copied ");
  bool released = false;
  const std::string external(3000, 'e');
  pieces.append_external(external, [&] { released = true; });
  FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fwrite("0123456789", 1, 10, file), 10u);
  std::fflush(file);

  stream->write(shared.share());
  stream->write(std::string_view("view "));
  stream->write(shared.share(100, 50));
  stream->write_file(::fileno(file), 2, 6);
  stream->write(std::string(2000, 's'));
  stream->write(std::move(pieces));
  std::fclose(file);  // the descriptor was duplicated
  const std::string expected = pattern(5000) + "view " + pattern(5000).substr(100, 50) + "234567" +
                               std::string(2000, 's') + "static copied " + external;
  EXPECT_EQ(receive(expected.size()), expected);
  run_until([&] { return !stream->writing(); });
  EXPECT_TRUE(released);
}

// IOS-32: a range of a file larger than any buffer, over sendfile.
TEST_P(StreamWriteTest, a_large_file_range_arrives_whole) {
  make_writer();
  const std::string content = pattern(3 << 20);
  FILE* file = std::tmpfile();
  ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
  std::fflush(file);
  stream->write("head ");
  stream->write_file(::fileno(file), 1000, content.size() - 2000);
  stream->write(" tail");
  std::fclose(file);
  const std::string expected = "head " + content.substr(1000, content.size() - 2000) + " tail";
  EXPECT_TRUE(receive(expected.size()) == expected);
}

// A file cut short while it is sent: the receiver was promised bytes that are not there, so the
// stream ends.
TEST_P(StreamWriteTest, a_file_shorter_than_promised_fails_the_write) {
  make_writer();
  FILE* file = std::tmpfile();
  ASSERT_EQ(std::fwrite("short", 1, 5, file), 5u);
  std::fflush(file);
  StatusRecord sent;
  auto send = [](IOStream& stream, int fd, StatusRecord& record) -> Task<> {
    auto write = stream.write_file(fd, 0, 100);
    absl::Status status = co_await write;
    record.callback()(std::move(status));
  };
  Task<> task = send(*stream, ::fileno(file), sent);
  task.start([] {});
  std::fclose(file);
  run_until([&] { return sent.calls == 1; });
  EXPECT_FALSE(sent.ok());
  EXPECT_TRUE(stream->closed());
}

// E22, 11.1 test_pipe_iostream_big_write.
TEST_P(StreamWriteTest, a_write_larger_than_the_connection_arrives_whole) {
  make_writer();
  const std::string sent = pattern(10 << 20);
  StatusRecord written;
  stream->write(sent, written.callback());
  EXPECT_TRUE(receive(sent.size()) == sent);
  run_until([&] { return written.calls == 1; });
  EXPECT_TRUE(written.ok());
}

// E22, 11.3 PartialSendRandomised: a small send buffer, or short writes and EAGAIN on a script.
TEST_P(StreamWriteTest, randomised_partial_sends_lose_and_repeat_nothing) {
  std::mt19937 random(7);
  FaultPlan plan;
  for (int i = 0; i < 2000; ++i) plan.write_sizes.push_back(random() % 700);
  for (size_t at = 3; at < 3000; at += 1 + random() % 40) {
    plan.faults.push_back(random() % 2 == 0 ? interrupt_at(Step::kWrite, at)
                                            : would_block_at(Step::kWrite, at));
  }
  make_writer({}, plan);
  if (!memory()) {
    FdPair ends = make_fd_pair(pair_kind(GetParam()));
    const int small = 4096;
    ::setsockopt(ends.a.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));  // not on a pipe
    make_over(std::move(ends));
  }
  const std::string sent = pattern(400000);
  std::string got;
  size_t written = 0, completed = 0;
  std::vector<Task<>> tasks;
  std::vector<StatusRecord> records(4000);
  while (written < sent.size()) {
    const size_t size = std::min<size_t>(sent.size() - written, random() % 1500);
    tasks.push_back(await_write(*stream, sent.substr(written, size), records[tasks.size()]));
    tasks.back().start([&] { ++completed; });
    written += size;
    if (random() % 4 == 0) loop.run_once();
    if (random() % 8 == 0) got += peer.receive();
  }
  run_until([&] {
    got += peer.receive();
    return completed == tasks.size() && got.size() >= sent.size();
  });
  EXPECT_TRUE(got == sent);
}

// E22, row 14, tornado #2110: one huge write leaves turns to others.
TEST_P(StreamWriteTest, a_huge_write_stays_within_its_budget_an_iteration) {
  if (!memory()) GTEST_SKIP() << "needs a connection that takes everything";
  MemoryPair ends = make_memory_pair({}, {}, 64 << 20);
  stream = std::make_unique<IOStream>(std::move(ends.a), &loop);
  peer = Peer(std::move(ends.b));
  stream->write(std::string(16 << 20, 'x'));
  loop.run_once();
  EXPECT_LE(peer.receive().size(), size_t{2} << 20);
  receive(14 << 20);
}

// IOS-31, row 6: limit - 1, limit, limit + 1.
TEST_P(StreamWriteTest, a_write_past_the_limit_is_refused_and_nothing_enqueued) {
  for (size_t size : {999u, 1000u, 1001u}) {
    SCOPED_TRACE(size);
    make_writer({.max_write_buffer_size = 1000});
    StatusRecord slot, written;
    stream->write("", slot.callback());
    run_until([&] { return slot.calls == 1; });
    stream->write(std::string(size, 'x'), written.callback());
    EXPECT_EQ(written.calls, 0);
    run_until([&] { return written.calls == 1; });
    EXPECT_FALSE(stream->closed());
    if (size <= 1000) {
      EXPECT_TRUE(written.ok());
      EXPECT_EQ(receive(size).size(), size);
    } else {
      EXPECT_EQ(written.code(), Code::kResourceExhausted);
      EXPECT_EQ(peer.receive(), "");
    }
  }
}

// Row 2: a refused write completes by itself and never touches the slot.
TEST_P(StreamWriteTest, a_refused_write_leaves_the_slot_alone) {
  make_writer({.max_write_buffer_size = 1000});
  StatusRecord slot, refused;
  stream->write("fits", slot.callback());
  stream->write(std::string(997, 'x'), refused.callback());
  EXPECT_EQ(stream->write_buffer_size(), 4u);
  run_until([&] { return slot.calls == 1 && refused.calls == 1; });
  EXPECT_TRUE(slot.ok());
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(receive(4), "fits");
}

// iostream.md section 1: max_buffer_size bounds unsent output too unless set apart.
TEST_P(StreamWriteTest, the_write_limit_is_the_buffer_limit_unless_set) {
  make_writer({.max_buffer_size = 5000});
  StatusRecord fits, refused;
  stream->write(std::string(5000, 'x'), fits.callback());
  stream->write("y", refused.callback());
  run_until([&] { return fits.calls == 1 && refused.calls == 1; });
  EXPECT_TRUE(fits.ok());
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
}

// An awaited write that is refused resumes with the reason.
TEST_P(StreamWriteTest, an_awaited_write_learns_that_it_was_refused) {
  make_writer({.max_write_buffer_size = 10});
  StatusRecord record;
  Task<> task = await_write(*stream, "more than ten bytes", record);
  task.start([] {});
  EXPECT_EQ(record.calls, 0);
  run_until([&] { return record.calls == 1; });
  EXPECT_EQ(record.code(), Code::kResourceExhausted);
  EXPECT_FALSE(stream->closed());
}

// Row 9: on a stream we closed.
TEST_P(StreamWriteTest, a_write_on_a_closed_stream_completes_later_with_kCancelled) {
  make_writer();
  stream->close();
  StatusRecord slot, awaited;
  stream->write("x", slot.callback());
  Task<> task = await_write(*stream, "y", awaited);
  task.start([] {});
  EXPECT_EQ(slot.calls + awaited.calls, 0);
  run_until([&] { return slot.calls == 1 && awaited.calls == 1; });
  EXPECT_EQ(slot.code(), Code::kCancelled);
  EXPECT_EQ(awaited.code(), Code::kCancelled);
}

// E7, row 9: the slot and every awaited write.
TEST_P(StreamWriteTest, pending_writes_complete_with_kCancelled_at_close) {
  make_writer();
  fill();
  StatusRecord slot, first, second;
  stream->write("a", slot.callback());
  Task<> one = await_write(*stream, "b", first);
  one.start([] {});
  Task<> two = await_write(*stream, "c", second);
  two.start([] {});
  stream->close();
  EXPECT_EQ(slot.calls + first.calls + second.calls, 0);
  run_until([&] { return slot.calls + first.calls + second.calls == 3; });
  EXPECT_EQ(slot.code(), Code::kCancelled);
  EXPECT_EQ(first.code(), Code::kCancelled);
  EXPECT_EQ(second.code(), Code::kCancelled);
  EXPECT_FALSE(stream->writing());
}

// E33, row 18: a vanished reader is an error, not a signal. The default action would end this
// process.
TEST_P(StreamWriteTest, writing_to_a_peer_that_went_away_raises_no_signal) {
  make_writer();
  StatusRecord closed;
  stream->set_close_callback(closed.callback());
  peer.close();
  for (int i = 0; i < 5 && !stream->closed(); ++i) {
    stream->write(std::string(1000, 'x'));
    idle(5);
  }
  run_until([&] { return closed.calls == 1; });
  EXPECT_TRUE(stream->closed());
}

// E33: the same for sendfile.
TEST_P(StreamWriteTest, sending_a_file_to_a_peer_that_went_away_raises_no_signal) {
  make_writer();
  FILE* file = std::tmpfile();
  ASSERT_EQ(std::fwrite("content", 1, 7, file), 7u);
  std::fflush(file);
  peer.close();
  for (int i = 0; i < 5 && !stream->closed(); ++i) {
    stream->write_file(::fileno(file), 0, 7);
    idle(5);
  }
  std::fclose(file);
  run_until([&] { return stream->closed(); });
}

// IOS-31: watermarks.
TEST_P(StreamWriteTest, watermarks_tell_when_output_piles_up_and_when_it_has_left) {
  make_writer();
  std::vector<std::string> events;
  stream->set_watermarks(
      100, 1000, [&] { events.push_back("high"); }, [&] { events.push_back("low"); });
  stream->write(std::string(1000, 'x'));
  idle(3);
  EXPECT_TRUE(events.empty()) << "exactly the high mark is not above it";
  stream->write(std::string(8 << 20, 'x'));
  EXPECT_TRUE(events.empty()) << "never inside write()";
  run_until([&] { return !events.empty(); });
  EXPECT_EQ(events, std::vector<std::string>{"high"});
  receive(1000 + (8 << 20));
  run_until([&] { return events.size() == 2; });
  EXPECT_EQ(events.back(), "low");
}

// A peer that does not read: the stream gives up.
TEST_P(StreamWriteTest, output_that_does_not_move_for_the_stall_timeout_closes_the_stream) {
  make_writer();
  StatusRecord closed;
  stream->set_close_callback(closed.callback());
  stream->set_write_stall_timeout(std::chrono::seconds(30));
  fill();
  clock.advance(std::chrono::seconds(29));
  idle();
  EXPECT_FALSE(stream->closed());
  clock.advance(std::chrono::seconds(31));
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(closed.code(), Code::kDeadlineExceeded);
}

// Output that moves, however slowly, is no stall.
TEST_P(StreamWriteTest, slow_progress_is_no_stall) {
  make_writer();
  stream->set_write_stall_timeout(std::chrono::seconds(30));
  stream->write(std::string(4 << 20, 'x'));
  size_t got = 0;
  for (int i = 0; got < (4u << 20) && i < 1000; ++i) {
    idle(3);
    got += peer.receive().size();
    idle(3);
    clock.advance(std::chrono::seconds(20));
    idle(3);
    ASSERT_FALSE(stream->closed()) << "after " << got << " bytes";
  }
  idle(3);
  clock.advance(std::chrono::hours(1));
  idle();
  EXPECT_FALSE(stream->closed()) << "nothing waits, so nothing stalls";
}

// D8 for writing: a full connection does not wake the loop.
TEST_P(StreamWriteTest, waiting_for_room_does_not_spin) {
  make_writer();
  fill();
  idle(3);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_LE(guard.completions(), 3u);
}

// Row 10: destroying a coroutine withdraws its wait, not its bytes.
TEST_P(StreamWriteTest, destroying_a_coroutine_that_awaits_a_write_leaves_the_stream_whole) {
  make_writer();
  const std::string before = fill();
  StatusRecord record;
  {
    Task<> task = await_write(*stream, "tail", record);
    task.start([] {});
    idle(2);
  }
  EXPECT_TRUE(receive(before.size() + 4).ends_with("tail"));
  idle();
  EXPECT_EQ(record.calls, 0);
}

// Row 10: destroying the stream resumes who awaits, later, with kCancelled.
TEST_P(StreamWriteTest, destroying_the_stream_resumes_an_awaited_write_later) {
  make_writer();
  fill();
  StatusRecord record;
  Task<> task = await_write(*stream, "x", record);
  task.start([] {});
  stream.reset();
  EXPECT_EQ(record.calls, 0);
  run_until([&] { return record.calls == 1; });
  EXPECT_EQ(record.code(), Code::kCancelled);
}

// E30 while writing: what waits fails with the cause.
TEST_P(StreamWriteTest, a_reset_fails_the_writes_that_wait) {
  if (pipe() || GetParam() == StreamKind::kUnix) GTEST_SKIP() << "needs a reset at will";
  make_writer();
  fill();
  StatusRecord slot, awaited;
  stream->write("x", slot.callback());
  Task<> task = await_write(*stream, "y", awaited);
  task.start([] {});
  idle(3);
  peer.reset();
  run_until([&] { return slot.calls == 1 && awaited.calls == 1; });
  EXPECT_EQ(slot.code(), Code::kUnavailable);
  EXPECT_EQ(awaited.code(), Code::kUnavailable);
  EXPECT_EQ(stream->error().code(), Code::kUnavailable);
}

// TLS-1 in the small: a write that must read first waits for readability, and does not spin
// meanwhile (TLS-6).
TEST_P(StreamWriteTest, a_write_that_wants_to_read_is_driven_by_readability) {
  if (!memory()) GTEST_SKIP() << "only memory plays TLS";
  make_writer({}, {.faults = {would_block_at(Step::kWrite, 1, kReadable)}});
  stream->write("hello");
  idle(3);
  const SpinGuard guard(loop);
  idle(50);
  EXPECT_LE(guard.wakeups(), 3u);
  EXPECT_EQ(peer.receive(), "");
  peer.send("go on");
  EXPECT_EQ(receive(5), "hello");
}

}  // namespace
}  // namespace turbo
