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

TEST(PercentTest, encodes_what_has_a_meaning_where_it_goes) {
  const std::string_view text = "aZ09-._~ /?#[]@:!$&'()*+,;=%\"<>\xc3\xa9";
  EXPECT_EQ(percent_encode(text, URLPart::kQueryComponent),
            "aZ09-._~%20%2F%3F%23%5B%5D%40%3A%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%22%3C%3E%C3%A9");
  EXPECT_EQ(percent_encode(text, URLPart::kPathSegment),
            "aZ09-._~%20%2F%3F%23%5B%5D@:!$&'()*+,;=%25%22%3C%3E%C3%A9");
  EXPECT_EQ(percent_encode(text, URLPart::kPath),
            "aZ09-._~%20/%3F%23%5B%5D@:!$&'()*+,;=%25%22%3C%3E%C3%A9");
  EXPECT_EQ(percent_encode("\r\n\0"s, URLPart::kPath), "%0D%0A%00");
  EXPECT_EQ(percent_encode("", URLPart::kPath), "");
}

TEST(PercentTest, escapes_what_html_gives_a_meaning) {
  EXPECT_EQ(html_escape("<a href=\"x\">'&amp;'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(html_escape("plain \xc3\xa9\n"), "plain \xc3\xa9\n");
}

}  // namespace
}  // namespace turbo::http
