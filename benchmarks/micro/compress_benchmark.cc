// What answers cost to compress, and requests to read: whole ones of two sizes at the qualities one
// would choose between, and one event of a stream. The counters say what a stream takes from malloc
// in all and how much smaller the text becomes.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"

// jemalloc's counters; absent under a sanitizer, which brings a malloc of its own.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old, size_t* old_size,
                                             void* given, size_t given_size);

namespace turbo {
namespace {

// Markup around words that come by a skewed choice, as text has them.
std::string page(size_t bytes) {
  std::string text = "<!doctype html><html><head><title>Page</title></head><body>\n";
  uint64_t state = 42;
  const auto random = [&state](unsigned below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<unsigned>(state >> 33) % below;
  };
  while (text.size() < bytes) {
    text += "<p class=\"entry\" id=\"e" + std::to_string(random(100000)) + "\">";
    for (unsigned words = 5 + random(20); words > 0; --words) {
      // The square of a number falls more often on the first words.
      unsigned word = random(60) * random(60);
      for (; word > 0; word /= 7) text += static_cast<char>('a' + (word * 5 + word % 7) % 26);
      text += ' ';
    }
    text += "</p>\n";
  }
  text.resize(bytes);
  return text;
}

uint64_t allocated_bytes() {
  uint64_t bytes = 0;
  if (mallctl == nullptr) return 0;
  size_t size = sizeof bytes;
  if (mallctl("thread.allocated", &bytes, &size, nullptr, 0) != 0) abort();
  return bytes;
}

void compress_whole(benchmark::State& state, CompressionFormat format) {
  const std::string text = page(static_cast<size_t>(state.range(0)));
  const CompressorOptions options = {.quality = static_cast<int>(state.range(1)),
                                     .window_bytes = text.size()};
  size_t size = 0;
  const uint64_t before = allocated_bytes();
  for (auto _ : state) {
    Buffer out;
    const auto compressor = Compressor::make(format, options);
    compressor->add(text, out);
    compressor->finish(out);
    size = out.size();
  }
  const double runs = static_cast<double>(state.iterations());
  state.counters["malloc"] = static_cast<double>(allocated_bytes() - before) / runs;
  state.counters["percent"] = 100.0 * static_cast<double>(size) / static_cast<double>(text.size());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
void gzip_whole(benchmark::State& state) { compress_whole(state, CompressionFormat::kGzip); }
void brotli_whole(benchmark::State& state) { compress_whole(state, CompressionFormat::kBrotli); }
BENCHMARK(gzip_whole)->ArgsProduct({{2048, 32768, 1 << 20}, {1, 4, 6}});
BENCHMARK(brotli_whole)->ArgsProduct({{2048, 32768, 1 << 20}, {1, 4, 5}});

// What a state kept for the next stream would save: with a window that fits there is little to
// clear.
void gzip_new_stream(benchmark::State& state) {
  const CompressorOptions options = {.window_bytes = static_cast<size_t>(state.range(0))};
  for (auto _ : state) {
    Buffer out;
    const auto compressor = Compressor::make(CompressionFormat::kGzip, options);
    compressor->finish(out);
  }
}
BENCHMARK(gzip_new_stream)->Arg(2048)->Arg(8192)->Arg(32768);

void gzip_event(benchmark::State& state) {
  const auto compressor = Compressor::make(CompressionFormat::kGzip, {.window_bytes = 8192});
  const std::string event = "data: {\"symbol\": \"TURB\", \"price\": 101.25, \"volume\": 4200}\n\n";
  for (auto _ : state) {
    Buffer out;
    compressor->add(event, out);
    compressor->flush(out);
  }
}
BENCHMARK(gzip_event);

void decompress_whole(benchmark::State& state, CompressionFormat format) {
  const std::string text = page(size_t{256} << 10);
  Buffer packed;
  const auto compressor = Compressor::make(format);
  compressor->add(text, packed);
  compressor->finish(packed);
  for (auto _ : state) {
    Buffer out;
    const auto decompressor = Decompressor::make(format);
    if (!decompressor->feed(packed.share(), out).ok()) abort();
    while (decompressor->has_more()) {
      if (!decompressor->feed({}, out).ok()) abort();
    }
    if (!decompressor->finish().ok() || out.size() != text.size()) abort();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
void gunzip(benchmark::State& state) { decompress_whole(state, CompressionFormat::kGzip); }
void unbrotli(benchmark::State& state) { decompress_whole(state, CompressionFormat::kBrotli); }
BENCHMARK(gunzip);
BENCHMARK(unbrotli);

}  // namespace
}  // namespace turbo
