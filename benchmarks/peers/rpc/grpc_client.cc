// The RPC benchmark's client on gRPC C++, by its asynchronous interface: so many unary calls in
// all, some at a time, with one thread for them.
//
//   grpc_client --port=50051 --calls=100000 --at_once=20

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "benchmarks/peers/rpc/bench.grpc.pb.h"

namespace {

using turbo::bench::Bench;
using turbo::bench::Payload;

struct Load {
  std::unique_ptr<Bench::Stub> stub;
  grpc::CompletionQueue queue;
  Payload request;
  uint32_t calls_left;
  uint32_t answered = 0;
};

struct Call {
  grpc::ClientContext context;
  Payload reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Payload>> reader;
};

void begin_call(Load& load) {
  --load.calls_left;
  Call* call = new Call;
  call->reader = load.stub->AsyncEcho(&call->context, load.request, &load.queue);
  call->reader->Finish(&call->reply, &call->status, call);
}

int run(const std::string& port, uint32_t calls, uint32_t at_once) {
  auto channel = grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials());
  Load load;
  load.stub = Bench::NewStub(channel);
  load.request.set_body("Hello, World!");
  load.calls_left = calls;
  for (uint32_t i = 0; i < at_once && load.calls_left > 0; ++i) begin_call(load);
  void* tag;
  bool ok;
  for (uint32_t ended = 0; ended < calls && load.queue.Next(&tag, &ok); ++ended) {
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    load.answered += call->status.ok() && call->reply.body() == load.request.body();
    if (load.calls_left > 0) begin_call(load);
  }
  std::printf("%u of %u calls answered\n", load.answered, calls);
  return load.answered == calls ? 0 : 1;
}

const char* value_of(const char* argument, const char* flag) {
  const size_t bytes = std::strlen(flag);
  return std::strncmp(argument, flag, bytes) == 0 ? argument + bytes : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  std::string port = "50051";
  uint32_t calls = 100000;
  uint32_t at_once = 20;
  for (int i = 1; i < argc; ++i) {
    if (const char* value = value_of(argv[i], "--port=")) {
      port = value;
    } else if (const char* value = value_of(argv[i], "--calls=")) {
      calls = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    } else if (const char* value = value_of(argv[i], "--at_once=")) {
      at_once = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    } else {
      std::printf("grpc_client [--port=50051] [--calls=100000] [--at_once=20]\n");
      return std::strcmp(argv[i], "--help") == 0 ? 0 : 2;
    }
  }
  return run(port, calls, at_once);
}
