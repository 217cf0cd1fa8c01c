// What the loop's own work costs: timers, posts, completions, an empty iteration, tasks.
#include <benchmark/benchmark.h>

#include <random>
#include <thread>
#include <vector>

#include "framework/loop/io_loop.h"
#include "framework/loop/task.h"

namespace turbo {
namespace {

// One timer armed and cancelled while `live` others wait.
void arm_and_cancel(benchmark::State& state) {
  IOLoop loop;
  std::mt19937 random(1);
  const auto delay = [&random] { return std::chrono::milliseconds(random() % 1'000'000 + 1000); };
  for (int64_t i = 1; i < state.range(0); ++i) loop.call_later(delay(), [] {});
  for (auto _ : state) {
    const TimerHandle timer = loop.call_later(delay(), [] {});
    loop.cancel(timer);
  }
}
BENCHMARK(arm_and_cancel)->Arg(1)->Arg(1'000)->Arg(1'000'000);

// The pattern of a server's deadlines: the one armed longest ago is cancelled, a later one armed.
void rearm_in_turn(benchmark::State& state) {
  IOLoop loop;
  std::vector<TimerHandle> timers(static_cast<size_t>(state.range(0)));
  for (TimerHandle& timer : timers) timer = loop.call_later(std::chrono::seconds(60), [] {});
  size_t next = 0;
  for (auto _ : state) {
    loop.cancel(timers[next]);
    timers[next] = loop.call_later(std::chrono::seconds(60), [] {});
    if (++next == timers.size()) next = 0;
  }
}
BENCHMARK(rearm_in_turn)->Arg(1)->Arg(1'000)->Arg(1'000'000);

// An iteration with nothing to do but one epoll_wait and two clock reads.
void empty_iteration(benchmark::State& state) {
  IOLoop loop;
  for (auto _ : state) loop.run_once();
}
BENCHMARK(empty_iteration);

// Posts of the loop's own thread, 1,000 an iteration.
void post_from_own_thread(benchmark::State& state) {
  IOLoop loop;
  int64_t ran = 0;
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) loop.add_callback([&ran] { ++ran; });
    loop.run_once();
  }
  state.SetItemsProcessed(ran);
}
BENCHMARK(post_from_own_thread);

// Posts of another thread to a loop that runs; the time is the poster's, the rate that of both.
void post_from_other_thread(benchmark::State& state) {
  IOLoop loop;
  std::thread runner([&loop] { loop.start(); });
  for (auto _ : state) {
    loop.add_callback([] {});
    // A loop that falls behind would measure the memory it piles up.
    while (loop.pending_callbacks() > 10'000) std::this_thread::yield();
  }
  state.SetItemsProcessed(state.iterations());
  loop.stop();
  runner.join();
}
BENCHMARK(post_from_other_thread)->UseRealTime();

class CountingCompletion final : public Completion {
 public:
  void complete() override { ++calls; }
  int64_t calls = 0;
};

// 1,000 completions an iteration.
void dispatch_completions(benchmark::State& state) {
  IOLoop loop;
  std::vector<CountingCompletion> completions(1000);
  for (auto _ : state) {
    for (CountingCompletion& completion : completions) loop.schedule(completion);
    loop.run_once();
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(dispatch_completions);

Task<int> number() { co_return 1; }

Task<int> await_many(int64_t count) {
  int sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    Task<int> task = number();
    sum += co_await task;
  }
  co_return sum;
}

// A task made, awaited and destroyed.
void create_and_await(benchmark::State& state) {
  constexpr int64_t kTasks = 1000;
  for (auto _ : state) {
    Task<int> task = await_many(kTasks);
    task.start([] {});
    benchmark::DoNotOptimize(task.result());
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}
BENCHMARK(create_and_await);

}  // namespace
}  // namespace turbo
