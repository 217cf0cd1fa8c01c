#include "framework/http2/flow_window.h"

#include <gtest/gtest.h>

namespace turbo::http2 {
namespace {

constexpr int64_t kMost = kMax31Bits;

// ---- what comes ----

TEST(ReceiveWindowTest, takes_what_fits_and_not_a_byte_more) {
  ReceiveWindow window;
  window.start(100);
  EXPECT_TRUE(window.receive(99));
  EXPECT_FALSE(window.receive(2));
  EXPECT_TRUE(window.receive(1)) << "what did not fit took nothing";
  EXPECT_FALSE(window.receive(1));
}

TEST(ReceiveWindowTest, begins_as_the_rfc_says) {
  ReceiveWindow window;
  EXPECT_TRUE(window.receive(65535));
  EXPECT_FALSE(window.receive(1));
}

TEST(ReceiveWindowTest, nothing_needs_no_window) {
  ReceiveWindow window;
  window.start(0);
  EXPECT_TRUE(window.receive(0));
  window.shift(-100);
  EXPECT_TRUE(window.receive(0)) << "not even one that is negative";
  EXPECT_FALSE(window.receive(1));
}

TEST(ReceiveWindowTest, half_of_it_is_told) {
  ReceiveWindow window;
  window.start(100);
  ASSERT_TRUE(window.receive(100));
  window.consume(49);
  EXPECT_FALSE(window.update_due());
  window.consume(1);
  EXPECT_TRUE(window.update_due());
  window.consume(10);
  EXPECT_EQ(window.update(), 60u);
  EXPECT_FALSE(window.update_due());
  EXPECT_TRUE(window.receive(60));
  EXPECT_FALSE(window.receive(1));
}

TEST(ReceiveWindowTest, a_byte_of_the_smallest_is_told) {
  for (const uint32_t size : {0u, 1u}) {
    ReceiveWindow window;
    window.start(size);
    EXPECT_FALSE(window.update_due()) << "nothing was consumed";
    window.consume(1);
    EXPECT_TRUE(window.update_due());
  }
}

TEST(ReceiveWindowTest, a_wider_one_is_told_at_once) {
  ReceiveWindow window;
  window.aim(kMax31Bits);
  ASSERT_TRUE(window.update_due());
  EXPECT_EQ(window.update(), kMax31Bits - 65535);
  EXPECT_TRUE(window.receive(kMax31Bits));
  EXPECT_FALSE(window.receive(1));
}

// The peer has 65,535 bytes already, which cannot be taken back.
TEST(ReceiveWindowTest, a_narrower_one_is_told_when_as_much_was_consumed) {
  ReceiveWindow window;
  window.aim(1000);
  ASSERT_TRUE(window.receive(65535));
  window.consume(65535 - 1000 + 499);
  EXPECT_FALSE(window.update_due());
  window.consume(1);
  ASSERT_TRUE(window.update_due());
  window.consume(500);
  EXPECT_EQ(window.update(), 1000u);
}

// Our SETTINGS were acknowledged when more had come than they allow.
TEST(ReceiveWindowTest, settings_make_it_negative_until_as_much_was_consumed) {
  ReceiveWindow window;
  ASSERT_TRUE(window.receive(5000));
  window.shift(100 - 65535);
  EXPECT_FALSE(window.receive(1));
  window.consume(4950);
  ASSERT_TRUE(window.update_due());
  EXPECT_EQ(window.update(), 4950u);
  EXPECT_TRUE(window.receive(50));
  EXPECT_FALSE(window.receive(1));
}

// ---- what goes ----

TEST(SendWindowTest, overflows_above_two_to_the_31st_less_one) {
  for (const int64_t first : {int64_t{0}, int64_t{65535}, kMost}) {
    SendWindow window;
    window.start(first);
    EXPECT_TRUE(window.change(kMost - first));
    EXPECT_EQ(window.left(), kMost);
    EXPECT_TRUE(window.change(0));
    EXPECT_FALSE(window.change(1));
  }
}

TEST(SendWindowTest, the_largest_changes_do_not_wrap) {
  SendWindow window;
  window.start(kMost);
  EXPECT_FALSE(window.change(kMost));
  EXPECT_EQ(window.left(), 2 * kMost);
}

// RFC 9113 6.9.2, with the numbers of its example.
TEST(SendWindowTest, settings_make_it_negative) {
  SendWindow window;
  window.send(60 * 1024);
  EXPECT_TRUE(window.change(16 * 1024 - int64_t{kFirstWindow}));
  EXPECT_EQ(window.left(), -44 * 1024);
  EXPECT_TRUE(window.change(44 * 1024));
  EXPECT_EQ(window.left(), 0);
  EXPECT_TRUE(window.change(1));
  EXPECT_EQ(window.left(), 1);
}

TEST(SendWindowTest, from_the_most_negative_it_comes_back) {
  SendWindow window;
  window.start(kMost);
  window.send(static_cast<uint64_t>(kMost));
  EXPECT_TRUE(window.change(-kMost));
  EXPECT_EQ(window.left(), -kMost);
  EXPECT_TRUE(window.change(kMost));
  EXPECT_TRUE(window.change(kMost));
  EXPECT_EQ(window.left(), kMost);
  EXPECT_FALSE(window.change(1));
}

}  // namespace
}  // namespace turbo::http2
