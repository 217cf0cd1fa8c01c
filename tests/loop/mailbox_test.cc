#include "framework/loop/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

namespace turbo {
namespace {

class MailboxTest : public ::testing::Test {
 protected:
  void run_batch() {
    mailbox_.take();
    Callback callback;
    while (mailbox_.next(callback)) {
      callback();
      callback = nullptr;
    }
  }
  Callback note(int what) {
    return [this, what] { order_.push_back(what); };
  }

  Mailbox mailbox_;
  std::vector<int> order_;
};

TEST_F(MailboxTest, runs_in_order_by_poster) {
  for (int i = 0; i < 5; ++i) mailbox_.post_local(note(i));
  for (int i = 10; i < 15; ++i) EXPECT_FALSE(mailbox_.post_remote(note(i)));
  run_batch();
  EXPECT_EQ(order_, (std::vector<int>{0, 1, 2, 3, 4, 10, 11, 12, 13, 14}));
  EXPECT_TRUE(mailbox_.empty());
}

// LOOP-6: callbacks added during a pass run in the next one.
TEST_F(MailboxTest, what_is_posted_while_a_batch_runs_waits_for_the_next) {
  mailbox_.post_local([this] {
    mailbox_.post_local(note(1));
    (void)mailbox_.post_remote(note(2));
  });
  run_batch();
  EXPECT_TRUE(order_.empty());
  EXPECT_FALSE(mailbox_.empty());
  run_batch();
  EXPECT_EQ(order_, (std::vector<int>{1, 2}));
}

// LOOP-1: one wake-up a batch.
TEST_F(MailboxTest, only_the_first_push_that_finds_it_asleep_wakes) {
  EXPECT_FALSE(mailbox_.post_remote(note(1)));
  EXPECT_FALSE(mailbox_.sleep());  // something waits
  run_batch();
  EXPECT_TRUE(mailbox_.sleep());
  EXPECT_TRUE(mailbox_.empty());
  EXPECT_TRUE(mailbox_.post_remote(note(2)));
  EXPECT_FALSE(mailbox_.post_remote(note(3)));
  mailbox_.awake();
  EXPECT_FALSE(mailbox_.post_remote(note(4)));
  run_batch();
  EXPECT_EQ(order_, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(MailboxTest, nobody_wakes_it_after_it_awoke_by_itself) {
  EXPECT_TRUE(mailbox_.sleep());
  mailbox_.awake();
  EXPECT_FALSE(mailbox_.post_remote(note(1)));
  EXPECT_FALSE(mailbox_.sleep());
}

TEST_F(MailboxTest, does_not_sleep_over_a_local_post) {
  mailbox_.post_local(note(1));
  EXPECT_FALSE(mailbox_.sleep());
}

TEST_F(MailboxTest, pending_counts_what_has_not_run) {
  mailbox_.post_local([this] { EXPECT_EQ(mailbox_.pending(), 2u); });
  mailbox_.post_local(note(1));
  (void)mailbox_.post_remote(note(2));
  EXPECT_EQ(mailbox_.pending(), 3u);
  run_batch();
  EXPECT_EQ(mailbox_.pending(), 0u);
}

TEST_F(MailboxTest, clear_destroys_uncalled_also_what_a_destructor_posts) {
  int destroyed = 0;
  auto capture = std::shared_ptr<int>(new int, [&](int* number) {
    ++destroyed;
    mailbox_.post_local([] { ADD_FAILURE(); });
    delete number;
  });
  mailbox_.post_local([capture] { ADD_FAILURE(); });
  (void)mailbox_.post_remote([capture] { ADD_FAILURE(); });
  capture.reset();
  mailbox_.clear();
  EXPECT_EQ(destroyed, 1);
  EXPECT_TRUE(mailbox_.empty());
  EXPECT_EQ(mailbox_.pending(), 0u);
}

// LOOP-1: nothing is lost, doubled, or overtakes its poster's earlier posts, and no wake-up is
// missed: a missed one would leave the consumer asleep for ever.
TEST_F(MailboxTest, many_threads_post_while_it_sleeps_and_wakes) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 20'000;
  std::counting_semaphore<> wake(0);
  std::atomic<int> wakes{0};
  std::vector<int> next(kThreads, 0);
  int received = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        if (mailbox_.post_remote([&, t, i] {
              EXPECT_EQ(next[t], i);
              next[t] = i + 1;
              ++received;
            })) {
          wakes.fetch_add(1);
          wake.release();
        }
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  int sleeps = 0;
  while (received < kThreads * kPosts) {
    run_batch();
    if (received < kThreads * kPosts && mailbox_.sleep()) {
      ++sleeps;
      wake.acquire();
      mailbox_.awake();
    }
  }
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(wakes.load(), sleeps);
  EXPECT_EQ(mailbox_.pending(), 0u);
}

}  // namespace
}  // namespace turbo
