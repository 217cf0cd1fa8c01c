// The delimiter search beside glibc's memmem: bytes a second over a haystack that does not hold the
// needle.
//
//   <haystack>/<needle bytes>/<KiB>/memmem       memmem over contiguous memory
//   <haystack>/<needle bytes>/<KiB>/contiguous   ours over one piece of the same memory
//   <haystack>/<needle bytes>/<KiB>/chain        ours over blocks of 4 KiB
//
// Haystacks: random bytes; and "aaaa..." with needles that almost match everywhere: aa..ab (end),
// baa..a (begin), aa..abaa..a (middle), and haystack "abab..." with needle abab..abb (pairs).

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

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

void run_memmem(benchmark::State& state, const Case& of) {
  for (auto _ : state) {
    const void* found =
        ::memmem(of.haystack.data(), of.haystack.size(), of.needle.data(), of.needle.size());
    if (found != nullptr) state.SkipWithError("found");
    benchmark::DoNotOptimize(found);
  }
  count(state, of);
}

void run_ours(benchmark::State& state, const Case& of, const Buffer& buffer) {
  DelimiterSearch search(of.needle);
  for (auto _ : state) {
    search.restart();
    auto found = search.find_end(buffer);
    if (found) state.SkipWithError("found");
    benchmark::DoNotOptimize(found);
  }
  count(state, of);
}

void run_contiguous(benchmark::State& state, const Case& of) {
  run_ours(state, of, Buffer::from_static(of.haystack));
}

void run_chain(benchmark::State& state, const Case& of) {
  Buffer chain;
  for (std::string_view left = of.haystack; !left.empty();) {
    const std::span<char> room = chain.reserve(1, 4096);
    const size_t bytes = std::min(room.size(), left.size());
    std::memcpy(room.data(), left.data(), bytes);
    chain.commit(bytes);
    left.remove_prefix(bytes);
  }
  run_ours(state, of, chain);
}

void register_case(const std::string& kind, size_t needle_size, size_t kib) {
  const Case of = make_case(kind, needle_size, kib * 1024);
  const std::string name =
      kind + "/" + std::to_string(needle_size) + "/" + std::to_string(kib) + "/";
  benchmark::RegisterBenchmark((name + "memmem").c_str(), run_memmem, of);
  benchmark::RegisterBenchmark((name + "contiguous").c_str(), run_contiguous, of);
  benchmark::RegisterBenchmark((name + "chain").c_str(), run_chain, of);
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
