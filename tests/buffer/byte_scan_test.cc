#include "framework/buffer/byte_scan.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace turbo {
namespace {

using Width = ByteScan::Width;

class ByteScanTest : public testing::TestWithParam<Width> {
 protected:
  void SetUp() override {
    if (!ByteScan::supported(GetParam())) GTEST_SKIP() << "this processor has not the vectors";
  }

  // Searches in a copy that begins `skew` bytes behind an aligned place and ends with its memory,
  // so that AddressSanitizer sees a read past the end.
  void expect_as_string_find(const std::string& text, const std::string& needle, size_t skew) {
    std::unique_ptr<char[]> memory(new char[skew + text.size()]);
    std::memcpy(memory.get() + skew, text.data(), text.size());
    const char* const begin = memory.get() + skew;
    const char* const found = ByteScan(needle, GetParam()).find(begin, begin + text.size());
    const size_t expected = text.find(needle);
    if (expected == text.npos) {
      EXPECT_EQ(found, nullptr) << needle << " in " << text;
    } else {
      EXPECT_EQ(found, begin + expected) << needle << " in " << text;
    }
  }
};

TEST_P(ByteScanTest, finds_each_length_at_each_place_and_alignment) {
  for (size_t length = 1; length <= ByteScan::kMaxNeedle; ++length) {
    const std::string needle = std::string("bcdefghijklmnopq").substr(0, length);
    for (size_t place = 0; place < 300; place += 1 + place / 40) {
      for (size_t skew = 0; skew < 64; skew += 7) {
        const std::string text = std::string(place, 'b') + needle + std::string(place % 90, 'x');
        expect_as_string_find(text, needle, skew);
      }
    }
  }
}

TEST_P(ByteScanTest, agrees_with_string_find_on_small_alphabets) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string needle(1 + random() % ByteScan::kMaxNeedle, 'a');
    std::string text(random() % 600, 'a');
    const unsigned rarity = 2 + random() % 30;
    for (char& byte : needle) byte = random() % rarity == 0 ? 'b' : 'a';
    for (char& byte : text) byte = random() % rarity == 0 ? 'b' : 'a';
    expect_as_string_find(text, needle, random() % 64);
  }
}

TEST_P(ByteScanTest, finds_nothing_in_less_than_the_needle) {
  for (size_t length = 1; length <= ByteScan::kMaxNeedle; ++length) {
    expect_as_string_find(std::string(length - 1, 'a'), std::string(length, 'a'), 0);
    expect_as_string_find(std::string(length, 'a'), std::string(length, 'a'), 0);
  }
}

TEST_P(ByteScanTest, compares_bytes_above_127_and_zero) {
  expect_as_string_find(std::string(100, '\xff') + std::string("\0\x80\xff", 3),
                        std::string("\0\x80", 2), 3);
}

INSTANTIATE_TEST_SUITE_P(Widths, ByteScanTest,
                         testing::Values(Width::kOne, Width::k16, Width::k32, Width::k64),
                         [](const auto& info) {
                           return "width" + std::to_string(info.param == Width::kOne
                                                               ? 1
                                                               : 8 << static_cast<int>(info.param));
                         });

TEST(ByteScanDeathTest, a_needle_has_1_to_16_bytes) {
  EXPECT_DEATH(ByteScan(""), "1 to 16");
  EXPECT_DEATH(ByteScan(std::string(17, 'x')), "1 to 16");
}

}  // namespace
}  // namespace turbo
