// Shard: one thread's part of a ShardSet. For the shard room alone.
//
// Its life: closed -> begin() on its thread -> open -> close() -> drain on its loop -> quiet ->
// loop stops -> end(). Quiet means that nothing can reach the shard any more: no place is taken, no
// call of its own is under way, its gate is empty. A closed shard takes no newcomers, so quiet,
// once reached, stays.
//
// Owner:   its ShardSet.
// Threads: acquire(), close() and loop() any; the rest its own.
// Errors:  those of ShardSet.
// Limits:  mailbox_limit places.
// Cost:    a place is one compare-and-swap to take, one atomic subtraction to give back.
#ifndef TURBO_SHARD_SHARD_H_
#define TURBO_SHARD_SHARD_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/shard/gate.h"
#include "framework/shard/round_trip.h"
#include "framework/shard/shard_set.h"

namespace turbo {

class ShardLocalBase;

class Shard final : public TripHost, public TripCounter {
 public:
  Shard(ShardSet& set, size_t index, const ShardSetOptions& options)
      : set_(set), index_(index), options_(options) {}
  ~Shard() = default;

  // The calling thread's shard, or nullptr.
  static Shard* local();

  ShardSet& set() const { return set_; }
  size_t index() const { return index_; }
  IOLoop& loop() { return *loop_; }
  Gate& gate() { return *gate_; }

  absl::Status acquire();
  void release();
  // Refuses newcomers. True for the first call on an open shard.
  bool close();

  // On the shard's thread: makes the loop and what needs it; destroys the latter. The loop itself
  // dies with the shard: a sender whose call has run already may still be about to wake it.
  void begin();
  void end();

  // On the shard's thread: true when the loop was stopped because the shard is quiet, not by
  // somebody else.
  bool finished() const { return finished_; }

  // On the loop.
  void drain();
  void add_local(ShardLocalBase& local) { locals_.push_back(&local); }
  void remove_local(ShardLocalBase& local) { std::erase(locals_, &local); }

 private:
  static constexpr uint64_t kClosed = uint64_t{1} << 63;

  void on_trip_left() override { release(); }
  void on_trip_home() override { check_quiet(); }
  bool quiet() const;
  void check_quiet();
  void finish();
  void lose_patience();

  ShardSet& set_;
  const size_t index_;
  const ShardSetOptions& options_;
  std::optional<IOLoop> loop_;
  std::optional<Gate> gate_;
  bool draining_ = false;
  bool gate_empty_ = false;
  bool finish_posted_ = false;
  bool finished_ = false;
  TimerHandle patience_;
  std::vector<ShardLocalBase*> locals_;

  // Places taken, and kClosed. Every sender writes here, so it shares its line with nothing.
  alignas(64) std::atomic<uint64_t> places_{kClosed};
};

}  // namespace turbo

#endif  // TURBO_SHARD_SHARD_H_
