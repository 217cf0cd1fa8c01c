#include "framework/rpc/client_call.h"
#include "tests/interop/turbo/client_cases.h"

namespace turbo::interop {

namespace {

using grpc::testing::TestService;
using rpc::ClientCall;

// That a server looks at how a message came, shows in its refusal of one that came otherwise.
Task<> client_compressed_unary(Peer& peer) {
  SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  auto probe = peer.stub().unary_call(request);
  require_code(absl::StatusCode::kInvalidArgument, (co_await probe).status());
  for (const bool compressed : {true, false}) {
    rpc::ClientContext context;
    context.set_compression(rpc::Compression::kGzip);
    context.compress_requests(compressed);
    request.mutable_expect_compressed()->set_value(compressed);
    auto call = peer.stub().unary_call(context, request);
    const absl::StatusOr<SimpleResponse> reply = co_await call;
    check_large(reply);
  }
}

InputRequest input_request(size_t bytes, bool compressed) {
  InputRequest request;
  request.mutable_expect_compressed()->set_value(compressed);
  request.mutable_payload()->set_body(zeros(bytes));
  return request;
}

Task<> client_compressed_streaming(Peer& peer) {
  rpc::ClientContext plain;
  auto probe = peer.stub().streaming_input_call(plain);
  auto probing = probe.write(input_request(27182, true));
  (co_await probing).IgnoreError();  // finish() tells
  auto probed = probe.finish();
  require_code(absl::StatusCode::kInvalidArgument, (co_await probed).status());

  rpc::ClientContext context;
  context.set_compression(rpc::Compression::kGzip);
  auto writer = peer.stub().streaming_input_call(context);
  auto first = writer.write(input_request(27182, true));
  require_ok(co_await first);
  context.compress_requests(false);
  auto second = writer.write(input_request(45904, false));
  require_ok(co_await second);
  auto finish = writer.finish();
  const absl::StatusOr<InputResponse> reply = co_await finish;
  require_ok(reply.status());
  require(reply->aggregated_payload_size() == 73086, "73,086 bytes came in");
}

// Stubs do not tell how a reply came; what they stand on does.
Task<> server_compressed_unary(Peer& peer) {
  for (const bool compressed : {true, false}) {
    SimpleRequest request = large_request();
    request.mutable_response_compressed()->set_value(compressed);
    const ClientCall::Handle call =
        ClientCall::start(peer.channel(), TestService::kUnaryCall, nullptr);
    call->write(request, ClientCall::Last::kYes);
    rpc::FinishOperation<SimpleResponse> finish(*call);
    const absl::StatusOr<SimpleResponse> reply = co_await finish;
    check_large(reply);
    require(call->reply_was_compressed() == compressed, "the reply is compressed as asked for");
  }
}

Task<> server_compressed_streaming(Peer& peer) {
  OutputRequest request;
  constexpr std::pair<int32_t, bool> kReplies[] = {{31415, true}, {92653, false}};
  for (const auto& [bytes, compressed] : kReplies) {
    auto* const parameters = request.add_response_parameters();
    parameters->set_size(bytes);
    parameters->mutable_compressed()->set_value(compressed);
  }
  const ClientCall::Handle call =
      ClientCall::start(peer.channel(), TestService::kStreamingOutputCall, nullptr);
  call->write(request, ClientCall::Last::kYes);
  for (const auto& [bytes, compressed] : kReplies) {
    OutputResponse response;
    auto read = rpc::await_read(*call, response);
    require(bool(co_await read), "another reply comes");
    check_size(response, static_cast<size_t>(bytes));
    require(call->reply_was_compressed() == compressed, "the reply is compressed as asked for");
  }
  auto finish = rpc::await_finish(*call);
  require_ok(co_await finish);
}

constexpr Case kCases[] = {
    {"client_compressed_unary", client_compressed_unary},
    {"client_compressed_streaming", client_compressed_streaming},
    {"server_compressed_unary", server_compressed_unary},
    {"server_compressed_streaming", server_compressed_streaming},
};

}  // namespace

std::span<const Case> compression_cases() { return kCases; }

}  // namespace turbo::interop
