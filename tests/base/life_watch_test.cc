#include "framework/base/life_watch.h"

#include <gtest/gtest.h>

#include <memory>

namespace turbo {
namespace {

TEST(LifeWatchTest, tells_that_the_watched_object_died) {
  auto life = std::make_unique<Life>();
  LifeWatch watch(*life);
  EXPECT_FALSE(watch.dead());
  life.reset();
  EXPECT_TRUE(watch.dead());
}

TEST(LifeWatchTest, every_nested_watch_is_told) {
  auto life = std::make_unique<Life>();
  LifeWatch outer(*life);
  {
    LifeWatch inner(*life);
    life.reset();
    EXPECT_TRUE(inner.dead());
  }
  EXPECT_TRUE(outer.dead());
}

TEST(LifeWatchTest, a_watch_that_ended_leaves_the_outer_one_watching) {
  auto life = std::make_unique<Life>();
  LifeWatch outer(*life);
  { LifeWatch inner(*life); }
  EXPECT_FALSE(outer.dead());
  life.reset();
  EXPECT_TRUE(outer.dead());
}

TEST(LifeWatchTest, a_life_outlives_its_watches) {
  Life life;
  { LifeWatch watch(life); }
  LifeWatch later(life);
  EXPECT_FALSE(later.dead());
}

}  // namespace
}  // namespace turbo
