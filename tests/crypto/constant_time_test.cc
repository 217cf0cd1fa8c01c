#include "framework/crypto/constant_time.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo {
namespace {

TEST(ConstantTimeTest, tells_equal_from_different) {
  const std::string secret("a\0secret\xff", 9);
  EXPECT_TRUE(equal_in_constant_time(secret, std::string(secret)));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time({}, ""));
  for (size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(equal_in_constant_time(secret, other)) << i;
    EXPECT_FALSE(equal_in_constant_time(secret, secret.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace turbo
