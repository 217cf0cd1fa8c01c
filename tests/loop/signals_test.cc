#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "framework/loop/io_loop.h"

namespace turbo {
namespace {

bool blocked(int signo) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signo) == 1;
}

int open_descriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

void send(int signo) { pthread_kill(pthread_self(), signo); }

class SignalsTest : public ::testing::Test {
 protected:
  SignalCallback note() {
    return [this](int signo) { seen_.push_back(signo); };
  }
  IOLoop loop_;
  std::vector<int> seen_;
};

// LOOP-8
TEST_F(SignalsTest, a_signal_arrives_as_an_event_of_the_loop) {
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR2, note()).ok());
  send(SIGUSR1);
  EXPECT_TRUE(seen_.empty());
  loop_.run_once();
  EXPECT_EQ(seen_, std::vector<int>{SIGUSR1});
  send(SIGUSR2);
  loop_.run_once();
  EXPECT_EQ(seen_, (std::vector<int>{SIGUSR1, SIGUSR2}));
}

// LOOP-8: mask restored, descriptor closed.
TEST_F(SignalsTest, removal_restores_the_mask_and_closes_the_descriptor) {
  const int before = open_descriptors();
  ASSERT_FALSE(blocked(SIGUSR1));
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  EXPECT_TRUE(blocked(SIGUSR1));
  EXPECT_EQ(open_descriptors(), before + 1);
  loop_.remove_signal_handler(SIGUSR1);
  EXPECT_FALSE(blocked(SIGUSR1));
  EXPECT_EQ(open_descriptors(), before);
  loop_.remove_signal_handler(SIGUSR1);
}

TEST_F(SignalsTest, a_signal_that_was_blocked_before_stays_blocked) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  loop_.remove_signal_handler(SIGUSR1);
  EXPECT_TRUE(blocked(SIGUSR1));
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// Else the default action would end the program here.
TEST_F(SignalsTest, one_that_waits_at_removal_is_dropped) {
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  send(SIGUSR1);
  loop_.remove_signal_handler(SIGUSR1);
  loop_.run_once();
  EXPECT_TRUE(seen_.empty());
}

TEST_F(SignalsTest, a_second_handler_replaces_the_first_and_the_mask_is_still_restored) {
  const int before = open_descriptors();
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, [](int) { ADD_FAILURE(); }).ok());
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, note()).ok());
  send(SIGUSR1);
  loop_.run_once();
  EXPECT_EQ(seen_, std::vector<int>{SIGUSR1});
  loop_.remove_signal_handler(SIGUSR1);
  EXPECT_FALSE(blocked(SIGUSR1));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SignalsTest, a_handler_removes_itself) {
  ASSERT_TRUE(loop_
                  .add_signal_handler(SIGUSR1,
                                      [this, kept = std::vector<int>(100, 5)](int signo) {
                                        loop_.remove_signal_handler(signo);
                                        seen_.push_back(kept[99]);
                                      })
                  .ok());
  send(SIGUSR1);
  loop_.run_once();
  EXPECT_EQ(seen_, std::vector<int>{5});
  EXPECT_FALSE(blocked(SIGUSR1));
}

TEST_F(SignalsTest, a_handler_replaces_itself) {
  ASSERT_TRUE(loop_
                  .add_signal_handler(SIGUSR1,
                                      [this](int signo) {
                                        ASSERT_TRUE(loop_.add_signal_handler(signo, note()).ok());
                                        send(signo);
                                      })
                  .ok());
  send(SIGUSR1);
  loop_.run_once();
  loop_.run_once();
  EXPECT_EQ(seen_, std::vector<int>{SIGUSR1});
}

TEST_F(SignalsTest, an_exception_goes_to_the_hook_and_the_handler_stays) {
  int exceptions = 0;
  loop_.set_exception_hook([&](std::exception_ptr) { ++exceptions; });
  ASSERT_TRUE(loop_.add_signal_handler(SIGUSR1, [](int) { throw std::runtime_error("x"); }).ok());
  for (int i = 0; i < 2; ++i) {
    send(SIGUSR1);
    loop_.run_once();
  }
  EXPECT_EQ(exceptions, 2);
}

TEST_F(SignalsTest, refuses_signals_that_cannot_be_handled) {
  for (int signo : {SIGKILL, SIGSTOP, SIGSEGV, 0, -1, SIGRTMAX + 1}) {
    EXPECT_EQ(loop_.add_signal_handler(signo, note()).code(), absl::StatusCode::kInvalidArgument)
        << signo;
  }
  EXPECT_TRUE(loop_.add_signal_handler(SIGRTMAX, note()).ok());
}

// LOOP-9: the destructor frees descriptors, and the mask.
TEST_F(SignalsTest, the_end_of_the_loop_restores_all) {
  const int before = open_descriptors();
  {
    IOLoop loop;
    ASSERT_TRUE(loop.add_signal_handler(SIGUSR1, note()).ok());
    ASSERT_TRUE(loop.add_signal_handler(SIGUSR2, note()).ok());
    send(SIGUSR2);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_FALSE(blocked(SIGUSR1));
  EXPECT_FALSE(blocked(SIGUSR2));
}

// 11.4 add_callback_from_signal: the handler is ordinary code, so it may post.
TEST_F(SignalsTest, a_signal_handler_posts_and_stops_the_loop) {
  ASSERT_TRUE(loop_
                  .add_signal_handler(SIGUSR1,
                                      [this](int signo) {
                                        loop_.add_callback([this, signo] {
                                          seen_.push_back(signo);
                                          loop_.stop();
                                        });
                                      })
                  .ok());
  loop_.add_callback([] { send(SIGUSR1); });
  loop_.start();
  EXPECT_EQ(seen_, std::vector<int>{SIGUSR1});
}

IOLoop* loop_to_stop = nullptr;

// LOOP-1: stop() is safe in the signal handlers of the system, too.
TEST_F(SignalsTest, stop_is_called_in_signal_context) {
  loop_to_stop = &loop_;
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = [](int) { loop_to_stop->stop(); };
  sigaction(SIGUSR1, &action, &before);
  const pthread_t loop_thread = pthread_self();
  // The loop runs until the signal interrupts its sleep, or comes before it.
  std::thread sender;
  loop_.add_callback([&] { sender = std::thread([&] { pthread_kill(loop_thread, SIGUSR1); }); });
  loop_.start();
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace turbo
