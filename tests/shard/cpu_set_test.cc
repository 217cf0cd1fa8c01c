#include "framework/shard/cpu_set.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace turbo {
namespace {

TEST(CpuSetTest, cpu_max_is_quota_over_period) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2.0);
  EXPECT_EQ(parse_cpu_max("  5000\t 100000 \n"), 0.05);
}

TEST(CpuSetTest, cpu_max_without_a_quota_is_none) {
  for (const char* text : {"max 100000\n", "", "\n", "max", "100000", "0 100000", "-1 100000",
                           "100000 0", "1e5 100000", "100000x 100000", "99999999999999999999 1"}) {
    EXPECT_EQ(parse_cpu_max(text), std::nullopt) << text;
  }
}

TEST(CpuSetTest, cfs_quota_of_minus_one_is_none) {
  EXPECT_EQ(parse_cfs_quota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("", ""), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("250000\n", "100000\n"), 2.5);
}

TEST(CpuSetTest, the_group_of_each_controller_is_found) {
  const char* both = "12:cpu,cpuacct:/docker/a:b\n3:cpuset:/x\n0::/user.slice/one\n";
  EXPECT_EQ(parse_cgroup_path(both, "cpu"), "/docker/a:b");
  EXPECT_EQ(parse_cgroup_path(both, "cpuset"), "/x");
  EXPECT_EQ(parse_cgroup_path(both, ""), "/user.slice/one");
  EXPECT_EQ(parse_cgroup_path(both, "memory"), std::nullopt);
  EXPECT_EQ(parse_cgroup_path("nonsense\n:\n", ""), std::nullopt);
}

TEST(CpuSetTest, loops_follow_the_quota_rounded_up_and_are_at_least_one) {
  EXPECT_EQ(loops_for(64, std::nullopt), 64u);
  EXPECT_EQ(loops_for(64, 1.0), 1u);
  EXPECT_EQ(loops_for(64, 1.01), 2u);
  EXPECT_EQ(loops_for(64, 0.05), 1u);
  EXPECT_EQ(loops_for(2, 2.0), 2u);
  EXPECT_EQ(loops_for(2, 16.0), 2u);
  EXPECT_EQ(loops_for(0, std::nullopt), 1u);
}

class CgroupTree : public ::testing::Test {
 protected:
  CgroupTree() : root_(std::filesystem::path(::testing::TempDir()) / "cgroup") {
    std::filesystem::remove_all(root_);
  }
  ~CgroupTree() override { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  const std::filesystem::path root_;
};

TEST_F(CgroupTree, the_smallest_quota_of_the_group_and_its_ancestors_counts) {
  write("a/cpu.max", "300000 100000\n");
  write("a/b/cpu.max", "max 100000\n");
  write("a/b/c/cpu.max", "400000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota("0::/a/b/c\n", root_), 3.0);
  EXPECT_EQ(cgroup_cpu_quota("0::/a/b\n", root_), 3.0);
  EXPECT_EQ(cgroup_cpu_quota("0::/\n", root_), std::nullopt);
  write("cpu.max", "50000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota("0::/a/b\n", root_), 0.5);
}

TEST_F(CgroupTree, a_v1_group_that_is_not_mounted_falls_back_to_the_root) {
  write("cpu/cpu.cfs_quota_us", "150000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cpu_quota("4:cpu,cpuacct:/docker/unseen\n", root_), 1.5);
}

TEST(CpuSetTest, affinity_is_the_calling_threads_mask) {
  const std::vector<int> before = affinity_cores();
  ASSERT_FALSE(before.empty());
  std::vector<int> narrowed;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(before.back(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    narrowed = affinity_cores();
    EXPECT_EQ(usable_cores(), 1u);
  }).join();
  EXPECT_EQ(narrowed, std::vector<int>{before.back()});
  EXPECT_GE(usable_cores(), 1u);
  EXPECT_LE(usable_cores(), before.size());
}

}  // namespace
}  // namespace turbo
