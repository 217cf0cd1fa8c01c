// BlockingPool: a bounded pool of threads for calls that block (files, databases, getpwnam), so
// that loops do not.
//
//   auto text = co_await pool.run([path] { return read_file(path); });   //
//   absl::StatusOr<std::string> pool.run([path] { return read_file(path); },
//   [](absl::StatusOr<std::string> text) { ... });
//
// The answer comes home to the loop that asked. Types of the answer: see round_trip.h; no Tasks.
//
// Owner:   the program; usually one pool for all shards. Destroying it answers what has not begun
//          with kCancelled, waits for what has, and joins the threads. The loops that ask must
//          outlive it.
// Threads: run() on any thread with a loop. Calls run on the pool's threads, with signals blocked.
// Errors:  kResourceExhausted when the queue is full or no thread can be started. An exception is
//          thrown by the co_await; the callback form gets kInternal with its text.
// Limits:  max_threads at work, queue_limit calls waiting.
// Cost:    one allocation, a mutex, a wake-up and a post a call: worth it from about 50
//          microseconds of blocking.
#ifndef TURBO_SHARD_BLOCKING_POOL_H_
#define TURBO_SHARD_BLOCKING_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/shard/round_trip.h"

namespace turbo {

struct BlockingPoolOptions {
  // Threads start when there is work and no idle thread, and stay. They wait rather than compute,
  // so their number does not follow the number of cores.
  size_t max_threads = 8;
  // Calls that wait for a thread.
  size_t queue_limit = 1024;
};

class BlockingPool {
 public:
  explicit BlockingPool(BlockingPoolOptions options = {});
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  // Awaited: runs `functor` on a thread of the pool and yields its answer. Destroying the awaiting
  // coroutine drops the answer, not the run.
  template <class F>
  TripAwaiter<F> run(F functor) {
    static_assert(!kIsTask<std::invoke_result_t<F&>>, "a Task runs on a loop, not in the pool");
    return TripAwaiter<F>(std::move(functor),
                          [this](std::unique_ptr<RoundTrip>& trip) { return submit(trip); });
  }

  // The callback form: `done` is called on the loop that asked, later, with the answer.
  template <class F>
  void run(F functor, absl::AnyInvocable<void(trip_answer_t<F>)> done);

  // Threads started, and calls that wait for one. Any thread.
  size_t threads() const;
  size_t queued() const;

 private:
  absl::Status submit(std::unique_ptr<RoundTrip>& trip);
  absl::Status start_thread();
  void work();

  const BlockingPoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable work_arrived_;
  std::deque<std::unique_ptr<RoundTrip>> queue_;
  size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

// The waiter of the callback form: owns itself until the answer is home.
template <class F>
class TripCallback final : public TripWaiter {
 public:
  using Answer = trip_answer_t<F>;
  explicit TripCallback(absl::AnyInvocable<void(Answer)> done) : done_(std::move(done)) {}

  void answered(RoundTrip& trip) override {
    std::unique_ptr<TripCallback> self(this);
    done_(take(static_cast<FunctorTrip<F>&>(trip)));
  }
  void lost() override { delete this; }

 private:
  static Answer take(FunctorTrip<F>& trip) {
    try {
      return trip.outcome().take();
    } catch (const std::exception& error) {
      return absl::InternalError(error.what());
    } catch (...) {
      return absl::InternalError("the blocking call threw");
    }
  }

  absl::AnyInvocable<void(Answer)> done_;
};

template <class F>
void BlockingPool::run(F functor, absl::AnyInvocable<void(trip_answer_t<F>)> done) {
  TripCarrier carrier = [this](std::unique_ptr<RoundTrip>& trip) { return submit(trip); };
  auto* waiter = new TripCallback<F>(std::move(done));
  RoundTrip::launch(std::make_unique<FunctorTrip<F>>(std::move(functor)), *waiter, carrier);
}

}  // namespace turbo

#endif  // TURBO_SHARD_BLOCKING_POOL_H_
