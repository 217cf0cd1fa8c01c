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

TEST(CommonLinesTest, stand_as_on_the_wire) {
  CommonLines lines("turbo");
  const std::string text(lines.get(0ns));
  EXPECT_EQ(lines.server_bytes(), 15u);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\nServer: turbo\r\nDate: ")) << text;
  EXPECT_TRUE(text.ends_with(" GMT\r\n")) << text;
  EXPECT_EQ(text.size(), 17u + 15u + 37u);
}

TEST(CommonLinesTest, leave_the_server_out_if_it_has_no_name) {
  CommonLines lines("");
  EXPECT_EQ(lines.server_bytes(), 0u);
  EXPECT_TRUE(lines.get(0ns).starts_with("HTTP/1.1 200 OK\r\nDate: "));
}

TEST(CommonLinesTest, look_at_the_clock_after_100_ms_and_not_before) {
  CommonLines lines("turbo");
  const std::string first(lines.get(0ns));
  EXPECT_EQ(lines.get(99ms), first);
  EXPECT_EQ(lines.get(100ms).size(), first.size());
}

}  // namespace
}  // namespace turbo::http
