// What a unary call costs its client, with so many at once on one connection. The server is on
// another thread, so "CPU" is the client's alone; its instructions:
//
//   valgrind --tool=callgrind --separate-threads=yes rpc_call_benchmark --benchmark_filter=...
#include <benchmark/benchmark.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "framework/rpc/service.h"
#include "framework/rpc/services.h"
#include "framework/rpc/stub.h"
#include "framework/server/http_server.h"

namespace turbo::rpc {
namespace {

using google::protobuf::StringValue;

constexpr Method kEcho = {"/turbo.benchmark.Echo/Echo", MethodKind::kUnary};

class Echo final : public Service {
 public:
  void add_methods(MethodTable& methods) override { methods.add(kEcho, *this, &Echo::start_echo); }

 private:
  void start_echo(UnaryCall<StringValue, StringValue> call) {
    call.reply().set_value(call.request().value());
    call.finish(absl::OkStatus());
  }
};

class EchoServer {
 public:
  EchoServer() {
    services_.add<Echo>();
    server_ = std::make_unique<HTTPServer>(std::vector<IOLoop*>{&loop_}, services_);
    address_ = server_->listen(Address::loopback_ipv4(0)).value();
    thread_ = std::thread([this] { loop_.start(); });
  }
  ~EchoServer() {
    loop_.stop();
    thread_.join();
  }
  std::string target() const { return "ipv4:" + address_.to_string(); }

 private:
  IOLoop loop_;
  Services services_;
  std::unique_ptr<HTTPServer> server_;
  Address address_;
  std::thread thread_;
};

struct Load {
  Channel& channel;
  StringValue request;
  uint64_t calls_left = 0;
  size_t callers = 0;
};

// Calls again as soon as it is answered, until all calls were made.
Task<> call_on(Load& load) {
  for (; load.calls_left > 0;) {
    --load.calls_left;
    auto call = call_unary<StringValue>(load.channel, kEcho, load.request);
    const absl::StatusOr<StringValue> reply = co_await call;
    if (!reply.ok() || reply->value() != load.request.value()) std::abort();
  }
  --load.callers;
}

void make_calls(IOLoop& loop, Channel& channel, uint64_t calls, size_t at_once) {
  Load load{.channel = channel, .request = {}, .calls_left = calls, .callers = at_once};
  load.request.set_value("world");
  std::vector<Task<>> callers(at_once);
  for (Task<>& caller : callers) {
    caller = call_on(load);
    caller.start([] {});
  }
  while (load.callers > 0) loop.run_once(std::chrono::seconds(1));
}

void BM_unary(benchmark::State& state) {
  constexpr uint64_t kCalls = 20000;
  IOLoop loop;  // this thread's, so the first
  const EchoServer server;
  Channel channel(server.target());
  const auto at_once = static_cast<size_t>(state.range(0));
  make_calls(loop, channel, 1000, at_once);
  for (auto _ : state) make_calls(loop, channel, kCalls, at_once);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kCalls));
  state.counters["CPU/call"] = benchmark::Counter(
      kCalls, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_unary)->Arg(1)->Arg(20)->Arg(100);

}  // namespace
}  // namespace turbo::rpc
