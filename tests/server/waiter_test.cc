#include "framework/server/waiter.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace turbo {
namespace {

using std::chrono::seconds;

class NamedWaiter final : public Waiter {
 public:
  NamedWaiter(char name, std::string& told) : name_(name), told_(told) {}
  void on_deadline() override {
    told_ += name_;
    ListNode<WaitTag>::unlink();
  }
  char name() const { return name_; }

 private:
  const char name_;
  std::string& told_;
};

class WaitListsTest : public ::testing::Test {
 protected:
  const TimePoint start_{seconds(1000)};
  std::string told_;
  NamedWaiter a_{'a', told_};
  NamedWaiter b_{'b', told_};
  NamedWaiter c_{'c', told_};
  WaitLists lists_;
};

TEST_F(WaitListsTest, those_that_have_waited_long_enough_are_told_the_longest_first) {
  lists_.set_wait(b_, Wait::kHead, start_);
  lists_.set_wait(a_, Wait::kHead, start_ + seconds(1));
  lists_.set_wait(c_, Wait::kHead, start_ + seconds(2));
  lists_.check(Wait::kHead, start_ - seconds(1));
  EXPECT_EQ(told_, "");
  lists_.check(Wait::kHead, start_ + seconds(1));
  EXPECT_EQ(told_, "ba");
  lists_.check(Wait::kBody, start_ + seconds(9));
  EXPECT_EQ(told_, "ba") << "each wait has a list of its own";
}

TEST_F(WaitListsTest, a_new_wait_begins_anew_in_another_list) {
  lists_.set_wait(a_, Wait::kHead, start_);
  lists_.set_wait(b_, Wait::kHead, start_);
  lists_.set_wait(a_, Wait::kBody, start_ + seconds(5));
  EXPECT_EQ(a_.wait(), Wait::kBody);
  EXPECT_EQ(a_.since(), start_ + seconds(5));
  lists_.check(Wait::kHead, start_ + seconds(9));
  EXPECT_EQ(told_, "b");
  lists_.set_wait(a_, Wait::kBody, start_ + seconds(6));
  lists_.check(Wait::kBody, start_ + seconds(5));
  EXPECT_EQ(told_, "b");
}

TEST_F(WaitListsTest, a_waiter_that_is_destroyed_leaves) {
  auto gone = std::make_unique<NamedWaiter>('g', told_);
  lists_.set_wait(*gone, Wait::kIdle, start_);
  lists_.set_wait(a_, Wait::kIdle, start_);
  gone.reset();
  lists_.check(Wait::kIdle, start_);
  EXPECT_EQ(told_, "a");
}

TEST_F(WaitListsTest, each_is_visited_once_though_visits_move_and_remove) {
  lists_.set_wait(a_, Wait::kHead, start_);
  lists_.set_wait(b_, Wait::kHead, start_);
  lists_.set_wait(c_, Wait::kLinger, start_);
  std::string visited;
  lists_.for_each([&](Waiter& waiter) {
    visited += static_cast<NamedWaiter&>(waiter).name();
    // Begins its wait anew, comes to stand behind those still to be visited, or leaves.
    if (&waiter == &a_) lists_.set_wait(a_, Wait::kHead, start_ + seconds(1));
    if (&waiter == &b_) lists_.set_wait(b_, Wait::kLinger, start_ + seconds(1));
    if (&waiter == &c_) c_.ListNode<WaitTag>::unlink();
  });
  EXPECT_EQ(visited, "abc");
  lists_.take_all([&](Waiter& waiter) { waiter.on_deadline(); });
  EXPECT_EQ(told_, "ab");
}

}  // namespace
}  // namespace turbo
