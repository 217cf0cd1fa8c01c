#include "framework/http/date.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

namespace turbo::http {
namespace {

using namespace std::chrono_literals;

std::string format(int64_t seconds) {
  const std::array<char, 29> text =
      format_date(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  return {text.data(), text.size()};
}

TEST(DateTest, formats_the_example_of_the_rfc) {  // RFC 9110 5.6.7
  EXPECT_EQ(format(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(DateTest, formats_the_edges) {
  EXPECT_EQ(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format(-62135596800), "Mon, 01 Jan 0001 00:00:00 GMT");
  EXPECT_EQ(format(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(DateTest, agrees_with_the_c_library) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 5000; ++round) {
    const time_t time = static_cast<time_t>(random() % 253402300799u);
    tm parts{};
    gmtime_r(&time, &parts);
    char text[64];
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_EQ(format(time), text);
  }
}

TEST(DateTest, the_cache_keeps_its_text_within_100_ms) {
  DateCache cache;
  const std::string_view first = cache.get(0ns);
  EXPECT_EQ(first.size(), 29u);
  EXPECT_TRUE(first.ends_with(" GMT"));
  const std::string before(first);
  EXPECT_EQ(cache.get(99ms), before);
  EXPECT_EQ(cache.get(99ms).data(), first.data());
}

}  // namespace
}  // namespace turbo::http
