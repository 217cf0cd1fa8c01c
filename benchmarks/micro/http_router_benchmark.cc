// Finding a route, or that there is none, costs the same with 10 routes and with 10,000.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "framework/http/router.h"

namespace turbo::http {
namespace {

void add(Router& router, const std::string& pattern, int64_t route) {
  if (!router.add(pattern, static_cast<uint32_t>(route)).ok()) abort();
}

// A fifth of the routes of each kind, as an API has them, and those asked for below.
Router router_of(int64_t routes) {
  Router router;
  for (int64_t i = 0; i < routes; ++i) {
    const std::string name = "route" + std::to_string(i);
    switch (i % 5) {
      case 0:
        add(router, "/" + name, i);
        break;
      case 1:
        add(router, "/" + name + "/:name", i);
        break;
      case 2:
        add(router, "/" + name + "/:id([0-9]+)", i);
        break;
      case 3:
        add(router, "/api/v1/:tenant/" + name + "/:id/edit", i);
        break;
      default:
        add(router, "/files/" + name + "/*path", i);
    }
  }
  add(router, "/plaintext", 1);
  add(router, "/hello/:name", 2);
  add(router, "/users/:id([0-9]+)", 3);
  add(router, "/posts/:id([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", 4);
  add(router, "/api/v1/:tenant/projects/:project/issues/:issue/comments/:comment", 5);
  return router;
}

void find(benchmark::State& state, std::string_view path, bool there) {
  const Router router = router_of(state.range(0));
  RouteMatch match;
  for (auto _ : state) {
    if (router.find(path, match) != there) abort();
    benchmark::DoNotOptimize(match.route);
  }
}
void route_counts(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t routes : {10, 100, 1000, 10000}) benchmark->Arg(routes);
}
BENCHMARK_CAPTURE(find, literal, "/plaintext", true)->Apply(route_counts);
BENCHMARK_CAPTURE(find, parameter, "/hello/bob", true)->Apply(route_counts);
BENCHMARK_CAPTURE(find, expression, "/users/1234", true)->Apply(route_counts);
BENCHMARK_CAPTURE(find, uuid, "/posts/123e4567-e89b-12d3-a456-426614174000", true)
    ->Apply(route_counts);
BENCHMARK_CAPTURE(find, deep, "/api/v1/acme/projects/7/issues/12/comments/3", true)
    ->Apply(route_counts);
BENCHMARK_CAPTURE(find, miss, "/nobody/here", false)->Apply(route_counts);
BENCHMARK_CAPTURE(find, deep_miss, "/api/v1/acme/projects/7/issues/12/nothing", false)
    ->Apply(route_counts);

// Each of the routes in turn: what the caches make of a large table.
void find_all(benchmark::State& state) {
  Router router;
  std::vector<std::string> paths;
  for (int64_t i = 0; i < state.range(0); ++i) {
    add(router, "/route" + std::to_string(i) + "/:name", i);
    paths.push_back("/route" + std::to_string(i) + "/bob");
  }
  RouteMatch match;
  size_t next = 0;
  for (auto _ : state) {
    if (!router.find(paths[next], match)) abort();
    if (++next == paths.size()) next = 0;
  }
}
BENCHMARK(find_all)->Apply(route_counts);

// Time for one route: building is linear.
void build(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(router_of(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build)->Apply(route_counts);

}  // namespace
}  // namespace turbo::http
