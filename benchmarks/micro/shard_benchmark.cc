// What it costs to reach another shard: one call there and back, calls side by side, and one-way
// posts.
//
//   ./bazelw run -c opt //benchmarks/micro:shard_benchmark
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "framework/shard/blocking_pool.h"
#include "framework/shard/shard_set.h"

namespace turbo {
namespace {

ShardSetOptions two_shards() {
  ShardSetOptions options;
  options.shards = 2;
  return options;
}

Task<> call_in_turn(ShardSet& shards, size_t target, int64_t calls, std::atomic<int>& left) {
  for (int64_t i = 0; i < calls; ++i) {
    auto call = shards.call(target, [i] { return i; });
    benchmark::DoNotOptimize(co_await call);
  }
  --left;
}

// `talkers` coroutines on shard 0 call the target, each one call at a time.
void run_talkers(benchmark::State& state, size_t target, int talkers) {
  ShardSet shards(two_shards());
  if (!shards.start().ok()) return state.SkipWithError("no threads");
  constexpr int64_t kCalls = 1000;
  for (auto _ : state) {
    std::atomic<int> left{talkers};
    (void)shards.run_on(0, [&] {
      for (int i = 0; i < talkers; ++i) {
        (void)ShardSet::gate().spawn(call_in_turn(shards, target, kCalls, left));
      }
    });
    while (left.load(std::memory_order_relaxed) > 0)
      std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  state.SetItemsProcessed(state.iterations() * kCalls * talkers);
}

void call_other_shard(benchmark::State& state) {
  run_talkers(state, 1, static_cast<int>(state.range(0)));
}
BENCHMARK(call_other_shard)->Arg(1)->Arg(64)->UseRealTime();

void call_own_shard(benchmark::State& state) {
  run_talkers(state, 0, static_cast<int>(state.range(0)));
}
BENCHMARK(call_own_shard)->Arg(1)->Arg(64)->UseRealTime();

void run_on_one_way(benchmark::State& state) {
  ShardSet shards(two_shards());
  if (!shards.start().ok()) return state.SkipWithError("no threads");
  std::atomic<int64_t> ran{0};
  for (auto _ : state) {
    while (!shards.run_on(1, [&ran] { ran.fetch_add(1, std::memory_order_relaxed); }).ok()) {
      std::this_thread::yield();
    }
  }
  (void)shards.call_blocking(0, [] {});
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(run_on_one_way)->UseRealTime();

void offload_to_the_blocking_pool(benchmark::State& state) {
  IOLoop loop;
  BlockingPool pool;
  for (auto _ : state) {
    bool done = false;
    pool.run([] {}, [&done](absl::Status) { done = true; });
    loop.run_until([&done] { return done; }, std::chrono::seconds(10));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(offload_to_the_blocking_pool)->UseRealTime();

}  // namespace
}  // namespace turbo
