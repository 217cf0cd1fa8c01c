// What a response's head costs: setting one field and serialising four.

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "framework/http/response_head.h"

namespace turbo::http {
namespace {

constexpr ResponseFraming framing() {
  ResponseFraming framing;
  framing.length = 13;
  framing.common = "HTTP/1.1 200 OK\r\nServer: Turbo\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  framing.server_bytes = 15;
  return framing;
}

void set_one_field(benchmark::State& state) {
  ResponseHead head;
  for (auto _ : state) {
    if (!head.set("Content-Type", "text/plain").ok()) abort();
    benchmark::DoNotOptimize(head);
    head.restart();
  }
}
BENCHMARK(set_one_field);

void set_five_fields(benchmark::State& state) {
  ResponseHead head;
  for (auto _ : state) {
    if (!head.set("Content-Type", "text/html; charset=utf-8").ok()) abort();
    if (!head.set("Cache-Control", "no-store").ok()) abort();
    if (!head.set("X-Frame-Options", "DENY").ok()) abort();
    if (!head.set("Vary", "Accept-Encoding").ok()) abort();
    if (!head.set("ETag", "\"0123456789abcdef\"").ok()) abort();
    benchmark::DoNotOptimize(head);
    head.restart();
  }
}
BENCHMARK(set_five_fields);

// Server, Date, Content-Type, Content-Length.
void serialize(benchmark::State& state) {
  ResponseHead head;
  if (!head.set("Content-Type", "text/plain").ok()) abort();
  const ResponseFraming four = framing();
  Buffer out;
  for (auto _ : state) {
    // In one block for many heads, so that the block's own cost does not show.
    head.serialize(four, out);
    if (out.size() > 60000) out.clear();
  }
}
BENCHMARK(serialize);

}  // namespace
}  // namespace turbo::http
