#include "tests/interop/turbo/test_service.h"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "framework/loop/sleep.h"

namespace turbo::interop {

namespace {

constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";

std::atomic<int> g_open_calls = 0;

// In the frame of a method, for as long as that runs.
class Counted {
 public:
  Counted() { ++g_open_calls; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --g_open_calls; }
};

void echo_metadata(rpc::ServerContext& context) {
  if (auto value = context.metadata().find(kEchoInitial)) {
    context.initial_metadata().add(kEchoInitial, *value).IgnoreError();
  }
  if (auto value = context.metadata().find(kEchoTrailing)) {
    context.trailing_metadata().add(kEchoTrailing, *value).IgnoreError();
  }
}

absl::Status status_of(const grpc::testing::EchoStatus& wanted) {
  return {static_cast<absl::StatusCode>(wanted.code()), wanted.message()};
}

// Of a request that says how it should have come.
template <class Request>
absl::Status check_compression(const rpc::ServerContext& context, const Request& request) {
  if (!request.has_expect_compressed()) return absl::OkStatus();
  if (request.expect_compressed().value() == context.request_was_compressed()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("the request is not compressed as it says");
}

template <class Response>
absl::Status fill(int32_t bytes, Response& response) {
  if (bytes < 0) return absl::InvalidArgumentError("a response of negative size");
  response.mutable_payload()->set_body(std::string(static_cast<size_t>(bytes), '\0'));
  return absl::OkStatus();
}

bool wants_compression(const TestService::OutputRequest& request) {
  for (const auto& parameters : request.response_parameters()) {
    if (parameters.compressed().value()) return true;
  }
  return false;
}

// The replies that one request asks for.
template <class Writer>
Task<absl::Status> answer(rpc::ServerContext& context, const TestService::OutputRequest& request,
                          Writer& writer) {
  if (wants_compression(request)) context.set_compression(rpc::Compression::kGzip);
  for (const auto& parameters : request.response_parameters()) {
    if (parameters.interval_us() > 0) {
      auto pause = sleep_for(context.loop(), std::chrono::microseconds(parameters.interval_us()));
      co_await pause;
    }
    TestService::OutputResponse response;
    absl::Status filled = fill(parameters.size(), response);
    if (!filled.ok()) co_return filled;
    context.compress_replies(parameters.compressed().value());
    auto write = writer.write(response);
    co_await write;
  }
  co_return absl::OkStatus();
}

}  // namespace

int TestService::open_calls() { return g_open_calls; }

Task<absl::Status> TestService::empty_call(rpc::ServerContext& context, const Empty&, Empty&) {
  const Counted counted;
  echo_metadata(context);
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::unary_call(rpc::ServerContext& context,
                                           const SimpleRequest& request, SimpleResponse& reply) {
  const Counted counted;
  echo_metadata(context);
  absl::Status good = check_compression(context, request);
  if (!good.ok()) co_return good;
  if (request.response_status().code() != 0) co_return status_of(request.response_status());
  if (request.response_compressed().value()) context.set_compression(rpc::Compression::kGzip);
  co_return fill(request.response_size(), reply);
}

Task<absl::Status> TestService::streaming_output_call(rpc::ServerContext& context,
                                                      const OutputRequest& request,
                                                      rpc::ServerWriter<OutputResponse>& writer) {
  const Counted counted;
  echo_metadata(context);
  auto answers = answer(context, request, writer);
  absl::Status status = co_await answers;
  co_return status;
}

Task<absl::Status> TestService::streaming_input_call(rpc::ServerContext& context,
                                                     rpc::ServerReader<InputRequest>& reader,
                                                     InputResponse& reply) {
  const Counted counted;
  echo_metadata(context);
  size_t bytes = 0;
  for (InputRequest request;;) {
    auto read = reader.read(request);
    if (!co_await read) break;
    absl::Status good = check_compression(context, request);
    if (!good.ok()) co_return good;
    bytes += request.payload().body().size();
  }
  reply.set_aggregated_payload_size(static_cast<int32_t>(bytes));
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::full_duplex_call(
    rpc::ServerContext& context, rpc::ServerStream<OutputRequest, OutputResponse>& stream) {
  const Counted counted;
  echo_metadata(context);
  for (OutputRequest request;;) {
    auto read = stream.read(request);
    if (!co_await read) co_return absl::OkStatus();
    if (request.response_status().code() != 0) co_return status_of(request.response_status());
    auto answers = answer(context, request, stream);
    absl::Status status = co_await answers;
    if (!status.ok()) co_return status;
  }
}

Task<absl::Status> TestService::half_duplex_call(
    rpc::ServerContext& context, rpc::ServerStream<OutputRequest, OutputResponse>& stream) {
  const Counted counted;
  echo_metadata(context);
  std::vector<OutputRequest> requests;
  for (OutputRequest request;;) {
    auto read = stream.read(request);
    if (!co_await read) break;
    requests.push_back(request);
  }
  for (const OutputRequest& request : requests) {
    auto answers = answer(context, request, stream);
    absl::Status status = co_await answers;
    if (!status.ok()) co_return status;
  }
  co_return absl::OkStatus();
}

}  // namespace turbo::interop
