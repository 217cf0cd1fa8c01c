#include "framework/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace turbo {
namespace {

struct First {};
struct Second {};

struct Item : ListNode<First>, ListNode<Second> {
  explicit Item(int number) : number(number) {}
  int number;
};

using FirstList = IntrusiveList<Item, First>;

std::vector<int> drained(FirstList& list) {
  std::vector<int> numbers;
  while (!list.empty()) numbers.push_back(list.pop_front().number);
  return numbers;
}

TEST(IntrusiveListTest, keeps_the_order_of_push) {
  Item a(1), b(2), c(3);
  FirstList list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  EXPECT_EQ(list.front().number, 1);
  EXPECT_EQ(drained(list), (std::vector<int>{1, 2, 3}));
  EXPECT_FALSE(a.ListNode<First>::linked());
}

TEST(IntrusiveListTest, an_element_may_be_in_two_lists) {
  Item a(1);
  FirstList first;
  IntrusiveList<Item, Second> second;
  first.push_back(a);
  second.push_back(a);
  first.pop_front();
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(&second.front(), &a);
}

TEST(IntrusiveListTest, a_destroyed_element_leaves_its_list) {
  Item a(1), c(3);
  auto b = std::make_unique<Item>(2);
  FirstList list;
  for (Item* item : {&a, b.get(), &c}) list.push_back(*item);
  b.reset();
  EXPECT_EQ(drained(list), (std::vector<int>{1, 3}));
}

TEST(IntrusiveListTest, unlinking_twice_does_nothing) {
  Item a(1);
  FirstList list;
  list.push_back(a);
  a.ListNode<First>::unlink();
  a.ListNode<First>::unlink();
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveListTest, splice_moves_all_to_the_end) {
  Item a(1), b(2), c(3);
  FirstList list;
  FirstList other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  EXPECT_TRUE(other.empty());
  list.splice_back(other);
  EXPECT_EQ(drained(list), (std::vector<int>{1, 2, 3}));
}

TEST(IntrusiveListTest, a_destroyed_list_lets_its_elements_go) {
  Item a(1);
  {
    FirstList list;
    list.push_back(a);
  }
  EXPECT_FALSE(a.ListNode<First>::linked());
}

}  // namespace
}  // namespace turbo
