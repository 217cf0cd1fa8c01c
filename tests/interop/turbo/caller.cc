// Makes large_unary calls on Turbo, some at a time, and prints what each came to: "OK", or a code
// and a message. For servers that misbehave.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "framework/turbo.h"
#include "tests/interop/turbo/client_cases.h"

ABSL_FLAG(std::string, target, "", "the server, host:port");
ABSL_FLAG(uint32_t, calls, 1, "how many, one after the other");
ABSL_FLAG(uint32_t, at_once, 1, "how many of them are begun together");
ABSL_FLAG(uint32_t, request_bytes, 271828, "of each");
ABSL_FLAG(bool, wait_for_ready, false, "they wait for a server");
ABSL_FLAG(uint32_t, timeout_ms, 20000, "milliseconds that each may take");

namespace turbo::interop {

namespace {

void print(const absl::StatusOr<SimpleResponse>& reply) {
  absl::Status status = reply.status();
  if (reply.ok() && reply->payload().body() != zeros(314159)) {
    status = absl::DataLossError("another reply than was asked for");
  }
  std::printf("%s\n", status.ToString().c_str());
  std::fflush(stdout);
}

SimpleRequest request() {
  SimpleRequest request = large_request();
  request.mutable_payload()->set_body(zeros(absl::GetFlag(FLAGS_request_bytes)));
  return request;
}

struct Call {
  rpc::ClientContext context;
  std::optional<rpc::UnaryOperation<SimpleResponse>> operation;
};

Task<> make_calls(rpc::Channel& channel) {
  for (uint32_t i = 0; i < absl::GetFlag(FLAGS_calls); ++i) {
    std::deque<Call> calls(absl::GetFlag(FLAGS_at_once));
    for (Call& call : calls) {
      call.context.set_timeout(std::chrono::milliseconds(absl::GetFlag(FLAGS_timeout_ms)));
      call.context.set_wait_for_ready(absl::GetFlag(FLAGS_wait_for_ready));
      call.operation.emplace(channel, grpc::testing::TestService::kUnaryCall, &call.context,
                             request());
    }
    for (Call& call : calls) {
      auto& operation = *call.operation;
      const absl::StatusOr<SimpleResponse> reply = co_await operation;
      print(reply);
    }
  }
}

}  // namespace

}  // namespace turbo::interop

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  turbo::IOLoop loop;
  turbo::rpc::Channel channel(absl::GetFlag(FLAGS_target));
  turbo::Task<> task = turbo::interop::make_calls(channel);
  loop.add_callback([&] { task.start([&loop] { loop.stop(); }); });
  loop.start();
  task.result();
  return 0;
}
