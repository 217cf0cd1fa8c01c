#include "framework/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace turbo {
namespace {

bool open_still(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

UniqueFd open_null() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

TEST(UniqueFdTest, closes_with_its_owner) {
  int raw = -1;
  {
    const UniqueFd fd = open_null();
    raw = fd.get();
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(open_still(raw));
  }
  EXPECT_FALSE(open_still(raw));
}

TEST(UniqueFdTest, moving_moves_the_duty_to_close) {
  UniqueFd first = open_null();
  const int raw = first.get();
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first.valid());
  UniqueFd third = open_null();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), raw);
  EXPECT_FALSE(open_still(replaced));
}

TEST(UniqueFdTest, a_released_descriptor_stays_open) {
  int raw = -1;
  {
    UniqueFd fd = open_null();
    raw = fd.release();
    EXPECT_FALSE(fd.valid());
  }
  EXPECT_TRUE(open_still(raw));
  ::close(raw);
}

}  // namespace
}  // namespace turbo
