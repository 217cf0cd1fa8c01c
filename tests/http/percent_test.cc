#include "framework/http/percent.h"

#include <gtest/gtest.h>

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

TEST(PercentTest, decodes_pairs_and_leaves_the_rest) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("abc"), "abc");
  EXPECT_EQ(percent_decode("a%20b%2Fc%2f"), "a b/c/");
  EXPECT_EQ(percent_decode("%C3%A9%00%ff"), "\xc3\xa9\0\xff"s);
  EXPECT_EQ(percent_decode("%2541"), "%41") << "once, not twice";
}

TEST(PercentTest, reads_plus_as_space_only_when_asked) {
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", Plus::kSpace), "a b+");
}

TEST(PercentTest, refuses_a_percent_without_two_digits) {
  for (const char* text : {"%", "%4", "a%", "%g0", "%0g", "%%41", "%-1", "% 41"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentTest, escapes_what_html_gives_a_meaning) {
  EXPECT_EQ(html_escape("<a href=\"x\">'&amp;'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(html_escape("plain \xc3\xa9\n"), "plain \xc3\xa9\n");
}

}  // namespace
}  // namespace turbo::http
