#include "framework/base/check.h"

#include <gtest/gtest.h>

namespace turbo {
namespace {

TEST(CheckDeathTest, a_failed_check_names_place_condition_and_remedy) {
  EXPECT_DEATH(TURBO_CHECK(1 + 1 == 3, "count again"),
               "check_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3: count again");
}

TEST(CheckTest, a_check_that_holds_evaluates_its_condition_once) {
  int evaluations = 0;
  TURBO_CHECK(++evaluations == 1, "once");
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace turbo
