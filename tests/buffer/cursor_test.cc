#include "framework/buffer/cursor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace turbo {
namespace {

Buffer pieces(std::initializer_list<std::string_view> parts) {
  Buffer buffer;
  for (std::string_view part : parts) buffer.append(Buffer::copy_of(part));
  return buffer;
}

TEST(CursorTest, reads_across_pieces) {
  const Buffer buffer = pieces({"ab", "cde", "f"});
  Cursor cursor(buffer);
  std::string out(4, '\0');
  ASSERT_TRUE(cursor.read(out));
  EXPECT_EQ(out, "abcd");
  EXPECT_EQ(cursor.position(), 4u);
  EXPECT_EQ(cursor.remaining(), 2u);
  EXPECT_EQ(cursor.peek(), "e");
}

TEST(CursorTest, a_read_of_more_than_is_left_moves_nothing) {
  const Buffer buffer = pieces({"ab", "c"});
  Cursor cursor(buffer);
  std::string out(4, '\0');
  EXPECT_FALSE(cursor.read(out));
  EXPECT_EQ(cursor.position(), 0u);
  EXPECT_EQ(cursor.read_big_endian<uint32_t>(), std::nullopt);
  EXPECT_EQ(cursor.peek(), "ab");
}

TEST(CursorTest, reads_integers_in_network_order_across_pieces) {
  const Buffer buffer = pieces({"\x01", "\x02\x03", "\xff\xfe\xfd\xfc"});
  Cursor cursor(buffer);
  EXPECT_EQ(cursor.read_big_endian<uint16_t>(), 0x0102);
  EXPECT_EQ(cursor.read_big_endian<uint8_t>(), 0x03);
  EXPECT_EQ(cursor.read_big_endian<uint32_t>(), 0xfffefdfcu);
  EXPECT_EQ(cursor.read_big_endian<uint8_t>(), std::nullopt);
}

TEST(CursorTest, skips_to_every_place) {
  const Buffer buffer = pieces({"ab", "cde", "f"});
  for (size_t bytes = 0; bytes < 6; ++bytes) {
    Cursor cursor(buffer);
    cursor.skip(bytes);
    EXPECT_EQ(cursor.peek().front(), "abcdef"[bytes]);
    EXPECT_EQ(cursor.remaining(), 6 - bytes);
  }
}

TEST(CursorTest, the_end_has_nothing_to_peek) {
  const Buffer buffer = pieces({"ab", "c"});
  Cursor cursor(buffer);
  cursor.skip(3);
  EXPECT_EQ(cursor.peek(), "");
  EXPECT_EQ(cursor.remaining(), 0u);
  EXPECT_TRUE(cursor.read({}));
  EXPECT_EQ(Cursor(Buffer()).peek(), "");
}

TEST(CursorDeathTest, skipping_past_the_end_is_a_check) {
  const Buffer buffer = pieces({"ab"});
  Cursor cursor(buffer);
  EXPECT_DEATH(cursor.skip(3), "past the end");
}

}  // namespace
}  // namespace turbo
