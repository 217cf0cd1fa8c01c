#include "framework/buffer/delimiter_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace turbo {
namespace {

constexpr size_t kLengths[] = {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 255, 256, 257, 4096};

// A buffer whose pieces end at `cuts`; each piece is a block of its own.
Buffer cut_at(const std::string& text, std::vector<size_t> cuts) {
  cuts.push_back(text.size());
  Buffer buffer;
  size_t begin = 0;
  for (size_t end : cuts) {
    buffer.append(Buffer::copy_of(std::string_view(text).substr(begin, end - begin)));
    begin = end;
  }
  return buffer;
}

std::string delimiter_of(size_t length) {
  std::string delimiter;
  for (size_t i = 0; i < length; ++i) delimiter += static_cast<char>('A' + i * i % 23);
  return delimiter;
}

std::optional<size_t> expected_end(const std::string& text, const std::string& delimiter) {
  const size_t found = text.find(delimiter);
  if (found == text.npos) return std::nullopt;
  return found + delimiter.size();
}

// IOS-13, E25: wherever the delimiter is cut, it is found.
TEST(DelimiterSearchTest, finds_a_delimiter_cut_at_any_place) {
  for (size_t length : kLengths) {
    const std::string delimiter = delimiter_of(length);
    const std::string text = std::string(20, 'x') + delimiter + "yyyyy";
    for (size_t cut = 1; cut < text.size(); ++cut) {
      DelimiterSearch search(delimiter);
      EXPECT_EQ(search.find_end(cut_at(text, {cut})), 20 + length) << length << " cut " << cut;
    }
  }
}

TEST(DelimiterSearchTest, finds_a_delimiter_cut_at_any_two_places) {
  for (size_t length = 1; length <= 17; ++length) {
    const std::string delimiter = delimiter_of(length);
    const std::string text = "xx" + delimiter + "y";
    for (size_t first = 1; first < text.size(); ++first) {
      for (size_t second = first; second < text.size(); ++second) {
        DelimiterSearch search(delimiter);
        EXPECT_EQ(search.find_end(cut_at(text, {first, second})), 2 + length)
            << length << " cut " << first << " and " << second;
      }
    }
  }
}

// Row 15: match state is carried over reads.
TEST(DelimiterSearchTest, goes_on_where_it_stopped_when_bytes_come_one_by_one) {
  for (size_t length : kLengths) {
    for (const bool own_piece : {false, true}) {
      const std::string delimiter = delimiter_of(length);
      const std::string text = delimiter.substr(0, length - 1) + "!" + delimiter;
      DelimiterSearch search(delimiter);
      Buffer buffer;
      for (size_t i = 0; i + 1 < text.size(); ++i) {
        const std::string_view byte = std::string_view(text).substr(i, 1);
        own_piece ? buffer.append(Buffer::copy_of(byte)) : buffer.append(byte);
        ASSERT_EQ(search.find_end(buffer), std::nullopt) << length << " after " << i;
      }
      buffer.append(std::string_view(text).substr(text.size() - 1));
      EXPECT_EQ(search.find_end(buffer), text.size()) << length;
    }
  }
}

TEST(DelimiterSearchTest, agrees_with_string_find_on_repetitive_bytes_however_cut) {
  std::mt19937 random(3);
  for (int round = 0; round < 4000; ++round) {
    const size_t length = 1 + random() % 40;
    std::string delimiter(length, 'a');
    if (random() % 4 != 0) delimiter[random() % length] = 'b';
    if (random() % 4 == 0) delimiter[random() % length] = 'b';
    std::string text(random() % 200, 'a');
    for (size_t i = random() % 5; i < text.size(); i += 1 + random() % 30) text[i] = 'b';
    std::vector<size_t> cuts;
    for (size_t at = 0; (at += 1 + random() % 40) < text.size();) cuts.push_back(at);
    DelimiterSearch search(delimiter);
    EXPECT_EQ(search.find_end(cut_at(text, cuts)), expected_end(text, delimiter))
        << delimiter << " in " << text;
  }
}

TEST(DelimiterSearchTest, finds_long_repetitive_delimiters) {
  for (size_t length : {17, 255, 256, 257, 4096}) {
    for (size_t odd : {size_t{0}, length / 2, length - 1}) {
      std::string delimiter(length, 'a');
      delimiter[odd] = 'b';
      const std::string text = std::string(3 * length, 'a') + delimiter + "tail";
      DelimiterSearch search(delimiter);
      EXPECT_EQ(search.find_end(cut_at(text, {length / 3, 2 * length + 1, 3 * length + odd})),
                expected_end(text, delimiter))
          << length << " odd " << odd;
    }
  }
}

// E14: exactly the limit is fine, one less is not.
TEST(DelimiterSearchTest, a_match_must_end_within_the_limit) {
  for (size_t length : {1, 2, 4, 16, 17, 300}) {
    const std::string delimiter = delimiter_of(length);
    const Buffer buffer = cut_at(std::string(50, 'x') + delimiter + "more", {30, 51});
    const size_t end = 50 + length;
    EXPECT_EQ(DelimiterSearch(delimiter).find_end(buffer, end - 1), std::nullopt) << length;
    EXPECT_EQ(DelimiterSearch(delimiter).find_end(buffer, end), end) << length;
    EXPECT_EQ(DelimiterSearch(delimiter).find_end(buffer, end + 1), end) << length;
  }
}

TEST(DelimiterSearchTest, a_larger_limit_goes_on_from_the_smaller) {
  for (size_t length : {2, 16, 17, 300}) {
    const std::string delimiter = delimiter_of(length);
    const Buffer buffer = cut_at(std::string(50, 'x') + delimiter, {40});
    DelimiterSearch search(delimiter);
    for (size_t limit = 0; limit < 50 + length; ++limit) {
      ASSERT_EQ(search.find_end(buffer, limit), std::nullopt) << length << " limit " << limit;
    }
    EXPECT_EQ(search.find_end(buffer), 50 + length);
  }
}

TEST(DelimiterSearchTest, asked_again_it_gives_the_same_answer) {
  for (size_t length : {1, 4, 17, 4096}) {
    const std::string delimiter = delimiter_of(length);
    const Buffer buffer = cut_at("xxx" + delimiter + delimiter, {4});
    DelimiterSearch search(delimiter);
    EXPECT_EQ(search.find_end(buffer), 3 + length);
    EXPECT_EQ(search.find_end(buffer), 3 + length);
  }
}

TEST(DelimiterSearchTest, restart_searches_what_is_left_after_a_split) {
  Buffer buffer = Buffer::copy_of("one\r\ntwo\r\nthree");
  DelimiterSearch search("\r\n");
  EXPECT_EQ(buffer.split(search.find_end(buffer).value()).to_string(), "one\r\n");
  search.restart();
  EXPECT_EQ(buffer.split(search.find_end(buffer).value()).to_string(), "two\r\n");
  search.restart();
  EXPECT_EQ(search.find_end(buffer), std::nullopt);
}

// Row 15: a byte at a time over many blocks; were the scan or the walk to it repeated, this would
// take minutes.
TEST(DelimiterSearchTest, a_long_line_in_many_packets_is_linear) {
  for (size_t length : {2, 16, 17, 4096}) {
    std::string delimiter(length, 'a');
    delimiter.back() = 'b';
    DelimiterSearch search(delimiter);
    Buffer buffer;
    for (int packet = 0; packet < 400'000; ++packet) {
      buffer.append(Buffer::from_static("a"));
      ASSERT_EQ(search.find_end(buffer), std::nullopt);
    }
    buffer.append("b");
    EXPECT_EQ(search.find_end(buffer), buffer.size());
  }
}

TEST(DelimiterSearchTest, finds_nothing_in_an_empty_buffer) {
  DelimiterSearch search("x");
  EXPECT_EQ(search.find_end(Buffer()), std::nullopt);
}

TEST(DelimiterSearchDeathTest, a_delimiter_has_1_to_4096_bytes) {
  EXPECT_DEATH(DelimiterSearch(""), "1 to 4,096");
  EXPECT_DEATH(DelimiterSearch(std::string(4097, 'x')), "1 to 4,096");
  EXPECT_EQ(DelimiterSearch(std::string(4096, 'x')).delimiter().size(), 4096u);
}

}  // namespace
}  // namespace turbo
