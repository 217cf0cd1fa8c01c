// The RPC benchmark's server on Turbo: one loop, plain TCP.
//
//   turbo_server --port=50051

#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "benchmarks/peers/rpc/bench.turbo.h"
#include "framework/loop/io_loop.h"
#include "framework/rpc/services.h"
#include "framework/server/http_server.h"

ABSL_FLAG(uint32_t, port, 50051, "TCP port on 127.0.0.1");

namespace turbo::bench {
namespace {

class BenchService final : public Bench::Service {
  Task<absl::Status> echo(rpc::ServerContext&, const Payload& request, Payload& reply) override {
    reply.set_body(request.body());
    co_return absl::OkStatus();
  }

  Task<absl::Status> list(rpc::ServerContext&, const ListRequest& request,
                          rpc::ServerWriter<Payload>& writer) override {
    Payload payload;
    payload.set_body(std::string(request.bytes(), 'x'));
    for (uint32_t i = 0; i < request.count(); ++i) {
      auto write = writer.write(payload);
      co_await write;
    }
    co_return absl::OkStatus();
  }
};

int serve(uint16_t port) {
  IOLoop loop;
  rpc::Services services;
  services.add<BenchService>();
  HTTPServer server({&loop}, services);
  const absl::StatusOr<Address> bound = server.listen(Address::loopback_ipv4(port));
  if (!bound.ok()) {
    std::fprintf(stderr, "%s\n", bound.status().ToString().c_str());
    return 1;
  }
  loop.start();
  return 0;
}

}  // namespace
}  // namespace turbo::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("serves the RPC benchmark on one loop until it is killed");
  absl::ParseCommandLine(argc, argv);
  return turbo::bench::serve(static_cast<uint16_t>(absl::GetFlag(FLAGS_port)));
}
