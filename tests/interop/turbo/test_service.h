// TestService: the service of gRPC's interop tests on Turbo, as "gRPC Interop Test Case
// Descriptions" says what each method answers. It counts its calls, so that a test sees whether one
// is left over when its client has gone.
#ifndef TURBO_TESTS_INTEROP_TURBO_TEST_SERVICE_H_
#define TURBO_TESTS_INTEROP_TURBO_TEST_SERVICE_H_

#include "tests/interop/test.turbo.h"

namespace turbo::interop {

class TestService final : public grpc::testing::TestService::Service {
 public:
  using Empty = grpc::testing::Empty;
  using SimpleRequest = grpc::testing::SimpleRequest;
  using SimpleResponse = grpc::testing::SimpleResponse;
  using InputRequest = grpc::testing::StreamingInputCallRequest;
  using InputResponse = grpc::testing::StreamingInputCallResponse;
  using OutputRequest = grpc::testing::StreamingOutputCallRequest;
  using OutputResponse = grpc::testing::StreamingOutputCallResponse;

  // Whose methods run, on all loops.
  static int open_calls();

  Task<absl::Status> empty_call(rpc::ServerContext& context, const Empty& request,
                                Empty& reply) override;
  Task<absl::Status> unary_call(rpc::ServerContext& context, const SimpleRequest& request,
                                SimpleResponse& reply) override;
  Task<absl::Status> streaming_output_call(rpc::ServerContext& context,
                                           const OutputRequest& request,
                                           rpc::ServerWriter<OutputResponse>& writer) override;
  Task<absl::Status> streaming_input_call(rpc::ServerContext& context,
                                          rpc::ServerReader<InputRequest>& reader,
                                          InputResponse& reply) override;
  Task<absl::Status> full_duplex_call(
      rpc::ServerContext& context,
      rpc::ServerStream<OutputRequest, OutputResponse>& stream) override;
  Task<absl::Status> half_duplex_call(
      rpc::ServerContext& context,
      rpc::ServerStream<OutputRequest, OutputResponse>& stream) override;
};

}  // namespace turbo::interop

#endif  // TURBO_TESTS_INTEROP_TURBO_TEST_SERVICE_H_
