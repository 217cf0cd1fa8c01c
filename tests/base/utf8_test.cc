#include "framework/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo {
namespace {

TEST(UTF8Test, tells_good_text_from_bad_at_every_place_of_a_word) {
  const std::string_view good[] = {"",
                                   "a",
                                   "\x7f",
                                   "\xc2\x80",
                                   "\xdf\xbf",
                                   "\xe0\xa0\x80",
                                   "\xed\x9f\xbf",
                                   "\xee\x80\x80",
                                   "\xef\xbf\xbf",
                                   "\xf0\x90\x80\x80",
                                   "\xf4\x8f\xbf\xbf"};
  const std::string_view bad[] = {"\x80",
                                  "\xbf",
                                  "\xc0\x80",
                                  "\xc1\xbf",
                                  "\xc2",
                                  "\xc2\x7f",
                                  "\xc2\xc0",
                                  "\xe0\x9f\xbf",
                                  "\xed\xa0\x80",
                                  "\xe1\x80",
                                  "\xe1\x80\x41",
                                  "\xf0\x8f\xbf\xbf",
                                  "\xf4\x90\x80\x80",
                                  "\xf1\x80\x80",
                                  "\xf1\x80\x80\xc0",
                                  "\xf5\x80\x80\x80",
                                  "\xff",
                                  "\xfe\xfe\xff\xff"};
  for (size_t before = 0; before < 20; ++before) {
    for (const std::string_view after : {"", "b", "0123456789"}) {
      const auto wrapped = [&](std::string_view text) {
        return std::string(before, 'x').append(text).append(after);
      };
      for (const std::string_view text : good) EXPECT_TRUE(is_utf8(wrapped(text))) << text;
      for (const std::string_view text : bad) EXPECT_FALSE(is_utf8(wrapped(text))) << text;
    }
  }
}

}  // namespace
}  // namespace turbo
