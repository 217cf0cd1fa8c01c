// IOLoop between threads: posting, stopping, and which thread a loop belongs to.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "framework/loop/io_loop.h"

namespace turbo {
namespace {

using std::chrono::seconds;

// Far longer than any test: reaching it is the failure.
constexpr Duration kNever = seconds(60);

// 11.4 add_callback_wakeup_other_thread; LOOP-1
TEST(IOLoopThreadsTest, a_post_of_another_thread_wakes_a_sleeping_loop) {
  IOLoop loop;
  std::atomic<bool> ran{false};
  std::thread poster([&] { loop.add_callback([&] { ran = true; }); });
  EXPECT_TRUE(loop.run_until([&] { return ran.load(); }, kNever));
  poster.join();
}

// LOOP-1: FIFO for each thread, nothing lost.
TEST(IOLoopThreadsTest, many_threads_post_at_once) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 10'000;
  IOLoop loop;
  std::vector<int> next(kThreads, 0);
  int received = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.add_callback([&, t, i] {
          EXPECT_EQ(next[t]++, i);
          if (++received == kThreads * kPosts) loop.stop();
        });
      }
    });
  }
  loop.start();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(received, kThreads * kPosts);
  EXPECT_EQ(loop.pending_callbacks(), 0u);
}

// LOOP-1, LOOP-9
TEST(IOLoopThreadsTest, is_stopped_from_another_thread_and_started_again) {
  IOLoop loop;
  for (int round = 0; round < 50; ++round) {
    std::thread stopper([&] { loop.stop(); });
    loop.start();
    stopper.join();
    EXPECT_FALSE(loop.running());
  }
}

TEST(IOLoopThreadsTest, a_stop_that_came_first_makes_the_next_start_return_at_once) {
  IOLoop loop;
  loop.stop();
  loop.add_callback([] { ADD_FAILURE(); });
  loop.start();
  EXPECT_EQ(loop.counters().iterations, 0u);
  EXPECT_EQ(loop.pending_callbacks(), 1u);
}

// 11.4 init_close_race: the thread that made the loop posts while another takes the loop over.
TEST(IOLoopThreadsTest, the_maker_posts_while_another_thread_starts_the_loop) {
  for (int round = 0; round < 50; ++round) {
    IOLoop loop;
    int ran = 0;
    std::thread runner([&] { loop.start(); });
    for (int i = 0; i < 100; ++i) loop.add_callback([&ran, i] { EXPECT_EQ(ran++, i); });
    loop.add_callback([&] { loop.stop(); });
    runner.join();
    EXPECT_EQ(ran, 100);
  }
}

// 11.4 add_callback_while_closing: what is posted around the stop waits for the next start, or dies
// with the loop.
TEST(IOLoopThreadsTest, posts_around_a_stop_are_kept) {
  for (int round = 0; round < 20; ++round) {
    auto capture = std::make_shared<int>();
    int ran = 0;
    {
      IOLoop loop;
      std::thread poster([&] {
        for (int i = 0; i < 1000; ++i) loop.add_callback([&ran, capture] { ++ran; });
      });
      loop.add_callback([&] { loop.stop(); });
      loop.start();
      poster.join();
      EXPECT_EQ(loop.pending_callbacks() + ran, 1000u);
    }
    EXPECT_EQ(capture.use_count(), 1);
  }
}

TEST(IOLoopThreadsTest, run_until_ends_by_answer_timeout_or_stop) {
  IOLoop loop;
  int asked = 0;
  EXPECT_TRUE(loop.run_until([&] { return ++asked == 1; }, Duration::zero()));
  EXPECT_FALSE(loop.run_until([] { return false; }, Duration::zero()));
  loop.add_callback([&] { loop.stop(); });
  EXPECT_FALSE(loop.run_until([] { return false; }, kNever));
  loop.add_callback([&] { loop.stop(); });
  loop.start();  // the stop above is not left over
  EXPECT_EQ(loop.counters().posts, 2u);
}

// LOOP-9: one loop a thread.
TEST(IOLoopThreadsTest, current_is_the_loop_of_the_thread) {
  EXPECT_EQ(IOLoop::current(), nullptr);
  {
    IOLoop mine;
    EXPECT_EQ(IOLoop::current(), &mine);
    EXPECT_EQ(&IOLoop::instance(), &mine);
    std::thread([&] {
      EXPECT_EQ(IOLoop::current(), nullptr);
      IOLoop theirs;
      EXPECT_EQ(IOLoop::current(), &theirs);
      theirs.add_callback([&] { EXPECT_EQ(IOLoop::current(), &theirs); });
      theirs.run_once();
    }).join();
    EXPECT_EQ(IOLoop::current(), &mine);
  }
  EXPECT_EQ(IOLoop::current(), nullptr);
}

TEST(IOLoopThreadsTest, a_loop_made_here_belongs_to_the_thread_that_first_runs_it) {
  IOLoop loop;
  int ran = 0;
  loop.add_callback([&] { ++ran; });
  std::thread([&] {
    loop.run_once();
    EXPECT_EQ(IOLoop::current(), &loop);
  }).join();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(IOLoop::current(), nullptr);
  EXPECT_DEATH(loop.run_once(), "stays with the thread");
}

TEST(IOLoopThreadsTest, several_loops_of_one_thread_run_in_turns_and_one_inside_another) {
  IOLoop first, second;
  EXPECT_EQ(IOLoop::current(), &first);
  int ran = 0;
  first.add_callback([&] {
    second.add_callback([&] {
      ++ran;
      EXPECT_EQ(IOLoop::current(), &second);
    });
    second.run_once();
    EXPECT_EQ(IOLoop::current(), &first);
  });
  first.run_once();
  EXPECT_EQ(ran, 1);
  second.run_once();
  EXPECT_EQ(IOLoop::current(), &second);
}

TEST(IOLoopThreadsTest, does_not_run_inside_itself) {
  IOLoop loop;
  loop.add_callback([&] { EXPECT_DEATH(loop.run_once(), "runs already"); });
  loop.run_once();
}

#ifndef NDEBUG
TEST(IOLoopThreadsTest, a_touch_from_the_wrong_thread_is_told_what_to_do) {
  IOLoop loop;
  loop.add_callback([&] {
    std::thread([&] {
      EXPECT_DEATH(loop.call_later(Duration::zero(), [] {}), "hand the call over");
      EXPECT_DEATH(loop.remove_handler(5), "hand the call over");
    }).join();
  });
  loop.run_once();
  std::thread([&] { loop.check_here(); }).join();  // a loop that stands still is no danger
}
#endif

// The process-wide loop belongs to whoever runs it first.
TEST(IOLoopThreadsTest, instance_without_a_loop_is_the_process_wide_one) {
  std::thread([] {
    IOLoop& loop = IOLoop::instance();
    EXPECT_EQ(&loop, &IOLoop::instance());
    loop.add_callback([&] { loop.stop(); });
    loop.start();
  }).join();
}

}  // namespace
}  // namespace turbo
