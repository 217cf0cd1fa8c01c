// What a signed cookie, a session's key and a token cost. "mallocs" counts OpenSSL's allocations a
// call.

#include <benchmark/benchmark.h>
#include <openssl/crypto.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "framework/crypto/digest.h"
#include "framework/crypto/random.h"
#include "framework/crypto/text_codec.h"

namespace turbo {
namespace {

uint64_t allocations = 0;

void* count_malloc(size_t bytes, const char*, int) {
  ++allocations;
  return malloc(bytes);
}

void* count_realloc(void* old, size_t bytes, const char*, int) {
  ++allocations;
  return realloc(old, bytes);
}

void give_back(void* memory, const char*, int) { free(memory); }

// Before OpenSSL allocates anything.
const int kCounting = CRYPTO_set_mem_functions(count_malloc, count_realloc, give_back);

template <class Call>
void measure(benchmark::State& state, Call call) {
  if (kCounting != 1) return state.SkipWithError("OpenSSL allocated before the count began");
  benchmark::DoNotOptimize(call());  // the thread's contexts are made
  allocations = 0;
  for (auto _ : state) benchmark::DoNotOptimize(call());
  state.counters["mallocs"] =
      benchmark::Counter(static_cast<double>(allocations), benchmark::Counter::kAvgIterations);
}

void digest_sha256(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  measure(state, [&text] { return sha256(text); });
}
BENCHMARK(digest_sha256)->Arg(32)->Arg(4096);

void mac(benchmark::State& state) {
  const std::string key(32, 'k');
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  measure(state, [&] { return hmac_sha256(key, text); });
}
BENCHMARK(mac)->Arg(64)->Arg(4096);

void fill_24_bytes(benchmark::State& state) {
  char bytes[24];
  measure(state, [&bytes] {
    fill_random(bytes);
    return bytes[0];
  });
}
BENCHMARK(fill_24_bytes);

void base64_both_ways(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), '\x5a');
  measure(state, [&bytes] { return base64_decode(base64_encode(bytes)); });
}
BENCHMARK(base64_both_ways)->Arg(24)->Arg(4096);

}  // namespace
}  // namespace turbo
