// What a byte of a multipart body costs the parser: ordinary data, and data made to be slow.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "framework/http/multipart_parser.h"

namespace turbo::http {
namespace {

constexpr std::string_view kBoundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";

std::string body_of(std::string_view data) {
  const std::string delimiter = "--" + std::string(kBoundary);
  return delimiter + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" +
         std::string(data) + "\r\n" + delimiter + "--\r\n";
}

// One part of `data`, in pieces of `piece_bytes` as a socket brings them.
void read_parts(benchmark::State& state, std::string_view data, size_t piece_bytes) {
  using Event = MultipartParser::Event;
  const MultipartLimits limits;
  const std::string body = body_of(data);
  for (auto _ : state) {
    MultipartParser parser(kBoundary, limits);
    Buffer input;
    uint64_t bytes = 0;
    for (size_t at = 0; at < body.size(); at += piece_bytes) {
      input.append_static(std::string_view(body).substr(at, piece_bytes));
      Event event;
      while ((event = parser.next(input)) != Event::kNeedMore) {
        if (event == Event::kError) abort();
        if (event == Event::kData) bytes += parser.take_data().size();
      }
    }
    if (parser.finish() != Event::kEnd || bytes != data.size()) abort();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * body.size()));
}

std::string random_bytes(size_t count) {
  std::mt19937_64 random(1);
  std::string bytes(count, '\0');
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
  return bytes;
}

std::string repeated(std::string_view text, size_t count) {
  std::string bytes;
  while (bytes.size() < count) bytes += text;
  return bytes;
}

void large_part(benchmark::State& state) {
  read_parts(state, random_bytes(16 << 20), static_cast<size_t>(state.range(0)));
}
BENCHMARK(large_part)->Arg(1460)->Arg(16 << 10)->Arg(64 << 10);

// Data that is full of lines, and of delimiters but for their last byte.
void lines(benchmark::State& state) { read_parts(state, repeated("\r\n", 1 << 20), 16 << 10); }
BENCHMARK(lines);

void near_delimiters(benchmark::State& state) {
  const std::string near = "\r\n--" + std::string(kBoundary.substr(0, kBoundary.size() - 1));
  read_parts(state, repeated(near, 1 << 20), 16 << 10);
}
BENCHMARK(near_delimiters);

void byte_by_byte(benchmark::State& state) { read_parts(state, repeated("\r\n--", 1 << 16), 1); }
BENCHMARK(byte_by_byte);

}  // namespace
}  // namespace turbo::http
