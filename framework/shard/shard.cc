#include "framework/shard/shard.h"

#include "framework/base/log.h"
#include "framework/shard/shard_local.h"

namespace turbo {

namespace {
thread_local constinit Shard* local_shard = nullptr;
}

Shard* Shard::local() { return local_shard; }

absl::Status Shard::acquire() {
  uint64_t taken = places_.load(std::memory_order_relaxed);
  do {
    if (taken & kClosed) return absl::UnavailableError("the shard is not running");
    if (taken >= options_.mailbox_limit) {
      return absl::ResourceExhaustedError("the shard's mailbox is full");
    }
  } while (!places_.compare_exchange_weak(taken, taken + 1, std::memory_order_acquire,
                                          std::memory_order_relaxed));
  return absl::OkStatus();
}

void Shard::release() {
  places_.fetch_sub(1, std::memory_order_release);
  check_quiet();
}

bool Shard::close() { return (places_.fetch_or(kClosed) & kClosed) == 0; }

void Shard::begin() {
  local_shard = this;
  TripCounter::local() = this;
  loop_.emplace(options_.loop);
  gate_.emplace(*loop_);
  places_.store(0, std::memory_order_release);
}

void Shard::end() {
  gate_.reset();
  loop_->run_once();  // what is left over dies on its own thread
  TripCounter::local() = nullptr;
  local_shard = nullptr;
}

void Shard::drain() {
  draining_ = true;
  patience_ = loop_->call_later(options_.drain_timeout, [this] { lose_patience(); });
  gate_->close([this] {
    gate_empty_ = true;
    check_quiet();
  });
}

void Shard::lose_patience() {
  gate_->cancel_tasks();
  // A task that dies may end others, so each turn looks anew.
  while (!running_trips_.empty()) {
    running_trips_.front().give_up(absl::UnavailableError("the shard stopped"));
  }
  if (gate_->count() > 0) {
    log(LogLevel::kWarning, "a shard's gate has work that does not end; the shard waits for it");
  }
}

bool Shard::quiet() const {
  return draining_ && gate_empty_ && under_way() == 0 &&
         places_.load(std::memory_order_acquire) == kClosed;
}

void Shard::check_quiet() {
  if (!draining_ || finish_posted_ || !quiet()) return;
  finish_posted_ = true;
  // Not here: the caller is in the middle of a functor's end, whose objects still die.
  loop_->add_callback([this] { finish(); });
}

void Shard::finish() {
  finish_posted_ = false;
  if (!quiet()) return;
  loop_->cancel(patience_);
  while (!locals_.empty()) {
    ShardLocalBase* local = locals_.back();
    locals_.pop_back();
    local->destroy(index_);
  }
  finished_ = true;
  loop_->stop();
}

}  // namespace turbo
