// ShardLocal<T>: one T on every shard, built and destroyed on its own loop, reached without a lock.
//
//   ShardLocal<Cache> cache(shards, [](size_t shard) { return std::make_unique<Cache>(); });
//   ...
//   cache.here().find(key);          // on any shard
//
// Owner:   the program; the instances belong to their loops. They die when the set stops or when
//          the ShardLocal is destroyed, whichever comes first, on their own threads; several die in
//          the reverse order of building.
// Threads: built and destroyed on a thread that is no shard, while the set runs or after it; here()
//          on its shards, which is checked.
// Errors:  kUnavailable in status() if the set did not run. An exception of the factory leaves the
//          constructor.
// Limits:  none.
// Cost:    here() is a thread-local read, a compare and an index.
#ifndef TURBO_SHARD_SHARD_LOCAL_H_
#define TURBO_SHARD_SHARD_LOCAL_H_

#include <functional>
#include <memory>
#include <vector>

#include "framework/base/check.h"
#include "framework/shard/shard_set.h"

namespace turbo {

// What does not depend on T.
class ShardLocalBase {
 public:
  ShardLocalBase(const ShardLocalBase&) = delete;
  ShardLocalBase& operator=(const ShardLocalBase&) = delete;

  // OK when every instance was built.
  const absl::Status& status() const { return status_; }

 protected:
  friend class Shard;

  explicit ShardLocalBase(ShardSet& set) : set_(set) {}
  virtual ~ShardLocalBase() = default;

  virtual void build(size_t shard) = 0;
  virtual void destroy(size_t shard) = 0;

  // Called by the most derived class, whose build() and destroy() they need.
  void build_all();
  void destroy_all();
  // The index of the calling shard; ends the program with a message on other threads.
  size_t checked_index() const;

 private:
  absl::Status destroy_on(size_t index);

  ShardSet& set_;
  absl::Status status_;
};

template <class T>
class ShardLocal final : public ShardLocalBase {
 public:
  // Calls `factory` once on each shard, on all at a time or one after the other; it must bear both.
  ShardLocal(ShardSet& set, std::function<std::unique_ptr<T>(size_t shard)> factory)
      : ShardLocalBase(set), factory_(std::move(factory)), instances_(set.size()) {
    try {
      build_all();
    } catch (...) {
      destroy_all();
      throw;
    }
  }
  ~ShardLocal() override { destroy_all(); }

  // This shard's instance.
  T& here() {
    std::unique_ptr<T>& instance = instances_[checked_index()];
    TURBO_CHECK(instance != nullptr, "the shard-local object is not built, or the set has stopped");
    return *instance;
  }

 private:
  void build(size_t shard) override { instances_[shard] = factory_(shard); }
  void destroy(size_t shard) override { instances_[shard].reset(); }

  std::function<std::unique_ptr<T>(size_t)> factory_;
  std::vector<std::unique_ptr<T>> instances_;  // each touched by its own shard alone
};

}  // namespace turbo

#endif  // TURBO_SHARD_SHARD_LOCAL_H_
