#include "framework/shard/shard_local.h"

#include <thread>

#include "framework/shard/shard.h"

namespace turbo {

void ShardLocalBase::build_all() {
  for (size_t i = 0; i < set_.size() && status_.ok(); ++i) {
    status_ = set_.call_blocking(i, [this] {
      Shard& shard = *Shard::local();
      build(shard.index());
      shard.add_local(*this);
    });
  }
}

void ShardLocalBase::destroy_all() {
  for (size_t i = 0; i < set_.size(); ++i) {
    absl::Status destroyed;
    // A destructor cannot fail, so it waits out a full mailbox.
    while ((destroyed = destroy_on(i)).code() == absl::StatusCode::kResourceExhausted) {
      std::this_thread::yield();
    }
    if (!destroyed.ok()) {
      // The set stops, and its shards destroy what is left.
      set_.join();
      return;
    }
  }
}

absl::Status ShardLocalBase::destroy_on(size_t index) {
  return set_.call_blocking(index, [this] {
    Shard& shard = *Shard::local();
    shard.remove_local(*this);
    destroy(shard.index());
  });
}

size_t ShardLocalBase::checked_index() const {
  Shard* shard = Shard::local();
  TURBO_CHECK(shard != nullptr && &shard->set() == &set_,
              "ShardLocal::here() on a thread that is no shard of its set; go there with "
              "ShardSet::run_on() or call()");
  return shard->index();
}

}  // namespace turbo
