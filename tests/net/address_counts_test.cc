#include "framework/net/address_counts.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace turbo {
namespace {

AddressCounts::Key key(const char* ip) { return AddressCounts::key_of(*Address::parse(ip, 12345)); }

TEST(AddressCountsTest, takes_an_ipv4_address_and_an_ipv6_network_for_a_client) {
  EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.1")) << "of a dual-stack listener";
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
  EXPECT_EQ(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  EXPECT_NE(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
  EXPECT_NE(key("::1"), key("0.0.0.1"));
  EXPECT_EQ(AddressCounts::key_of(Address()), AddressCounts::kNotCounted);
  EXPECT_EQ(AddressCounts::key_of(*Address::unix_path("@x")), AddressCounts::kNotCounted);
}

TEST(AddressCountsTest, lets_in_up_to_the_limit_and_forgets_who_has_left) {
  AddressCounts counts(2);
  EXPECT_TRUE(counts.enter(1));
  EXPECT_TRUE(counts.enter(1));
  EXPECT_FALSE(counts.enter(1));
  EXPECT_TRUE(counts.enter(2));
  EXPECT_EQ(counts.addresses(), 2u);
  counts.leave(1);
  EXPECT_TRUE(counts.enter(1));
  EXPECT_FALSE(counts.enter(1));
  counts.leave(1);
  counts.leave(1);
  counts.leave(2);
  EXPECT_EQ(counts.addresses(), 0u);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(counts.enter(AddressCounts::kNotCounted));
  EXPECT_EQ(counts.addresses(), 0u);
}

TEST(AddressCountsTest, counts_right_when_threads_race) {
  constexpr size_t kThreads = 4;
  AddressCounts counts(kThreads - 1);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&counts] {
      for (AddressCounts::Key i = 0; i < 2000; ++i) {
        if (counts.enter(i % 20)) counts.leave(i % 20);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts.addresses(), 0u);
}

TEST(AddressCountsDeathTest, refuses_to_forget_whom_it_does_not_know) {
  AddressCounts counts(1);
  EXPECT_DEATH(counts.leave(7), "had not entered");
}

}  // namespace
}  // namespace turbo
