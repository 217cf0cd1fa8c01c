#include "framework/http/scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace turbo::http {
namespace {

// Every byte value at every offset of runs of every length up to 40, against the table.
template <typename Scan>
void compare_with_table(ByteClass wanted, char filler, Scan scan) {
  for (size_t size = 0; size <= 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, filler);
        text[at] = static_cast<char>(value);
        const char* const end = text.data() + size;
        ASSERT_EQ(scan(text.data(), end), scan_table(text.data(), end, wanted))
            << "byte " << value << " at " << at << " of " << size;
      }
    }
  }
}

TEST(ScanTest, tokens_agree_with_the_table) {
  compare_with_table(kTokenByte, 'a',
                     [](const char* p, const char* end) { return scan_token(p, end); });
  compare_with_table(kTokenByte, '_',
                     [](const char* p, const char* end) { return scan_token(p, end); });
}

TEST(ScanTest, values_agree_with_the_table) {
  compare_with_table(kValueByte, ' ',
                     [](const char* p, const char* end) { return scan_value(p, end); });
}

TEST(ScanTest, targets_agree_with_the_table) {
  compare_with_table(kTargetByte, '/',
                     [](const char* p, const char* end) { return scan_target(p, end).end; });
}

TEST(ScanTest, the_first_question_mark_agrees_with_the_table) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 50, 'a');
    for (char& c : text) {
      const unsigned kind = random() % 16;
      if (kind == 0) c = '?';
      if (kind == 1 && random() % 4 == 0) c = ' ';
    }
    const TargetScan fast = scan_target(text.data(), text.data() + text.size());
    const TargetScan table = scan_target_table(text.data(), text.data() + text.size(), nullptr);
    ASSERT_EQ(fast.end, table.end) << text;
    ASSERT_EQ(fast.question, table.question) << text;
  }
}

TEST(ScanTest, classes_are_those_of_the_grammar) {
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool visible = c > 0x20 && c < 0x7f;
    const bool delimiter =
        visible && std::string_view("\"(),/:;<=>?@[\\]{}").find(byte) != std::string_view::npos;
    EXPECT_EQ(is_byte(byte, kTokenByte), visible && !delimiter) << c;  // RFC 9110 5.6.2
    EXPECT_EQ(is_byte(byte, kValueByte), visible || c >= 0x80 || c == ' ' || c == '\t') << c;
    EXPECT_EQ(is_byte(byte, kTargetByte), visible && c != '#') << c;
    EXPECT_EQ(is_byte(byte, kHexByte), c < 0x80 && isxdigit(c) != 0) << c;
  }
}

}  // namespace
}  // namespace turbo::http
