#include "framework/harness/cookie_jar.h"

#include <gtest/gtest.h>

namespace turbo {
namespace {

TEST(CookieJarTest, keeps_replaces_and_deletes) {
  CookieJar jar;
  EXPECT_EQ(jar.field(), "");
  jar.take("a=1; Path=/; HttpOnly");
  jar.take("b=x=y");
  jar.take("a=2");
  EXPECT_EQ(jar.field(), "a=2; b=x=y");
  jar.take("a=; max-age=0");
  EXPECT_EQ(jar.field(), "b=x=y");
  jar.take("b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(jar.field(), "");
  jar.take("c=1; Max-Age=-5");
  jar.take("=nameless");
  jar.take("");
  EXPECT_EQ(jar.field(), "");
  jar.take("d=1; Max-Age=60");
  EXPECT_EQ(jar.values().at("d"), "1");
  jar.clear();
  EXPECT_EQ(jar.field(), "");
}

}  // namespace
}  // namespace turbo
