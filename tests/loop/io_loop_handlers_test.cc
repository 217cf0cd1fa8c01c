// The descriptors of IOLoop: registration, stale events, re-use of numbers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <memory>
#include <vector>

#include "framework/base/fd.h"
#include "framework/loop/io_loop.h"

namespace turbo {
namespace {

class CountingHandler final : public EventHandler {
 public:
  explicit CountingHandler(absl::AnyInvocable<void(uint32_t)> on_event = nullptr)
      : on_event_(std::move(on_event)) {}
  void on_events(uint32_t events) override {
    ++calls;
    last = events;
    if (on_event_ != nullptr) on_event_(events);
  }
  int calls = 0;
  uint32_t last = 0;

 private:
  absl::AnyInvocable<void(uint32_t)> on_event_;
};

// Readable from the start, for ever.
UniqueFd ready_descriptor() { return UniqueFd(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)); }

class IOLoopHandlersTest : public ::testing::Test {
 protected:
  IOLoop loop_;
};

// 11.4 multiple_add
TEST_F(IOLoopHandlersTest, a_descriptor_has_one_handler) {
  UniqueFd fd = ready_descriptor();
  CountingHandler first, second;
  ASSERT_TRUE(loop_.add_handler(fd.get(), kReadable, first).ok());
  EXPECT_EQ(loop_.add_handler(fd.get(), kReadable, second).code(),
            absl::StatusCode::kAlreadyExists);
  loop_.run_once();
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
  loop_.remove_handler(fd.get());
  ASSERT_TRUE(loop_.add_handler(fd.get(), kReadable, second).ok());
  loop_.run_once();
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 1);
  loop_.remove_handler(fd.get());
}

TEST_F(IOLoopHandlersTest, refuses_what_cannot_be_watched) {
  CountingHandler handler;
  UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(loop_.add_handler(file.get(), kReadable, handler).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(loop_.add_handler(-1, kReadable, handler).code(), absl::StatusCode::kInvalidArgument);
  UniqueFd fd = ready_descriptor();
  const int number = fd.get();
  fd.reset();
  EXPECT_EQ(loop_.add_handler(number, kReadable, handler).code(),
            absl::StatusCode::kInvalidArgument);
}

// 11.4 remove_without_add
TEST_F(IOLoopHandlersTest, removing_what_is_not_registered_does_nothing) {
  loop_.remove_handler(0);
  loop_.remove_handler(-1);
  loop_.remove_handler(1'000'000);
  EXPECT_DEATH(loop_.update_handler(0, kReadable), "not registered");
}

// 11.4 read_while_writeable
TEST_F(IOLoopHandlersTest, reports_only_what_it_is_asked_for) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd left(ends[0]), right(ends[1]);
  ASSERT_EQ(write(right.get(), "x", 1), 1);
  CountingHandler handler;
  ASSERT_TRUE(loop_.add_handler(left.get(), kReadable, handler).ok());
  loop_.run_once();
  EXPECT_EQ(handler.last, uint32_t{kReadable});
  loop_.update_handler(left.get(), kReadable | kWritable);
  loop_.run_once();
  EXPECT_EQ(handler.last, uint32_t{kReadable | kWritable});
  loop_.update_handler(left.get(), kNoEvents);
  loop_.run_once();
  EXPECT_EQ(handler.calls, 2);
  loop_.update_handler(left.get(), kReadable | kPeerShut);
  right.reset();
  loop_.run_once();
  EXPECT_EQ(handler.last, uint32_t{kReadable | kPeerShut | kHangUp});
  loop_.remove_handler(left.get());
}

// LOOP-4, E39; 11.4 remove_handler_from_handler
TEST_F(IOLoopHandlersTest, an_event_of_one_removed_in_the_same_batch_is_dropped) {
  UniqueFd first = ready_descriptor(), second = ready_descriptor();
  CountingHandler* handlers[2] = {};
  const auto remove_both = [&](uint32_t) {
    loop_.remove_handler(first.get());
    loop_.remove_handler(second.get());
  };
  CountingHandler one(remove_both), two(remove_both);
  handlers[0] = &one;
  handlers[1] = &two;
  ASSERT_TRUE(loop_.add_handler(first.get(), kReadable, *handlers[0]).ok());
  ASSERT_TRUE(loop_.add_handler(second.get(), kReadable, *handlers[1]).ok());
  loop_.run_once();
  EXPECT_EQ(one.calls + two.calls, 1);
  EXPECT_EQ(loop_.counters().stale_events, 1u);
}

