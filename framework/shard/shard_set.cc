#include "framework/shard/shard_set.h"

#include <pthread.h>
#include <sched.h>

#include <string>
#include <system_error>

#include "framework/base/status.h"
#include "framework/shard/cpu_set.h"
#include "framework/shard/shard.h"
#include "framework/shard/signal_mask.h"

namespace turbo {

ShardSet::ShardSet(ShardSetOptions options) : options_(options) {
  const size_t count = options_.shards > 0 ? options_.shards : usable_cores();
  shards_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(*this, i, options_));
  }
}

ShardSet::~ShardSet() {
  stop();
  join();
}

absl::Status ShardSet::start() {
  {
    std::lock_guard lock(mutex_);
    if (started_ || stopping_) {
      return absl::FailedPreconditionError("a ShardSet starts once");
    }
    started_ = true;
  }
  absl::Status status = start_threads();
  bool stopped_meanwhile;
  {
    std::lock_guard lock(mutex_);
    running_ = true;
    stopped_meanwhile = stopping_;
  }
  if (stopped_meanwhile) stop_shards();
  if (!status.ok()) {
    stop();
    join();
  }
  return status;
}

absl::Status ShardSet::start_threads() {
  const std::vector<std::optional<int>> cores = cores_to_pin();
  const SignalMask mask;
  std::lock_guard joining(join_mutex_);
  absl::Status status;
  for (size_t i = 0; i < shards_.size(); ++i) {
    try {
      threads_.emplace_back([this, i, core = cores[i]] { run_thread(*shards_[i], core); });
    } catch (const std::system_error& error) {
      status = absl::ResourceExhaustedError(error.what());
      break;
    }
  }
  std::unique_lock lock(mutex_);
  threads_expected_ = threads_.size();
  changed_.wait(lock, [this] { return loops_begun_ == threads_expected_; });
  return status;
}

std::vector<std::optional<int>> ShardSet::cores_to_pin() const {
  std::vector<std::optional<int>> pins(shards_.size());
  const std::vector<int> cores = affinity_cores();
  const bool whole = usable_cores() == cores.size() && shards_.size() <= cores.size();
  if (options_.pinning == Pinning::kNone || !whole) return pins;
  for (size_t i = 0; i < pins.size(); ++i) pins[i] = cores[i];
  return pins;
}

void ShardSet::run_thread(Shard& shard, std::optional<int> core) {
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(shard.index())).c_str());
  if (core.has_value()) {
    // First, so that the loop's memory is near the core. A refusal costs speed, not correctness.
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(*core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }
  shard.begin();
  {
    std::lock_guard lock(mutex_);
    ++loops_begun_;
    changed_.notify_all();
  }
  // A loop that is stopped by itself takes the set along: what its shard has accepted must run.
  for (shard.loop().start(); !shard.finished(); shard.loop().start()) stop();
  shard.end();
}

void ShardSet::stop() {
  {
    std::lock_guard lock(mutex_);
    // Before the loops run there is nothing to stop: start() will see it.
    if (std::exchange(stopping_, true) || !running_) return;
  }
  stop_shards();
}

void ShardSet::stop_shards() {
  std::vector<Shard*> running;
  for (auto& shard : shards_) {
    if (shard->close()) running.push_back(shard.get());
  }
  // After all are closed, so that no shard is quiet while another still takes calls from it.
  for (Shard* shard : running) shard->loop().add_callback([shard] { shard->drain(); });
}

void ShardSet::join() {
  std::lock_guard joining(join_mutex_);
  if (threads_.empty()) return;
  TURBO_CHECK(current() != this, "a shard cannot join its own set");
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

IOLoop& ShardSet::loop(size_t shard) {
  TURBO_CHECK(shard < shards_.size(), "no such shard");
  return shards_[shard]->loop();
}

ShardSet* ShardSet::current() {
  Shard* shard = Shard::local();
  return shard == nullptr ? nullptr : &shard->set();
}

std::optional<size_t> ShardSet::this_shard() {
  Shard* shard = Shard::local();
  return shard == nullptr ? std::nullopt : std::optional<size_t>(shard->index());
}

Gate& ShardSet::gate() {
  Shard* shard = Shard::local();
  TURBO_CHECK(shard != nullptr, "this thread is no shard, so it has no gate");
  return shard->gate();
}

absl::Status ShardSet::acquire(size_t shard) {
  TURBO_CHECK(shard < shards_.size(), "no such shard");
  return shards_[shard]->acquire();
}

void ShardSet::post(size_t shard, Callback callback) {
  shards_[shard]->loop().add_callback(std::move(callback));
}

TripCarrier ShardSet::carrier(size_t shard) {
  return [this, shard](std::unique_ptr<RoundTrip>& trip) {
    absl::Status accepted = acquire(shard);
    if (!accepted.ok()) return accepted;
    post(shard, [trip = std::move(trip), host = shards_[shard].get()]() mutable {
      RoundTrip::depart(std::move(trip), host);
    });
    return accepted;
  };
}

std::vector<TripCarrier> ShardSet::carriers() {
  std::vector<TripCarrier> carriers;
  carriers.reserve(size());
  for (size_t i = 0; i < size(); ++i) carriers.push_back(carrier(i));
  return carriers;
}

void ShardPlace::give_back() { shard_->release(); }

void BlockingWait::done() {
  // Under the lock: the waiter may return, and this object die, as soon as it is free.
  std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_one();
}

void BlockingWait::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_; });
}

}  // namespace turbo
