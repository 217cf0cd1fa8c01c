// The delimiter search beside glibc's memmem: bytes a second over a haystack that does not hold the
// needle.
//
//   <haystack>/<needle bytes>/<KiB>/memmem       memmem over contiguous memory
//   <haystack>/<needle bytes>/<KiB>/contiguous   ours over one piece of the same memory
//   <haystack>/<needle bytes>/<KiB>/chain        ours over blocks of 4 KiB, scattered in memory
//   <haystack>/1/<KiB>/descending                ours over blocks that lie in memory last to first
//
// Ours also says how many times memmem's time it takes ("memmems"), both measured by turns in the
// same run. For one byte, where memmem is memchr, the bounds are 1.0 contiguous and 1.3 as a chain.
// The descending chain, as the pool makes it from one that was freed front to back, is the
// hardware's worst case: at 64 KiB memchr block by block takes 1.3 to 1.4 times its contiguous
// time.
//
// Haystacks: random bytes; and "aaaa..." with needles that almost match everywhere: aa..ab (end),
// baa..a (begin), aa..abaa..a (middle), and haystack "abab..." with needle abab..abb (pairs).

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/buffer/buffer.h"
#include "framework/buffer/delimiter_search.h"

namespace turbo {
namespace {

struct Case {
  std::string name;
  std::string haystack;
  std::string needle;
};

std::string random_bytes(size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Case make_case(const std::string& kind, size_t needle_size, size_t haystack_size) {
  Case out{kind, std::string(haystack_size, 'a'), std::string(needle_size, 'a')};
  if (kind == "random") {
    out.haystack = random_bytes(haystack_size, 1);
    out.needle = random_bytes(needle_size, 2);
    // A short needle is in any random haystack: it is taken out, so that all is searched.
    for (size_t at = 0; (at = out.haystack.find(out.needle, at)) != out.haystack.npos;) {
      out.haystack[at] = static_cast<char>(out.needle[0] + 1);
    }
  } else if (kind == "end") {
    out.needle.back() = 'b';
  } else if (kind == "begin") {
    out.needle.front() = 'b';
  } else if (kind == "middle") {
    out.needle[needle_size / 2] = 'b';
  } else {
    for (size_t i = 1; i < haystack_size; i += 2) out.haystack[i] = 'b';
    for (size_t i = 1; i < needle_size; i += 2) out.needle[i] = 'b';
    out.needle[needle_size - 1] = out.needle[needle_size - 2] = 'b';
  }
  return out;
}

void count(benchmark::State& state, const Case& of) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * of.haystack.size()));
}

const void* find_by_memmem(const Case& of) {
  return ::memmem(of.haystack.data(), of.haystack.size(), of.needle.data(), of.needle.size());
}

std::optional<size_t> find_by_ours(DelimiterSearch& search, const Buffer& buffer) {
  search.restart();
  return search.find_end(buffer);
}

template <class Find>
double seconds(size_t calls, const Find& find) {
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < calls; ++i) benchmark::DoNotOptimize(find());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// How many times memmem's time ours takes: the median of turns of both, so that whatever else the
// machine does falls on both.
double memmems(const Case& of, DelimiterSearch& search, const Buffer& buffer) {
  const size_t calls = 1024 * 1024 / of.haystack.size();
  std::array<double, 31> turns;
  for (double& turn : turns) {
    const double memmem = seconds(calls, [&] { return find_by_memmem(of); });
    turn = seconds(calls, [&] { return find_by_ours(search, buffer); }) / memmem;
  }
  std::nth_element(turns.begin(), turns.begin() + turns.size() / 2, turns.end());
  return turns[turns.size() / 2];
}

void run_memmem(benchmark::State& state, const Case& of) {
  for (auto _ : state) {
    const void* found = find_by_memmem(of);
    if (found != nullptr) state.SkipWithError("found");
    benchmark::DoNotOptimize(found);
  }
  count(state, of);
}

void run_ours(benchmark::State& state, const Case& of, const Buffer& buffer) {
  DelimiterSearch search(of.needle);
  for (auto _ : state) {
    auto found = find_by_ours(search, buffer);
    if (found) state.SkipWithError("found");
    benchmark::DoNotOptimize(found);
  }
  count(state, of);
  state.counters["memmems"] = memmems(of, search, buffer);
}

void run_contiguous(benchmark::State& state, const Case& of) {
  run_ours(state, of, Buffer::from_static(of.haystack));
}

enum class Order { kScattered, kDescending };

// The order is set here: the pool's own is that of whatever ran before.
void run_chain(benchmark::State& state, const Case& of, Order order) {
  struct Block {
    Buffer* buffer;
    std::span<char> room;
  };
  std::deque<Buffer> buffers;
  std::vector<Block> blocks;
  for (size_t bytes = 0; bytes < of.haystack.size(); bytes += blocks.back().room.size()) {
    Buffer& buffer = buffers.emplace_back();
    blocks.push_back({&buffer, buffer.reserve(1, 4096)});
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const Block& a, const Block& b) { return a.room.data() > b.room.data(); });
  if (order == Order::kScattered) std::shuffle(blocks.begin(), blocks.end(), std::mt19937(1));
  Buffer chain;
  std::string_view left = of.haystack;
  for (const Block& block : blocks) {
    const size_t bytes = left.copy(block.room.data(), block.room.size());
    left.remove_prefix(bytes);
    block.buffer->commit(bytes);
    chain.append(std::move(*block.buffer));
  }
  run_ours(state, of, chain);
}

void register_case(const std::string& kind, size_t needle_size, size_t kib) {
  const Case of = make_case(kind, needle_size, kib * 1024);
  const std::string name =
      kind + "/" + std::to_string(needle_size) + "/" + std::to_string(kib) + "/";
  benchmark::RegisterBenchmark((name + "memmem").c_str(), run_memmem, of);
  benchmark::RegisterBenchmark((name + "contiguous").c_str(), run_contiguous, of);
  benchmark::RegisterBenchmark((name + "chain").c_str(), run_chain, of, Order::kScattered);
  if (needle_size > 1) return;
  benchmark::RegisterBenchmark((name + "descending").c_str(), run_chain, of, Order::kDescending);
}

const bool registered = [] {
  for (size_t kib : {64, 1024}) {
    for (const char* kind : {"random", "end", "begin", "middle", "pairs"}) {
      for (size_t needle_size : {1, 2, 4, 16, 64, 256, 4096}) {
        if (needle_size == 1 && std::string_view(kind) != "random" &&
            std::string_view(kind) != "end")
          continue;
        if (needle_size == 2 && std::string_view(kind) == "pairs") continue;
        if (needle_size >= 64 && kib > 64) continue;
        register_case(kind, needle_size, kib);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace turbo
