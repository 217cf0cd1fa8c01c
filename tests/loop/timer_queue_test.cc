#include "framework/loop/timer_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/loop/manual_clock.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;

class TimerQueueTest : public ::testing::Test {
 protected:
  // Runs what is due now, and returns how many.
  int run_due() {
    int fired = 0;
    queue_.collect_due(clock_.now());
    while (auto firing = queue_.next_due()) {
      firing->callback();
      queue_.finish(*firing, clock_);
      ++fired;
    }
    return fired;
  }
  TimerHandle arm(Duration delay, Callback callback) {
    return queue_.arm(clock_.now() + delay, std::move(callback));
  }
  Callback note(int what) {
    return [this, what] { order_.push_back(what); };
  }

  ManualClock clock_;
  TimerQueue queue_;
  std::vector<int> order_;
};

// LOOP-2
TEST_F(TimerQueueTest, fires_by_deadline_and_then_in_the_order_of_arming) {
  arm(milliseconds(2), note(3));
  arm(milliseconds(1), note(1));
  arm(milliseconds(2), note(4));
  arm(milliseconds(1), note(2));
  arm(milliseconds(3), note(5));
  clock_.advance(milliseconds(2));
  EXPECT_EQ(run_due(), 4);
  EXPECT_EQ(order_, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(queue_.size(), 1u);
}

TEST_F(TimerQueueTest, fires_at_its_deadline_and_not_before) {
  arm(milliseconds(5), note(1));
  clock_.advance(milliseconds(5) - Duration(1));
  EXPECT_EQ(run_due(), 0);
  clock_.advance(Duration(1));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(run_due(), 0);
}

// LOOP-2: handles survive the re-use of their slot.
TEST_F(TimerQueueTest, a_stale_handle_matches_nothing) {
  const TimerHandle cancelled = arm(milliseconds(1), note(1));
  EXPECT_TRUE(queue_.cancel(cancelled));
  const TimerHandle fired = arm(milliseconds(1), note(2));
  EXPECT_NE(cancelled, fired);
  EXPECT_FALSE(queue_.cancel(cancelled));
  clock_.advance(milliseconds(1));
  EXPECT_EQ(run_due(), 1);
  arm(milliseconds(1), note(3));
  EXPECT_FALSE(queue_.cancel(fired));
  EXPECT_FALSE(queue_.cancel(TimerHandle()));
  EXPECT_EQ(queue_.size(), 1u);
}

TEST_F(TimerQueueTest, a_callback_cancels_one_of_its_own_batch) {
  TimerHandle second;
  arm(milliseconds(1), [&] { EXPECT_TRUE(queue_.cancel(second)); });
  second = arm(milliseconds(1), note(2));
  arm(milliseconds(1), note(3));
  clock_.advance(milliseconds(1));
  EXPECT_EQ(run_due(), 2);
  EXPECT_EQ(order_, std::vector<int>{3});
  EXPECT_EQ(queue_.size(), 0u);
}

// LOOP-2, LOOP-6: it runs, but not for ever in one phase.
TEST_F(TimerQueueTest, one_armed_by_a_callback_waits_for_the_next_batch_even_if_due) {
  arm(Duration::zero(), [this] { arm(milliseconds(-1), note(1)); });
  EXPECT_EQ(run_due(), 1);
  EXPECT_TRUE(order_.empty());
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(order_, std::vector<int>{1});
}

TEST_F(TimerQueueTest, a_one_shot_is_no_longer_armed_in_its_own_callback) {
  TimerHandle self;
  self = arm(milliseconds(1), [&] {
    EXPECT_FALSE(queue_.cancel(self));
    EXPECT_EQ(queue_.size(), 0u);
    self = arm(milliseconds(1), note(1));
  });
  clock_.advance(milliseconds(1));
  run_due();
  clock_.advance(milliseconds(1));
  run_due();
  EXPECT_EQ(order_, std::vector<int>{1});
}

// LOOP-3
TEST_F(TimerQueueTest, a_fixed_rate_keeps_to_the_grid_and_skips_what_was_missed) {
  queue_.arm_interval(clock_.now(), milliseconds(10), note(1), Repeat::kFixedRate, 0);
  const TimePoint start = clock_.now();
  clock_.advance(milliseconds(13));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(queue_.next_deadline(), start + milliseconds(20));
  clock_.advance(milliseconds(42));  // 55: the ticks at 20, 30, 40 and 50 are one
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(queue_.next_deadline(), start + milliseconds(60));
  clock_.advance(milliseconds(5));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(queue_.next_deadline(), start + milliseconds(70));
}

// LOOP-3: an overrun does not lead to ticks without a pause.
TEST_F(TimerQueueTest, a_fixed_rate_skips_the_ticks_its_own_callback_overran) {
  const TimePoint start = clock_.now();
  queue_.arm_interval(
      start, milliseconds(10), [this] { clock_.advance(milliseconds(25)); }, Repeat::kFixedRate, 0);
  clock_.advance(milliseconds(10));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(queue_.next_deadline(), start + milliseconds(40));
}

// LOOP-3
TEST_F(TimerQueueTest, a_fixed_delay_counts_from_the_end_of_the_callback) {
  const TimePoint start = clock_.now();
  queue_.arm_interval(
      start, milliseconds(10), [this] { clock_.advance(milliseconds(7)); }, Repeat::kFixedDelay, 0);
  clock_.advance(milliseconds(10));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(queue_.next_deadline(), start + milliseconds(27));
}

// LOOP-3
TEST_F(TimerQueueTest, jitter_delays_ticks_by_at_most_its_share_and_does_not_leave_the_grid) {
  const TimePoint start = clock_.now();
  queue_.arm_interval(start, milliseconds(100), note(1), Repeat::kFixedRate, 0.5);
  Duration least = Duration::max(), most = Duration::zero();
  for (int tick = 1; tick <= 200; ++tick) {
    const Duration late = queue_.next_deadline() - (start + tick * milliseconds(100));
    ASSERT_GE(late, Duration::zero());
    ASSERT_LE(late, milliseconds(50));
    least = std::min(least, late);
    most = std::max(most, late);
    clock_.advance(queue_.next_deadline() - clock_.now());
    ASSERT_EQ(run_due(), 1);
  }
  EXPECT_LT(least, milliseconds(10));
  EXPECT_GT(most, milliseconds(40));
}

TEST_F(TimerQueueTest, an_interval_cancels_itself_in_its_callback) {
  TimerHandle self;
  int left = 3;
  self = queue_.arm_interval(
      clock_.now(), milliseconds(1),
      [&] {
        if (--left == 0) {
          EXPECT_TRUE(queue_.cancel(self));
          EXPECT_FALSE(queue_.cancel(self));
          arm(milliseconds(1), note(1));  // takes the slot that has just become free
        }
      },
      Repeat::kFixedRate, 0);
  for (int i = 0; i < 10; ++i) {
    clock_.advance(milliseconds(1));
    run_due();
  }
  EXPECT_EQ(left, 0);
  EXPECT_EQ(order_, std::vector<int>{1});
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(TimerQueueTest, cancel_destroys_the_callback_which_may_come_back) {
  auto capture = std::shared_ptr<int>(new int, [this](int* number) {
    arm(milliseconds(1), note(7));
    delete number;
  });
  const TimerHandle timer = arm(milliseconds(1), [capture] {});
  capture.reset();
  EXPECT_TRUE(queue_.cancel(timer));
  EXPECT_FALSE(queue_.cancel(timer));
  clock_.advance(milliseconds(1));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(order_, std::vector<int>{7});
}

TEST_F(TimerQueueTest, clear_destroys_every_callback_uncalled) {
  auto capture = std::make_shared<int>();
  for (int i = 0; i < 10; ++i) arm(milliseconds(i), [capture] { ADD_FAILURE(); });
  queue_.arm_interval(
      clock_.now(), milliseconds(1), [capture] { ADD_FAILURE(); }, Repeat::kFixedRate, 0);
  queue_.clear();
  EXPECT_EQ(capture.use_count(), 1);
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(queue_.next_deadline(), TimePoint::max());
}

TEST_F(TimerQueueTest, a_deadline_beyond_the_end_of_time_is_the_end_of_time) {
  EXPECT_EQ(saturating_add(clock_.now(), Duration::max()), TimePoint::max());
  EXPECT_EQ(saturating_add(clock_.now(), milliseconds(1)), clock_.now() + milliseconds(1));
  queue_.arm_interval(clock_.now(), Duration::max(), note(1), Repeat::kFixedRate, 0);
  clock_.advance(std::chrono::hours(24 * 365));
  EXPECT_EQ(run_due(), 0);
}

// LOOP-2, against a sorted map.
TEST_F(TimerQueueTest, agrees_with_a_sorted_map_on_random_operations) {
  std::mt19937 random(42);
  std::map<std::pair<TimePoint, int>, TimerHandle> model;
  std::vector<std::pair<std::pair<TimePoint, int>, TimerHandle>> handles;
  for (int step = 0; step < 200'000; ++step) {
    const uint32_t choice = random() % 10;
    if (choice < 5) {
      const TimePoint deadline = clock_.now() + milliseconds(random() % 50);
      const TimerHandle timer = queue_.arm(deadline, note(step));
      model[{deadline, step}] = timer;
      handles.push_back({{deadline, step}, timer});
    } else if (choice < 9 && !handles.empty()) {
      const auto [key, timer] = handles[random() % handles.size()];
      ASSERT_EQ(queue_.cancel(timer), model.erase(key) == 1);
    } else {
      clock_.advance(milliseconds(random() % 5));
      std::vector<int> expected;
      while (!model.empty() && model.begin()->first.first <= clock_.now()) {
        expected.push_back(model.begin()->first.second);
        model.erase(model.begin());
      }
      order_.clear();
      run_due();
      ASSERT_EQ(order_, expected);
    }
    ASSERT_EQ(queue_.size(), model.size());
  }
}

// LOOP-2: a million live timers without trouble.
TEST_F(TimerQueueTest, holds_a_million_live_timers) {
  constexpr int kTimers = 1'000'000;
  std::vector<TimerHandle> handles;
  std::mt19937 random(7);
  int fired = 0;
  TimePoint last;
  for (int i = 0; i < kTimers; ++i) {
    const TimePoint deadline = clock_.now() + milliseconds(random() % 100'000);
    handles.push_back(queue_.arm(deadline, [&, deadline] {
      ASSERT_LE(last, deadline);
      last = deadline;
      ++fired;
    }));
  }
  EXPECT_EQ(queue_.size(), size_t{kTimers});
  for (int i = 0; i < kTimers; i += 2) ASSERT_TRUE(queue_.cancel(handles[i]));
  clock_.advance(milliseconds(100'000));
  run_due();
  EXPECT_EQ(fired, kTimers / 2);
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(TimerQueueTest, refuses_what_can_never_run) {
  EXPECT_DEATH(queue_.arm(clock_.now(), Callback()), "needs a callback");
  EXPECT_DEATH(queue_.arm_interval(clock_.now(), Duration::zero(), note(1), Repeat::kFixedRate, 0),
               "longer than nothing");
  EXPECT_DEATH(queue_.arm_interval(clock_.now(), milliseconds(1), note(1), Repeat::kFixedRate, 1.5),
               "jitter");
}

}  // namespace
}  // namespace turbo