// LOOP-4, E39: the number is the same, the registration is not.
TEST_F(IOLoopHandlersTest, a_number_reused_in_the_same_batch_does_not_get_the_old_event) {
  UniqueFd first = ready_descriptor(), second = ready_descriptor(), quiet;
  CountingHandler newcomer;
  UniqueFd* const descriptors[2] = {&first, &second};
  const auto replace = [&](int other) {
    return [&, other](uint32_t) {
      const int number = descriptors[other]->get();
      loop_.remove_handler(number);
      descriptors[other]->reset();
      quiet.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
      ASSERT_EQ(quiet.get(), number);
      ASSERT_TRUE(loop_.add_handler(number, kReadable, newcomer).ok());
    };
  };
  CountingHandler one(replace(1)), two(replace(0));
  ASSERT_TRUE(loop_.add_handler(first.get(), kReadable, one).ok());
  ASSERT_TRUE(loop_.add_handler(second.get(), kReadable, two).ok());
  loop_.run_once();
  EXPECT_EQ(one.calls + two.calls, 1);
  EXPECT_EQ(newcomer.calls, 0);
  EXPECT_EQ(loop_.counters().stale_events, 1u);
  ASSERT_EQ(eventfd_write(quiet.get(), 1), 0);
  for (UniqueFd* fd : descriptors) loop_.remove_handler(fd->get());
  loop_.run_once();
  EXPECT_EQ(newcomer.calls, 1);
  loop_.remove_handler(quiet.get());
}

TEST_F(IOLoopHandlersTest, interest_withdrawn_in_the_same_batch_is_respected) {
  UniqueFd first = ready_descriptor(), second = ready_descriptor();
  const auto quieten_both = [&](uint32_t) {
    loop_.update_handler(first.get(), kNoEvents);
    loop_.update_handler(second.get(), kNoEvents);
  };
  CountingHandler one(quieten_both), two(quieten_both);
  ASSERT_TRUE(loop_.add_handler(first.get(), kReadable, one).ok());
  ASSERT_TRUE(loop_.add_handler(second.get(), kReadable, two).ok());
  loop_.run_once();
  EXPECT_EQ(one.calls + two.calls, 1);
  loop_.remove_handler(first.get());
  loop_.remove_handler(second.get());
}

TEST_F(IOLoopHandlersTest, a_handler_destroys_itself) {
  UniqueFd fd = ready_descriptor();
  std::unique_ptr<CountingHandler> handler;
  handler = std::make_unique<CountingHandler>([&](uint32_t) {
    loop_.remove_handler(fd.get());
    // The callable is a member of what dies: it is moved out to live through its own call.
    handler.release();
  });
  CountingHandler* const raw = handler.get();
  ASSERT_TRUE(loop_.add_handler(fd.get(), kReadable, *raw).ok());
  loop_.run_once();
  EXPECT_EQ(handler, nullptr);
  delete raw;
  loop_.run_once();
  EXPECT_EQ(loop_.counters().events, 1u);
}

TEST_F(IOLoopHandlersTest, a_callback_removes_itself_and_keeps_its_captures_to_its_end) {
  UniqueFd fd = ready_descriptor();
  int seen = 0;
  auto capture = std::make_shared<int>(7);
  ASSERT_TRUE(loop_
                  .add_handler(fd.get(), kReadable,
                               [&, capture](int number, uint32_t) {
                                 EXPECT_EQ(number, fd.get());
                                 loop_.remove_handler(number);
                                 seen = *capture;
                               })
                  .ok());
  EXPECT_EQ(capture.use_count(), 2);
  loop_.run_once();
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(capture.use_count(), 1) << "the callback goes at the end of the iteration";
  loop_.run_once();
}

TEST_F(IOLoopHandlersTest, a_callback_that_was_refused_is_destroyed) {
  auto capture = std::make_shared<int>(7);
  EXPECT_FALSE(loop_.add_handler(-1, kReadable, [capture](int, uint32_t) {}).ok());
  EXPECT_EQ(capture.use_count(), 1);
}

// LOOP-7: more are ready than one poll reports; all are served.
TEST_F(IOLoopHandlersTest, serves_more_descriptors_than_one_poll_reports) {
  for (const int count : {511, 512, 513, 700}) {
    IOLoop loop;
    std::vector<UniqueFd> descriptors;
    std::vector<std::unique_ptr<CountingHandler>> handlers;
    for (int i = 0; i < count; ++i) {
      descriptors.push_back(ready_descriptor());
      ASSERT_TRUE(descriptors.back().valid());
      const int fd = descriptors.back().get();
      handlers.push_back(std::make_unique<CountingHandler>(
          [&loop, fd](uint32_t) { loop.update_handler(fd, kNoEvents); }));
      ASSERT_TRUE(loop.add_handler(fd, kReadable, *handlers.back()).ok());
    }
    loop.run_once();
    EXPECT_EQ(loop.counters().events, static_cast<uint64_t>(std::min(count, 512)));
    loop.run_once();
    EXPECT_EQ(loop.counters().events, static_cast<uint64_t>(count));
    for (const auto& handler : handlers) EXPECT_EQ(handler->calls, 1);
  }
}

}  // namespace
}  // namespace turbo
