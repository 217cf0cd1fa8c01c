#include "framework/rpc/timeout.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::rpc {
namespace {

using namespace std::chrono_literals;

std::string format(Duration timeout) {
  std::array<char, kTimeoutBytes> room;
  return std::string(format_timeout(timeout, room));
}

TEST(TimeoutTest, knows_each_unit) {
  EXPECT_EQ(parse_timeout("1n"), 1ns);
  EXPECT_EQ(parse_timeout("20u"), 20us);
  EXPECT_EQ(parse_timeout("300m"), 300ms);
  EXPECT_EQ(parse_timeout("4S"), 4s);
  EXPECT_EQ(parse_timeout("5M"), 5min);
  EXPECT_EQ(parse_timeout("6H"), 6h);
  EXPECT_EQ(parse_timeout("0n"), 0ns);
  EXPECT_EQ(parse_timeout("00000007S"), 7s);
  EXPECT_EQ(parse_timeout("99999999n"), 99999999ns);
}

TEST(TimeoutTest, a_time_for_ever_is_the_longest) {
  EXPECT_EQ(parse_timeout("99999999S"), 99999999s);
  EXPECT_EQ(parse_timeout("87600H"), kMaxTimeout);
  EXPECT_EQ(parse_timeout("87601H"), kMaxTimeout);
  EXPECT_EQ(parse_timeout("99999999H"), kMaxTimeout);
  EXPECT_EQ(parse_timeout("99999999M"), kMaxTimeout);
}

TEST(TimeoutTest, garbage_is_no_timeout) {
  for (const char* value :
       {"",    "1",   "H",          "S",          "1s",   "1h",   "1N",   "1U",   "1D",    "1 S",
        " 1S", "1S ", "-1S",        "+1S",        "1.5S", "0x1S", "1e3S", "1SS",  "S1",    "1S,2S",
        "1mS", "1ms", "123456789S", "000000001S", "1\t",  "one",  "nS",   "\xff", "1\xff", "٣S"}) {
    EXPECT_FALSE(parse_timeout(value)) << value;
  }
  EXPECT_FALSE(parse_timeout(std::string_view("1\0S", 3)));
  EXPECT_FALSE(parse_timeout(std::string_view("1\0", 2)));
}

TEST(TimeoutTest, is_written_in_the_finest_unit_that_fits) {
  EXPECT_EQ(format(1ns), "1n");
  EXPECT_EQ(format(99'999'999ns), "99999999n");
  EXPECT_EQ(format(100'000'000ns), "100000u");
  EXPECT_EQ(format(1s), "1000000u");
  EXPECT_EQ(format(99'999'999us), "99999999u");
  EXPECT_EQ(format(100s), "100000m");
  EXPECT_EQ(format(1h), "3600000m");
  EXPECT_EQ(format(99'999'999ms), "99999999m");
  EXPECT_EQ(format(100'000s), "100000S");
  EXPECT_EQ(format(99'999'999s), "99999999S");
  EXPECT_EQ(format(100'000'000s), "1666667M");
}

TEST(TimeoutTest, is_rounded_up) {
  EXPECT_EQ(format(100'000'001ns), "100001u");
  EXPECT_EQ(format(99'999'999us + 1ns), "100000m");
  EXPECT_EQ(format(99'999'999ms + 1ns), "100000S");
}

TEST(TimeoutTest, over_is_zero_and_for_ever_is_the_longest) {
  EXPECT_EQ(format(0ns), "0n");
  EXPECT_EQ(format(-1ns), "0n");
  EXPECT_EQ(format(Duration::min()), "0n");
  EXPECT_EQ(parse_timeout(format(kMaxTimeout)), kMaxTimeout);
  EXPECT_EQ(parse_timeout(format(Duration::max())), kMaxTimeout);
}

TEST(TimeoutTest, comes_back_no_shorter_and_little_longer) {
  for (Duration timeout = 1ns; timeout < kMaxTimeout; timeout += timeout / 7 + 1ns) {
    const auto read = parse_timeout(format(timeout));
    ASSERT_TRUE(read) << timeout.count();
    EXPECT_GE(*read, timeout);
    EXPECT_LE(*read - timeout, timeout / 10'000 * 6) << timeout.count();
  }
}

}  // namespace
}  // namespace turbo::rpc
