#include "framework/http/method.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

TEST(MethodTest, names_and_parses_every_method) {
  for (int i = 0; i < kMethodCount; ++i) {
    const Method method = static_cast<Method>(i);
    EXPECT_FALSE(to_string(method).empty());
    EXPECT_EQ(parse_method(to_string(method)), method);
  }
  EXPECT_EQ(to_string(Method::kUnknown), "");
}

TEST(MethodTest, is_exact) {  // RFC 9110 9.1: case-sensitive
  for (const char* token : {"", "get", "Get", "GE", "GETS", "PUTS", "POSTT", "HEAT", "PUR",
                            "DELETED", "OPTIONZ", "CONNECTS", "TRACK", "PATCHY", "QUERY"}) {
    EXPECT_EQ(parse_method(token), Method::kUnknown) << token;
  }
}

}  // namespace
}  // namespace turbo::http
