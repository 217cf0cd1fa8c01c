// The queue of unsent output: order, positions and what a transport that takes a part leaves
// behind.
#include "framework/net/write_queue.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace turbo {
namespace {

// Takes at most `room` bytes a call and keeps them.
class TakingTransport final : public Transport {
 public:
  void attach(IOLoop&, EventHandler&) override {}
  void watch(uint32_t) override {}
  IOResult read(std::span<char>) override { return IOResult::end(); }
  IOResult write(std::span<const iovec> pieces) override {
    pieces_seen.push_back(pieces.size());
    std::string offered;
    for (const iovec& piece : pieces) {
      offered.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    return take(offered);
  }
  IOResult send_file(int file, off_t offset, size_t count) override {
    std::string bytes(count, '\0');
    const ssize_t got = ::pread(file, bytes.data(), count, offset);
    if (got == 0) return IOResult::end();
    return take(bytes.substr(0, static_cast<size_t>(got)));
  }
  absl::Status connect(const Address&, const Address*) override { return absl::OkStatus(); }
  absl::Status connect_result() override { return absl::OkStatus(); }
  absl::Status shutdown_write() override { return absl::OkStatus(); }
  void close() override {}
  int fd() const override { return -1; }
  Address local_address() const override { return {}; }
  Address peer_address() const override { return {}; }

  size_t room = SIZE_MAX;
  std::string taken;
  std::vector<size_t> pieces_seen;

 private:
  IOResult take(const std::string& offered) {
    const size_t size = std::min(room, offered.size());
    if (size == 0) return IOResult::would_block(kWritable);
    taken += offered.substr(0, size);
    return IOResult::moved(size);
  }
};

UniqueFd file_with(std::string_view bytes) {
  char name[] = "/tmp/write_queue_test_XXXXXX";
  UniqueFd file(::mkstemp(name));
  ::unlink(name);
  EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return file;
}

class WriteQueueTest : public ::testing::Test {
 protected:
  // Writes until all is gone, at most `budget` a step.
  void drain(size_t budget = SIZE_MAX) {
    while (!queue.empty()) {
      const WriteStep step = queue.write_to(transport, budget);
      ASSERT_EQ(step.result.kind, IOResult::Kind::kBytes);
    }
  }

  WriteQueue queue;
  TakingTransport transport;
};

TEST_F(WriteQueueTest, one_piece_goes_as_one_iovec) {
  queue.bytes().append("hello");
  EXPECT_EQ(queue.end(), 5u);
  const WriteStep step = queue.write_to(transport, SIZE_MAX);
  EXPECT_TRUE(step.whole);
  EXPECT_EQ(transport.taken, "hello");
  EXPECT_EQ(transport.pieces_seen, std::vector<size_t>{1});
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.sent(), 5u);
}

// IOS-33: many writes, one gather write, at most kMaxPieces pieces.
TEST_F(WriteQueueTest, many_pieces_go_together_up_to_the_cap) {
  std::vector<std::string> pieces(WriteQueue::kMaxPieces + 1, std::string(300, 'x'));
  for (const std::string& piece : pieces) queue.bytes().append_static(piece);
  const WriteStep step = queue.write_to(transport, SIZE_MAX);
  EXPECT_TRUE(step.whole);
  EXPECT_EQ(transport.pieces_seen, std::vector<size_t>{WriteQueue::kMaxPieces});
  EXPECT_EQ(queue.size(), 300u);
}

TEST_F(WriteQueueTest, a_part_taken_leaves_the_rest_and_says_so) {
  queue.bytes().append("hello");
  transport.room = 2;
  EXPECT_FALSE(queue.write_to(transport, SIZE_MAX).whole);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(queue.sent(), 2u);
  EXPECT_EQ(queue.end(), 5u);
  transport.room = 0;
  EXPECT_EQ(queue.write_to(transport, SIZE_MAX).result.kind, IOResult::Kind::kWouldBlock);
  EXPECT_EQ(queue.size(), 3u);
}

// IOS-33: the budget of one turn, at one byte less, equal and one more than what waits.
TEST_F(WriteQueueTest, no_more_is_offered_than_the_budget) {
  for (size_t budget : {4u, 5u, 6u}) {
    WriteQueue bytes;
    TakingTransport sink;
    bytes.bytes().append("hello");
    EXPECT_TRUE(bytes.write_to(sink, budget).whole);
    EXPECT_EQ(sink.taken.size(), std::min<size_t>(budget, 5));
  }
}

// IOS-32: every two-way cut of the transport's appetite, files and bytes interleaved.
TEST_F(WriteQueueTest, bytes_and_files_keep_their_order_however_they_are_cut) {
  const std::string expected = "one-TWO-three-FOUR-five";
  for (size_t room = 1; room <= expected.size(); ++room) {
    for (size_t budget : {size_t{1}, size_t{3}, SIZE_MAX}) {
      WriteQueue mixed;
      TakingTransport sink;
      sink.room = room;
      mixed.bytes().append("one-");
      mixed.append_file(file_with("xxTWO-xx"), 2, 4);
      mixed.bytes().append("three-");
      mixed.append_file(file_with("FOUR"), 0, 4);
      mixed.append_file(file_with("-"), 0, 1);
      mixed.bytes().append("five");
      EXPECT_EQ(mixed.end(), expected.size());
      while (!mixed.empty()) {
        ASSERT_EQ(mixed.write_to(sink, budget).result.kind, IOResult::Kind::kBytes);
      }
      EXPECT_EQ(sink.taken, expected);
      EXPECT_EQ(mixed.sent(), expected.size());
    }
  }
}

TEST_F(WriteQueueTest, a_file_shorter_than_its_range_is_an_error) {
  queue.append_file(file_with("abc"), 0, 5);
  EXPECT_EQ(queue.write_to(transport, SIZE_MAX).result.kind, IOResult::Kind::kBytes);
  const WriteStep step = queue.write_to(transport, SIZE_MAX);
  EXPECT_EQ(step.result.kind, IOResult::Kind::kError);
  EXPECT_EQ(step.result.error, ENODATA);
}

TEST_F(WriteQueueTest, an_empty_file_range_is_nothing) {
  queue.append_file(file_with("abc"), 0, 0);
  EXPECT_TRUE(queue.empty());
}

TEST_F(WriteQueueTest, clear_drops_bytes_and_files_but_not_positions) {
  queue.bytes().append("hello");
  drain();
  queue.bytes().append("more");
  queue.append_file(file_with("abc"), 0, 3);
  EXPECT_EQ(queue.end(), 12u);
  (void)queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.end(), 5u);
}

}  // namespace
}  // namespace turbo
