// Finding a route costs the same with 10 routes and with 10,000.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "framework/http/router.h"

namespace turbo::http {
namespace {

Router router_of(int64_t routes) {
  Router router;
  for (int64_t i = 0; i < routes; ++i) {
    if (!router.add("/route" + std::to_string(i) + "/:name", static_cast<uint32_t>(i)).ok())
      abort();
  }
  if (!router.add("/plaintext", 1).ok() || !router.add("/hello/:name", 2).ok()) abort();
  return router;
}

void find(benchmark::State& state, std::string_view path) {
  const Router router = router_of(state.range(0));
  RouteMatch match;
  for (auto _ : state) {
    if (!router.find(path, match)) abort();
    benchmark::DoNotOptimize(match.route);
  }
}
BENCHMARK_CAPTURE(find, literal, "/plaintext")->Arg(10)->Arg(10000);
BENCHMARK_CAPTURE(find, parameter, "/hello/bob")->Arg(10)->Arg(10000);

// Each of the routes in turn: what the caches make of a large table.
void find_all(benchmark::State& state) {
  const Router router = router_of(state.range(0));
  std::vector<std::string> paths;
  for (int64_t i = 0; i < state.range(0); ++i)
    paths.push_back("/route" + std::to_string(i) + "/bob");
  RouteMatch match;
  size_t next = 0;
  for (auto _ : state) {
    if (!router.find(paths[next], match)) abort();
    if (++next == paths.size()) next = 0;
  }
}
BENCHMARK(find_all)->Arg(10)->Arg(1000)->Arg(10000);

}  // namespace
}  // namespace turbo::http
