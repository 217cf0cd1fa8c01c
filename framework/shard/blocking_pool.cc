#include "framework/shard/blocking_pool.h"

#include <pthread.h>

#include <system_error>

#include "framework/base/check.h"
#include "framework/shard/signal_mask.h"

namespace turbo {

BlockingPool::BlockingPool(BlockingPoolOptions options) : options_(options) {
  TURBO_CHECK(options_.max_threads > 0, "a pool without threads does no work");
}

BlockingPool::~BlockingPool() {
  std::deque<std::unique_ptr<RoundTrip>> refused;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    refused.swap(queue_);
    work_arrived_.notify_all();
  }
  for (auto& trip : refused) {
    trip.release()->give_up(absl::CancelledError("the blocking pool was destroyed"));
  }
  for (std::thread& thread : threads_) thread.join();
}

size_t BlockingPool::threads() const {
  std::lock_guard lock(mutex_);
  return threads_.size();
}

size_t BlockingPool::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

absl::Status BlockingPool::submit(std::unique_ptr<RoundTrip>& trip) {
  std::lock_guard lock(mutex_);
  // A call that an idle thread is about to take does not wait.
  if (queue_.size() >= options_.queue_limit + idle_ + (options_.max_threads - threads_.size())) {
    return absl::ResourceExhaustedError("the blocking pool's queue is full");
  }
  if (queue_.size() >= idle_ && threads_.size() < options_.max_threads) {
    absl::Status started = start_thread();
    if (!started.ok() && threads_.empty()) return started;
  }
  queue_.push_back(std::move(trip));
  work_arrived_.notify_one();
  return absl::OkStatus();
}

absl::Status BlockingPool::start_thread() {
  const SignalMask mask;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(error.what());
  }
  // Counted here, so that the next call does not start another thread for the same work.
  ++idle_;
  return absl::OkStatus();
}

void BlockingPool::work() {
  pthread_setname_np(pthread_self(), "blocking");
  std::unique_lock lock(mutex_);
  for (;;) {
    work_arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::unique_ptr<RoundTrip> trip = std::move(queue_.front());
    queue_.pop_front();
    --idle_;
    lock.unlock();
    RoundTrip::depart(std::move(trip), nullptr);
    lock.lock();
    ++idle_;
  }
}

}  // namespace turbo
