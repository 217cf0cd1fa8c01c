#include "framework/web/xsrf.h"

#include <gtest/gtest.h>

#include <set>

namespace turbo::web {
namespace {

TEST(XsrfTest, makes_another_token_each_time) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = make_xsrf_token();
    EXPECT_TRUE(is_xsrf_token(token)) << token;
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(XsrfTest, takes_the_token_with_and_without_a_mask) {
  const std::string token = make_xsrf_token();
  EXPECT_TRUE(xsrf_tokens_match(token, token));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(xsrf_tokens_match(token, mask_xsrf_token(token)));
}

TEST(XsrfTest, never_shows_a_page_the_same_text_twice) {
  const std::string token = make_xsrf_token();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string masked = mask_xsrf_token(token);
    EXPECT_TRUE(seen.insert(masked).second);
    EXPECT_EQ(masked.find(token), std::string::npos);
  }
}

TEST(XsrfTest, refuses_other_tokens) {
  const std::string token = make_xsrf_token();
  const std::string other = make_xsrf_token();
  EXPECT_FALSE(xsrf_tokens_match(token, other));
  EXPECT_FALSE(xsrf_tokens_match(token, mask_xsrf_token(other)));
}

TEST(XsrfTest, refuses_every_change) {
  const std::string token = make_xsrf_token();
  for (const std::string& submitted : {token, mask_xsrf_token(token)}) {
    for (size_t i = 0; i < submitted.size(); ++i) {
      for (const char c : std::string_view("Aa0-_=+ \0\xff", 10)) {
        std::string changed = submitted;
        changed[i] = c;
        EXPECT_EQ(xsrf_tokens_match(token, changed), changed == submitted) << i << c;
      }
      EXPECT_FALSE(xsrf_tokens_match(token, submitted.substr(0, i)));
      EXPECT_FALSE(xsrf_tokens_match(token, submitted + submitted.substr(0, i) + "A"));
    }
  }
}

TEST(XsrfTest, no_token_matches_nothing) {
  const std::string token = make_xsrf_token();
  EXPECT_FALSE(xsrf_tokens_match("", ""));
  EXPECT_FALSE(xsrf_tokens_match(token, ""));
  EXPECT_FALSE(xsrf_tokens_match("", token));
  EXPECT_FALSE(xsrf_tokens_match("guess", "guess"));
  // A masked token is no cookie: who plants one would have to know nothing else.
  const std::string masked = mask_xsrf_token(token);
  EXPECT_FALSE(is_xsrf_token(masked));
  EXPECT_FALSE(xsrf_tokens_match(masked, masked));
  EXPECT_EQ(mask_xsrf_token(""), "");
  EXPECT_EQ(mask_xsrf_token("guess"), "");
  EXPECT_EQ(mask_xsrf_token(masked), "");
}

}  // namespace
}  // namespace turbo::web
