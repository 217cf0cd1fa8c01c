// What the chained buffer's claims cost: appends, a read's reserve and commit, split, move, iovec.

#include <benchmark/benchmark.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "framework/buffer/block_pool.h"
#include "framework/buffer/buffer.h"

namespace turbo {
namespace {

Buffer chain_of(int64_t blocks) {
  Buffer chain;
  for (int64_t i = 0; i < blocks; ++i) chain.append(Buffer::from_static("0123456789abcdef"));
  return chain;
}

void allocate_and_free_from_the_pool(benchmark::State& state) {
  BlockPool& pool = BlockPool::local();
  const auto bytes = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    void* piece = BlockPool::local().allocate(bytes);
    benchmark::DoNotOptimize(piece);
    pool.deallocate(piece, bytes);
  }
}
BENCHMARK(allocate_and_free_from_the_pool)->Arg(64)->Arg(4096);

void allocate_and_free_from_malloc(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    void* piece = ::operator new(bytes);
    benchmark::DoNotOptimize(piece);
    ::operator delete(piece);
  }
}
BENCHMARK(allocate_and_free_from_malloc)->Arg(64)->Arg(4096);

void append_small_views(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  Buffer buffer;
  for (auto _ : state) {
    buffer.append(bytes);
    if (buffer.size() > 64 * 1024) buffer.clear();
  }
}
BENCHMARK(append_small_views)->Arg(8)->Arg(32)->Arg(128);

// What one request of a keep-alive connection does: a block is taken, filled, cut and given back.
void read_split_drain(benchmark::State& state) {
  Buffer buffer;
  for (auto _ : state) {
    const std::span<char> room = buffer.reserve(1);
    benchmark::DoNotOptimize(room.data());
    buffer.commit(100);
    const Buffer head = buffer.split(60);
    benchmark::DoNotOptimize(head.front().data());
    buffer.drain(40);
  }
}
BENCHMARK(read_split_drain);

// O(1): the time must not grow with the chain.
void move_a_chain_and_back(benchmark::State& state) {
  Buffer chain = chain_of(state.range(0));
  for (auto _ : state) {
    Buffer other = Buffer::from_static("x");
    other.append(std::move(chain));
    other.drain(1);
    chain = std::move(other);
  }
}
BENCHMARK(move_a_chain_and_back)->Arg(1)->Arg(1000);

// O(blocks of the front part), whatever the bytes.
void split_a_chain_and_join(benchmark::State& state) {
  Buffer chain = chain_of(1000);
  for (auto _ : state) {
    Buffer front = chain.split(static_cast<size_t>(state.range(0)) * 16);
    front.append(std::move(chain));
    chain = std::move(front);
  }
}
BENCHMARK(split_a_chain_and_join)->Arg(1)->Arg(10)->Arg(100);

void fill_64_iovecs(benchmark::State& state) {
  const Buffer chain = chain_of(100);
  std::array<iovec, 64> entries;
  for (auto _ : state) benchmark::DoNotOptimize(chain.fill_iovec(entries, SIZE_MAX));
}
BENCHMARK(fill_64_iovecs);

}  // namespace
}  // namespace turbo
