// The RPC benchmark's client on Turbo: so many unary calls in all, some at a time, on one loop and
// one connection.
//
//   turbo_client --port=50051 --calls=100000 --at_once=20

#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/peers/rpc/bench.turbo.h"
#include "framework/loop/io_loop.h"
#include "framework/loop/task.h"

ABSL_FLAG(uint32_t, port, 50051, "TCP port on 127.0.0.1");
ABSL_FLAG(uint32_t, calls, 100000, "calls in all");
ABSL_FLAG(uint32_t, at_once, 20, "calls under way at a time");

namespace turbo::bench {
namespace {

struct Load {
  Bench::Stub stub;
  Payload request;
  uint32_t calls_left;
  uint32_t answered = 0;
  absl::Status failure;  // the first
};

Task<> call_on(Load& load) {
  while (load.calls_left > 0) {
    --load.calls_left;
    auto call = load.stub.echo(load.request);
    const absl::StatusOr<Payload> reply = co_await call;
    load.answered += reply.ok() && reply->body() == load.request.body();
    if (load.failure.ok()) load.failure = reply.status();
  }
}

int run() {
  IOLoop loop;
  rpc::Channel channel(absl::StrCat("127.0.0.1:", absl::GetFlag(FLAGS_port)));
  const uint32_t calls = absl::GetFlag(FLAGS_calls);
  Load load{Bench::Stub(channel), {}, calls, 0, absl::OkStatus()};
  load.request.set_body("Hello, World!");
  std::vector<Task<>> tasks(absl::GetFlag(FLAGS_at_once));
  size_t running = tasks.size();
  for (Task<>& task : tasks) {
    task = call_on(load);
    task.start([&] {
      if (--running == 0) loop.stop();
    });
  }
  loop.start();
  std::printf("%u of %u calls answered; %s\n", load.answered, calls,
              load.failure.ToString().c_str());
  return load.answered == calls ? 0 : 1;
}

}  // namespace
}  // namespace turbo::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("loads a server of the RPC benchmark");
  absl::ParseCommandLine(argc, argv);
  return turbo::bench::run();
}
