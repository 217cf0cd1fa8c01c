// What JSON costs: read into a message and written from it, small and large, and made to be slow:
// Any in Any, whose types come last.

#include <benchmark/benchmark.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <string>

#include "framework/rpc/json_parser.h"
#include "framework/rpc/json_printer.h"

namespace turbo::rpc {
namespace {

// {"items":[1,1,...]} of about so many bytes.
std::string list_of(int64_t bytes) {
  std::string text = R"({"items":[1)";
  while (text.size() + 2 < static_cast<size_t>(bytes)) text += ",1";
  return text + "]}";
}

void read_json(benchmark::State& state) {
  const std::string text = list_of(state.range(0));
  google::protobuf::Struct message;
  for (auto _ : state) {
    if (!parse_json(text, message, {}).ok()) abort();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(read_json)->Arg(100)->Arg(10000)->Arg(4 << 20)->Unit(benchmark::kMicrosecond);

void write_json(benchmark::State& state) {
  google::protobuf::Struct message;
  if (!parse_json(list_of(state.range(0)), message, {}).ok()) abort();
  for (auto _ : state) benchmark::DoNotOptimize(to_json(message, {}));
}
BENCHMARK(write_json)->Arg(100)->Arg(10000)->Arg(4 << 20)->Unit(benchmark::kMicrosecond);

// What most requests are: one short text.
void read_short_json(benchmark::State& state) {
  google::protobuf::StringValue message;
  for (auto _ : state) {
    if (!parse_json("\"Ann\"", message, {}).ok()) abort();
  }
}
BENCHMARK(read_short_json)->Unit(benchmark::kMicrosecond);

void read_any_in_any(benchmark::State& state) {
  constexpr std::string_view kPrefix = "type.googleapis.com/google.protobuf.";
  std::string text = R"({"value":)" + list_of(state.range(1)) + R"(,"@type":")" +
                     std::string(kPrefix) + R"(Struct"})";
  for (int64_t level = 1; level < state.range(0); ++level) {
    text = R"({"value":)" + text + R"(,"@type":")" + std::string(kPrefix) + R"(Any"})";
  }
  google::protobuf::Any message;
  for (auto _ : state) {
    absl::Status status = parse_json(text, message, {});
    if (!status.ok()) state.SkipWithError(std::string(status.message()).c_str());
  }
}
BENCHMARK(read_any_in_any)
    ->Args({1, 1 << 20})
    ->Args({static_cast<int64_t>(kMaxAnyNesting), 1 << 20})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace turbo::rpc
