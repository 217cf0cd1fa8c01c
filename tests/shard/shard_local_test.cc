#include "framework/shard/shard_local.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/shard/run_task.h"

namespace turbo {
namespace {

// What happened where, in order, for each shard.
struct Diary {
  void note(const std::string& what) {
    std::lock_guard lock(mutex);
    lines.push_back(what + "@" +
                    (ShardSet::this_shard() ? std::to_string(*ShardSet::this_shard()) : "-"));
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

struct Noted {
  Noted(Diary& diary, std::string name) : diary_(diary), name_(std::move(name)) {
    EXPECT_NE(IOLoop::current(), nullptr);
    diary_.note("+" + name_);
  }
  ~Noted() {
    EXPECT_TRUE(IOLoop::current()->running());
    diary_.note("-" + name_);
  }
  Diary& diary_;
  const std::string name_;
  int touched = 0;
};

ShardSetOptions with_shards(size_t shards) {
  ShardSetOptions options;
  options.shards = shards;
  return options;
}

auto noted(Diary& diary, std::string name) {
  return [&diary, name](size_t) { return std::make_unique<Noted>(diary, name); };
}

using Lines = std::vector<std::string>;

TEST(ShardLocalTest, each_shard_has_its_own_built_and_destroyed_there) {
  Diary diary;
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  {
    ShardLocal<Noted> local(shards, noted(diary, "a"));
    ASSERT_TRUE(local.status().ok());
    for (size_t i = 0; i < 2; ++i) {
      for (int turn = 1; turn <= 3; ++turn) {
        auto touched = shards.call_blocking(i, [&] { return ++local.here().touched; });
        EXPECT_EQ(*touched, turn);
      }
    }
  }
  EXPECT_EQ(diary.lines, (Lines{"+a@0", "+a@1", "-a@0", "-a@1"}));
}

TEST(ShardLocalTest, stop_destroys_the_instances_on_their_running_loops_in_reverse) {
  Diary diary;
  ShardSet shards(with_shards(1));
  ASSERT_TRUE(shards.start().ok());
  ShardLocal<Noted> first(shards, noted(diary, "first"));
  ShardLocal<Noted> second(shards, noted(diary, "second"));
  shards.stop();
  shards.join();
  EXPECT_EQ(diary.lines, (Lines{"+first@0", "+second@0", "-second@0", "-first@0"}));
}

TEST(ShardLocalTest, destroying_it_while_the_set_stops_waits_for_the_set) {
  for (int round = 0; round < 20; ++round) {
    Diary diary;
    ShardSet shards(with_shards(2));
    ASSERT_TRUE(shards.start().ok());
    {
      ShardLocal<Noted> local(shards, noted(diary, "a"));
      shards.stop();
    }
    EXPECT_EQ(diary.lines.size(), 4u);
  }
}

TEST(ShardLocalTest, on_a_set_that_does_not_run_it_says_so) {
  Diary diary;
  ShardSet shards(with_shards(1));
  ShardLocal<Noted> local(shards, noted(diary, "a"));
  EXPECT_EQ(local.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(diary.lines.empty());
}

TEST(ShardLocalTest, an_exception_of_the_factory_undoes_what_was_built) {
  Diary diary;
  ShardSet shards(with_shards(2));
  ASSERT_TRUE(shards.start().ok());
  const auto build = [&] {
    ShardLocal<Noted> local(shards, [&](size_t shard) {
      if (shard == 1) throw std::runtime_error("no");
      return std::make_unique<Noted>(diary, "a");
    });
  };
  EXPECT_THROW(build(), std::runtime_error);
  EXPECT_EQ(diary.lines, (Lines{"+a@0", "-a@0"}));
}

TEST(ShardLocalTest, calls_sum_over_the_instances) {
  ShardSet shards(with_shards(3));
  ASSERT_TRUE(shards.start().ok());
  ShardLocal<int> local(shards, [](size_t shard) { return std::make_unique<int>(shard * 10); });
  run_task(shards, 1, [&]() -> Task<> {
    auto summing = shards.sum([&local] { return local.here(); });
    EXPECT_EQ(*co_await summing, 30);
  });
}

TEST(ShardLocalTest, the_wrong_thread_ends_the_program_with_a_message) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ShardSet shards(with_shards(1));
        if (shards.start().ok()) {
          ShardLocal<int> local(shards, [](size_t) { return std::make_unique<int>(0); });
          local.here() = 1;
        }
      },
      "here\\(\\) on a thread that is no shard of its set");
}

}  // namespace
}  // namespace turbo
