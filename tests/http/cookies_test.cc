#include "framework/http/cookies.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

std::string read(std::string_view field) {
  std::string text;
  CookieReader reader(field);
  while (const std::optional<Cookie> cookie = reader.next()) {
    text.append(cookie->name).append("=[").append(cookie->value).append("]");
  }
  return text;
}

TEST(CookiesTest, reads_pairs_in_order) {
  EXPECT_EQ(read("a=1; b=2;c=3"), "a=[1]b=[2]c=[3]");
  EXPECT_EQ(read("a=1; a=2"), "a=[1]a=[2]");
  EXPECT_EQ(read("a=b=c"), "a=[b=c]");
}

TEST(CookiesTest, trims_blanks_and_surrounding_quotes) {
  EXPECT_EQ(read("  a =\t1 ;b = \"x y\" "), "a=[1]b=[x y]");
  EXPECT_EQ(read("a=\"; b=\"\"; c=\"x"), "a=[\"]b=[]c=[\"x]");
}

TEST(CookiesTest, skips_what_is_no_pair) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read(";; ;a;=1; =2;b="), "b=[]");
}

}  // namespace
}  // namespace turbo::http
