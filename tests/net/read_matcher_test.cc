// Where a delimited read ends, and how much work finding out may cost.
#include "framework/net/read_matcher.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo {
namespace {

using Effort = ReadMatcher::Effort;

TEST(ReadMatcherTest, finds_the_delimiter_for_every_split) {
  const std::string text = "some head\r\n\r\nbody";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ReadMatcher matcher;
    ASSERT_TRUE(matcher.set_delimiter("\r\n\r\n").ok());
    Buffer input = Buffer::copy_of(text.substr(0, cut));
    auto end = matcher.find_delimiter(input, SIZE_MAX);
    if (!end.has_value()) {
      input.append(Buffer::copy_of(text.substr(cut)));
      end = matcher.find_delimiter(input, SIZE_MAX);
    }
    EXPECT_EQ(end, 13u) << "cut at " << cut;
  }
}

// IOS-14: the delimiter must end within the limit: one byte less, exactly, one more.
TEST(ReadMatcherTest, a_match_beyond_the_limit_does_not_count) {
  const Buffer input = Buffer::copy_of("abc\nrest");
  for (size_t limit : {3u, 4u, 5u}) {
    ReadMatcher matcher;
    ASSERT_TRUE(matcher.set_delimiter("\n").ok());
    EXPECT_EQ(matcher.find_delimiter(input, limit).has_value(), limit >= 4);
  }
}

// E19 of the seed's defects (D19), row 17: limits of the delimiter's length.
TEST(ReadMatcherTest, delimiters_have_1_to_4096_bytes) {
  ReadMatcher matcher;
  EXPECT_EQ(matcher.set_delimiter("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(matcher.set_delimiter("x").ok());
  EXPECT_TRUE(matcher.set_delimiter(std::string(4096, 'x')).ok());
  EXPECT_EQ(matcher.set_delimiter(std::string(4097, 'x')).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ReadMatcherTest, a_pattern_that_does_not_compile_is_refused_with_its_reason) {
  ReadMatcher matcher;
  const absl::Status refused = matcher.set_pattern("(unclosed");
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(refused.message()).find("missing )"), std::string::npos) << refused;
}

TEST(ReadMatcherTest, a_pattern_matches_bytes_not_text) {
  ReadMatcher matcher;
  ASSERT_TRUE(matcher.set_pattern("\\xff\\x00.").ok());
  Buffer input = Buffer::copy_of(std::string("a\xff\0\x80z", 5));
  EXPECT_EQ(matcher.find_pattern(input, SIZE_MAX, Effort::kIfWorthIt), 4u);
}

TEST(ReadMatcherTest, a_pattern_is_found_across_blocks_and_within_the_limit) {
  for (size_t limit : {8u, 9u, 10u}) {
    ReadMatcher matcher;
    ASSERT_TRUE(matcher.set_pattern("[0-9]+;").ok());
    Buffer input = Buffer::copy_of("abc 123");
    input.append(Buffer::copy_of("4;rest"));
    EXPECT_EQ(matcher.find_pattern(input, limit, Effort::kIfWorthIt).has_value(), limit >= 9);
  }
}

// Row 15: a peer that sends byte by byte costs a bounded multiple of the bytes, and the match is
// still found.
TEST(ReadMatcherTest, byte_by_byte_input_is_not_tried_at_every_byte) {
  ReadMatcher matcher;
  ASSERT_TRUE(matcher.set_pattern("END$").ok());
  Buffer input;
  size_t put_off = 0;
  for (int i = 0; i < 20000; ++i) {
    input.append("x");
    EXPECT_FALSE(matcher.find_pattern(input, 65536, Effort::kIfWorthIt).has_value());
    if (matcher.retry_wanted()) ++put_off;
  }
  EXPECT_GT(put_off, 19000u);
  input.append("END");
  matcher.find_pattern(input, 65536, Effort::kIfWorthIt);
  EXPECT_TRUE(matcher.retry_wanted());
  EXPECT_EQ(matcher.find_pattern(input, 65536, Effort::kNow), 20003u);
}

TEST(ReadMatcherTest, short_answers_typed_key_by_key_are_found_at_once) {
  ReadMatcher matcher;
  ASSERT_TRUE(matcher.set_pattern("login: $").ok());
  Buffer input;
  std::optional<size_t> end;
  for (char c : std::string("Welcome to the machine\r\nlogin: ")) {
    ASSERT_FALSE(end.has_value());
    input.append(std::string_view(&c, 1));
    end = matcher.find_pattern(input, 65536, Effort::kIfWorthIt);
  }
  EXPECT_EQ(end, input.size());
}

TEST(ReadMatcherTest, the_next_read_begins_again) {
  ReadMatcher matcher;
  Buffer input = Buffer::copy_of("one\ntwo\n");
  for (int line = 0; line < 2; ++line) {
    ASSERT_TRUE(matcher.set_delimiter("\n").ok());
    const auto end = matcher.find_delimiter(input, SIZE_MAX);
    ASSERT_EQ(end, 4u);
    input.drain(*end);
  }
}

}  // namespace
}  // namespace turbo
