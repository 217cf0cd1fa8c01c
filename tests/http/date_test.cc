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

TEST(ParseDateTest, reads_the_three_forms_and_nothing_else) {
  constexpr int64_t kExample = 784111777;
  const struct {
    std::string_view text;
    std::optional<int64_t> expected;
  } cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", kExample},
      {"Sunday, 06-Nov-94 08:49:37 GMT", kExample},
      {"Sun Nov  6 08:49:37 1994", kExample},
      {"Sun Nov 16 08:49:37 1994", kExample + 10 * 86400},
      {"Mon, 06 Nov 1994 08:49:37 GMT", kExample},  // the day's name tells nothing new
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228799},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
      {"", {}},
      {"0", {}},
      {"Sun", {}},
      {"Sun,", {}},
      {"Sunday", {}},
      {"sun, 06 Nov 1994 08:49:37 GMT", {}},
      {"Sun, 06 nov 1994 08:49:37 GMT", {}},
      {"Sun, 6 Nov 1994 08:49:37 GMT", {}},
      {"Sun, 06 Nov 1994 08:49:37 UTC", {}},
      {"Sun, 06 Nov 1994 08:49:37 +0000", {}},
      {"Sun, 06 Nov 1994 08:49:37 GMT ", {}},
      {" Sun, 06 Nov 1994 08:49:37 GMT", {}},
      {"Sun, 06 Nov 1994 24:00:00 GMT", {}},
      {"Sun, 06 Nov 1994 08:60:00 GMT", {}},
      {"Sun, 06 Nov 1994 08:49:61 GMT", {}},
      {"Sun, 00 Nov 1994 08:49:37 GMT", {}},
      {"Sun, 31 Nov 1994 08:49:37 GMT", {}},
      {"Mon, 29 Feb 1900 00:00:00 GMT", {}},
      {"Sun, 06 Nov 0000 08:49:37 GMT", {}},
      {"Sun, 06 Nov 19994 08:49:37 GMT", {}},
      {"Sun, 06-Nov-1994 08:49:37 GMT", {}},
      {"Sun, 06 Nov 1994 08:49:3\xb2 GMT", {}},
      {"Sun Nov 6 08:49:37 1994", {}},
      {"Sun Nov 06 08:49:37 1994 GMT", {}},
      {"784111777", {}},
      {"-1", {}},
  };
  for (const auto& each : cases) {
    const auto parsed = parse_date(each.text);
    ASSERT_EQ(parsed.has_value(), each.expected.has_value()) << each.text;
    if (!parsed) continue;
    EXPECT_EQ(parsed->time_since_epoch().count(), *each.expected) << each.text;
  }
}

TEST(ParseDateTest, reads_two_digits_of_a_year_as_at_most_50_years_ahead) {
  const std::chrono::sys_seconds now = std::chrono::sys_days(2026y / 6 / 1);
  const auto year = [now](std::string_view digits) {
    const std::string text = "Sunday, 06-Nov-" + std::string(digits) + " 08:49:37 GMT";
    return std::string(format_date(*parse_date(text, now)).data() + 12, 4);
  };
  EXPECT_EQ(year("26"), "2026");
  EXPECT_EQ(year("00"), "2000");
  EXPECT_EQ(year("76"), "2076");
  EXPECT_EQ(year("77"), "1977");
  EXPECT_EQ(year("99"), "1999");
}

TEST(ParseDateTest, reads_what_format_date_writes) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 5000; ++round) {
    const std::chrono::sys_seconds time(std::chrono::seconds(random() % 253402300799u));
    const std::array<char, 29> text = format_date(time);
    ASSERT_EQ(parse_date({text.data(), text.size()}), time);
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
