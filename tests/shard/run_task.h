// Runs a coroutine on a shard from a test's thread, and waits for its end.
#ifndef TURBO_TESTS_SHARD_RUN_TASK_H_
#define TURBO_TESTS_SHARD_RUN_TASK_H_

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "framework/shard/shard_set.h"

namespace turbo {

inline Task<> run_and_tell(std::function<Task<>()> body, BlockingWait& wait) {
  Task<> task = body();
  co_await task;
  wait.done();
}

// `body` may capture: it lives until its task has ended.
inline void run_task(ShardSet& set, size_t shard, std::function<Task<>()> body) {
  BlockingWait wait;
  const absl::Status sent = set.run_on(
      shard, [&] { EXPECT_TRUE(ShardSet::gate().spawn(run_and_tell(body, wait)).ok()); });
  ASSERT_TRUE(sent.ok());
  wait.wait();
}

}  // namespace turbo

#endif  // TURBO_TESTS_SHARD_RUN_TASK_H_
