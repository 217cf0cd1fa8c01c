#include "framework/buffer/buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "framework/buffer/block_pool.h"

namespace turbo {
namespace {

std::vector<std::string> pieces_of(const Buffer& buffer) {
  std::vector<std::string> pieces;
  for (std::string_view piece : buffer) pieces.emplace_back(piece);
  return pieces;
}

Buffer pieces(std::initializer_list<std::string_view> parts) {
  Buffer buffer;
  for (std::string_view part : parts) buffer.append(Buffer::copy_of(part));
  return buffer;
}

TEST(BufferTest, is_24_bytes_and_takes_nothing_while_empty) {
  const BlockPoolCounters before = BlockPool::local().counters();
  const Buffer buffer;
  EXPECT_EQ(sizeof(buffer), 24u);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.front(), "");
  EXPECT_EQ(buffer.begin(), buffer.end());
  EXPECT_EQ(BlockPool::local().counters().hits + BlockPool::local().counters().misses,
            before.hits + before.misses);
}

TEST(BufferTest, append_fills_the_rest_of_the_last_block) {
  Buffer buffer;
  for (int i = 0; i < 100; ++i) buffer.append("0123456789");
  EXPECT_EQ(pieces_of(buffer).size(), 1u);
  EXPECT_EQ(buffer.size(), 1000u);
}

TEST(BufferTest, append_of_many_bytes_takes_large_blocks) {
  const std::string bytes(200'000, 'x');
  const Buffer buffer = Buffer::copy_of(bytes);
  EXPECT_EQ(buffer, std::string_view(bytes));
  EXPECT_EQ(pieces_of(buffer).size(), 4u);
}

TEST(BufferTest, append_of_a_buffer_moves_its_blocks_and_empties_it) {
  Buffer first = Buffer::copy_of("one");
  Buffer second = Buffer::copy_of("two");
  const char* const bytes = second.front().data();
  first.append(std::move(second));
  EXPECT_EQ(first.to_string(), "onetwo");
  EXPECT_EQ((*++first.begin()).data(), bytes);
  EXPECT_TRUE(second.empty());
  second.append("again");
  EXPECT_EQ(second.to_string(), "again");
}

TEST(BufferTest, append_string_takes_over_the_memory_of_a_long_string) {
  std::string copied(256, 'c');
  std::string taken(257, 't');
  const char* const copied_at = copied.data();
  const char* const taken_at = taken.data();
  EXPECT_NE(Buffer::from_string(std::move(copied)).front().data(), copied_at);
  const Buffer buffer = Buffer::from_string(std::move(taken));
  EXPECT_EQ(buffer.front().data(), taken_at);
  EXPECT_EQ(buffer.size(), 257u);
}

TEST(BufferTest, append_static_refers_to_the_bytes) {
  static constexpr std::string_view kLine = "HTTP/1.1 200 OK\r\n";
  const Buffer buffer = Buffer::from_static(kLine);
  EXPECT_EQ(buffer.front().data(), kLine.data());
  EXPECT_TRUE(Buffer::from_static("").empty());
}

TEST(BufferTest, appending_behind_memory_that_is_not_ours_leaves_it_alone) {
  std::string memory = "external, then more";
  Buffer buffer;
  buffer.append_external(std::string_view(memory).substr(0, 8), nullptr);
  buffer.append("!!!");
  buffer.append_static(std::string_view("static, then more").substr(0, 6));
  buffer.append("!!!");
  EXPECT_EQ(buffer.to_string(), "external!!!static!!!");
  EXPECT_EQ(memory, "external, then more");
}

TEST(BufferTest, external_memory_is_released_once_when_the_last_buffer_lets_go) {
  int releases = 0;
  Buffer buffer;
  buffer.append_external("external", [&releases] { ++releases; });
  Buffer front = buffer.split(3);
  Buffer shared = buffer.share();
  buffer.drain(5);
  EXPECT_EQ(releases, 0);
  front.clear();
  EXPECT_EQ(releases, 0);
  shared = Buffer();
  EXPECT_EQ(releases, 1);
}

// Row 11: a stream, and its output with it, may be destroyed by the releaser of what was sent.
TEST(BufferTest, a_releaser_may_clear_or_destroy_the_buffer_that_drains) {
  auto buffer = std::make_unique<Buffer>();
  size_t seen = 0;
  buffer->append_external("first", [&] {
    seen = buffer->size();
    buffer->clear();
  });
  buffer->append_external("second", [&] { buffer.reset(); });
  buffer->append_static("and third");
  buffer->drain(13);
  EXPECT_EQ(seen, 7u) << "all that is drained is gone before the first releaser runs";
  EXPECT_EQ(buffer, nullptr);
}

TEST(BufferTest, external_memory_of_no_bytes_is_released_at_once) {
  int releases = 0;
  Buffer buffer;
  buffer.append_external("", [&releases] { ++releases; });
  EXPECT_EQ(releases, 1);
}

TEST(BufferTest, a_releaser_may_use_the_buffer_it_is_released_from) {
  Buffer buffer;
  buffer.append_external("external", [&buffer] { buffer.append("released"); });
  buffer.append("-tail-");
  buffer.drain(8);
  EXPECT_EQ(buffer.to_string(), "-tail-released");
}

TEST(BufferTest, prepend_uses_the_room_before_the_first_byte) {
  Buffer buffer = Buffer::copy_of("headerbody");
  buffer.drain(6);
  buffer.prepend("HEADER");
  EXPECT_EQ(pieces_of(buffer), std::vector<std::string>{"HEADERbody"});
  buffer.prepend("more");
  EXPECT_EQ(buffer.to_string(), "moreHEADERbody");
  buffer.prepend(pieces({"a", "b"}));
  EXPECT_EQ(buffer.to_string(), "abmoreHEADERbody");
}

TEST(BufferTest, prepend_does_not_write_before_bytes_that_are_shared) {
  Buffer buffer = Buffer::copy_of("headerbody");
  const Buffer head = buffer.split(6);
  buffer.prepend("HEADER");
  EXPECT_EQ(head.to_string(), "header");
  EXPECT_EQ(buffer.to_string(), "HEADERbody");
}

TEST(BufferTest, reserve_and_commit_add_what_was_written) {
  Buffer buffer = Buffer::copy_of("one");
  std::span<char> room = buffer.reserve(3);
  EXPECT_EQ(room.data(), buffer.front().data() + 3);
  std::memcpy(room.data(), "two", 3);
  EXPECT_EQ(buffer.to_string(), "one");
  buffer.commit(3);
  EXPECT_EQ(pieces_of(buffer), std::vector<std::string>{"onetwo"});
}

TEST(BufferTest, a_reserved_block_takes_block_bytes_of_the_pool_header_included) {
  for (size_t block_bytes : {128, 1024, 4096, 65536}) {
    Buffer buffer;
    EXPECT_EQ(buffer.reserve(1, block_bytes).size(), block_bytes - 64);
  }
  Buffer buffer;
  EXPECT_GE(buffer.reserve(100'000, 4096).size(), 100'000u);
}

TEST(BufferTest, commit_of_nothing_drops_a_fresh_block) {
  // An idle connection holds no buffer.
  BlockPool::local().set_cache_limit(0);
  const uint64_t returned = BlockPool::local().counters().returned;
  Buffer buffer;
  (void)buffer.reserve(1);
  EXPECT_EQ(BlockPool::local().counters().returned, returned);
  buffer.commit(0);
  EXPECT_EQ(BlockPool::local().counters().returned, returned + 1);  // its segment came with it
  BlockPool::local().set_cache_limit(BlockPool::kDefaultCacheLimit);
}

TEST(BufferTest, a_reservation_given_up_is_seen_by_nobody) {
  Buffer buffer = Buffer::from_static("one");
  (void)buffer.reserve(10);
  EXPECT_EQ(pieces_of(buffer).size(), 1u);
  EXPECT_EQ(buffer.share().to_string(), "one");
  buffer.append(Buffer::from_static("two"));
  EXPECT_EQ(pieces_of(buffer), (std::vector<std::string>{"one", "two"}));
}

TEST(BufferTest, a_sharer_does_not_write_into_a_reservation) {
  Buffer buffer = Buffer::copy_of("one");
  Buffer shared = buffer.share();
  std::span<char> room = buffer.reserve(3);
  shared.append("XYZ");
  std::memcpy(room.data(), "two", 3);
  buffer.commit(3);
  EXPECT_EQ(buffer.to_string(), "onetwo");
  EXPECT_EQ(shared.to_string(), "oneXYZ");
}

TEST(BufferTest, split_shares_the_block) {
  Buffer buffer = Buffer::copy_of("headbody");
  const char* const bytes = buffer.front().data();
  const Buffer head = buffer.split(4);
  EXPECT_EQ(head.to_string(), "head");
  EXPECT_EQ(buffer.to_string(), "body");
  EXPECT_EQ(head.front().data(), bytes);
  EXPECT_EQ(buffer.front().data(), bytes + 4);
}

TEST(BufferTest, neither_part_of_a_split_writes_into_the_other) {
  Buffer tail = Buffer::copy_of("headbody");
  Buffer head = tail.split(4);
  head.append("HEAD");
  tail.append("BODY");
  EXPECT_EQ(head.to_string(), "headHEAD");
  EXPECT_EQ(tail.to_string(), "bodyBODY");
}

TEST(BufferTest, split_at_every_place_of_a_chain) {
  const std::string text = "abcdefghi";
  for (size_t at = 0; at <= text.size(); ++at) {
    Buffer buffer = pieces({"abc", "d", "efghi"});
    const Buffer front = buffer.split(at);
    EXPECT_EQ(front.to_string(), text.substr(0, at));
    EXPECT_EQ(buffer.to_string(), text.substr(at));
    EXPECT_EQ(front.size() + buffer.size(), text.size());
  }
}

TEST(BufferTest, what_split_cut_grows_together_again) {
  Buffer tail = Buffer::copy_of("headbody");
  Buffer head = tail.split(4);
  head.append(std::move(tail));
  EXPECT_EQ(pieces_of(head), std::vector<std::string>{"headbody"});
}

TEST(BufferTest, drain_frees_blocks_as_it_passes_them) {
  int releases = 0;
  Buffer buffer;
  buffer.append_external("abc", [&] { ++releases; });
  buffer.append_external("def", [&] { ++releases; });
  buffer.drain(2);
  EXPECT_EQ(releases, 0);
  buffer.drain(1);
  EXPECT_EQ(releases, 1);
  buffer.drain(2);
  EXPECT_EQ(buffer.to_string(), "f");
  EXPECT_EQ(releases, 1);
  buffer.drain(1);
  EXPECT_EQ(releases, 2);
}

TEST(BufferTest, linearize_copies_only_when_it_must) {
  Buffer buffer = pieces({"abc", "def", "ghi"});
  const char* const first = buffer.front().data();
  EXPECT_EQ(buffer.linearize(3).data(), first);
  EXPECT_EQ(buffer.linearize(5), "abcde");
  EXPECT_EQ(pieces_of(buffer), (std::vector<std::string>{"abcde", "f", "ghi"}));
  const char* const joined = buffer.front().data();
  EXPECT_EQ(buffer.linearize(9), "abcdefghi");
  EXPECT_EQ(buffer.front().data(), joined);  // grown in place
}

TEST(BufferTest, copy_to_takes_any_range) {
  const Buffer buffer = pieces({"abc", "d", "efghi"});
  const std::string text = "abcdefghi";
  for (size_t offset = 0; offset <= text.size(); ++offset) {
    for (size_t bytes = 0; bytes <= text.size() - offset; ++bytes) {
      std::string out(bytes, '\0');
      buffer.copy_to(offset, out);
      EXPECT_EQ(out, text.substr(offset, bytes));
    }
  }
}

TEST(BufferTest, fill_iovec_keeps_to_both_caps) {
  const Buffer buffer = pieces({"abc", "def", "ghi"});
  std::array<iovec, 4> entries;
  EXPECT_EQ(buffer.fill_iovec(entries, SIZE_MAX), 3u);
  EXPECT_EQ(buffer.fill_iovec(std::span(entries).first(2), SIZE_MAX), 2u);
  EXPECT_EQ(buffer.fill_iovec(entries, 3), 1u);
  EXPECT_EQ(buffer.fill_iovec(entries, 4), 2u);
  EXPECT_EQ(entries[1].iov_len, 1u);
  EXPECT_EQ(buffer.fill_iovec(entries, 0), 0u);
  EXPECT_EQ(buffer.fill_iovec({}, 10), 0u);
  EXPECT_EQ(Buffer().fill_iovec(entries, 10), 0u);
}

TEST(BufferTest, fill_iovec_merges_neighbours_of_one_block) {
  const Buffer source = Buffer::copy_of("abcdef");
  Buffer buffer = source.share(0, 2);
  buffer.prepend(source.share(4, 2));
  Buffer rest = source.share(2, 2);
  rest.prepend(std::move(buffer));  // ef, ab, cd: ab and cd are neighbours
  std::array<iovec, 4> entries;
  ASSERT_EQ(rest.fill_iovec(entries, SIZE_MAX), 2u);
  EXPECT_EQ(entries[0].iov_len, 2u);
  EXPECT_EQ(entries[1].iov_len, 4u);
}

TEST(BufferTest, share_takes_any_range_without_copying) {
  const Buffer buffer = pieces({"abc", "d", "efghi"});
  const std::string text = "abcdefghi";
  for (size_t offset = 0; offset <= text.size(); ++offset) {
    for (size_t bytes = 0; bytes <= text.size() - offset; ++bytes) {
      EXPECT_EQ(buffer.share(offset, bytes).to_string(), text.substr(offset, bytes));
    }
  }
  EXPECT_EQ(buffer.share().front().data(), buffer.front().data());
}

TEST(BufferTest, only_one_sharer_takes_the_free_rest_of_a_block) {
  Buffer first = Buffer::copy_of("shared");
  Buffer second = first.share();
  first.append(" first");
  second.append(" second");
  EXPECT_EQ(first.to_string(), "shared first");
  EXPECT_EQ(second.to_string(), "shared second");
}

TEST(BufferTest, copy_shares_nothing) {
  const Buffer buffer = pieces({"abc", "def"});
  const Buffer copy = buffer.copy();
  EXPECT_EQ(pieces_of(copy), std::vector<std::string>{"abcdef"});
  EXPECT_NE(copy.front().data(), buffer.front().data());
  EXPECT_TRUE(Buffer().copy().empty());
}

TEST(BufferTest, moving_and_assigning_leave_the_source_empty) {
  Buffer source = Buffer::copy_of("abc");
  Buffer target = std::move(source);
  EXPECT_TRUE(source.empty());
  target = Buffer::copy_of("def");
  EXPECT_EQ(target.to_string(), "def");
  Buffer& itself = target;
  target = std::move(itself);
  EXPECT_EQ(target.to_string(), "def");
}

TEST(BufferTest, piece_at_finds_every_byte_from_either_end) {
  const Buffer buffer = pieces({"abc", "d", "efghi", "jk"});
  for (size_t offset = 0; offset < 11; ++offset) {
    const auto [piece, inside] = buffer.piece_at(offset);
    EXPECT_EQ((*piece)[inside], "abcdefghijk"[offset]);
  }
  EXPECT_EQ(buffer.piece_at(11).first, buffer.end());
}

TEST(BufferTest, equals_bytes_however_they_are_cut) {
  const Buffer buffer = pieces({"abc", "def"});
  EXPECT_TRUE(buffer == "abcdef");
  EXPECT_FALSE(buffer == "abcdeX");
  EXPECT_FALSE(buffer == "abcde");
  EXPECT_FALSE(buffer == "abcdefg");
}

TEST(BufferTest, a_warm_read_and_drain_takes_all_from_the_pool) {
  Buffer buffer;
  uint64_t misses = 0;
  for (int round = 0; round < 10; ++round) {
    if (round == 1) misses = BlockPool::local().counters().misses;
    std::memset(buffer.reserve(100).data(), 'x', 100);
    buffer.commit(100);
    const Buffer head = buffer.split(60);
    buffer.drain(40);
  }
  EXPECT_EQ(BlockPool::local().counters().misses, misses);
}

TEST(BufferDeathTest, lengths_past_the_end_are_a_check) {
  Buffer buffer = Buffer::copy_of("abc");
  std::string out(2, '\0');
  EXPECT_DEATH(buffer.drain(4), "past the end");
  EXPECT_DEATH((void)buffer.split(4), "past the end");
  EXPECT_DEATH((void)buffer.linearize(4), "past the end");
  EXPECT_DEATH((void)buffer.share(2, 2), "past the end");
  EXPECT_DEATH(buffer.copy_to(2, out), "past the end");
  EXPECT_DEATH((void)buffer.piece_at(4), "past the end");
  EXPECT_DEATH(buffer.append(std::move(buffer)), "to itself");
  const size_t room = buffer.reserve(1).size();
  EXPECT_DEATH(buffer.commit(room + 1), "than the last reserve");
}

}  // namespace
}  // namespace turbo
