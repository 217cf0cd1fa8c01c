#include <deque>

#include "tests/interop/turbo/client_cases.h"

namespace turbo::interop {

namespace {

constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";
constexpr std::string_view kInitial = "test_initial_metadata_value";
constexpr std::string_view kTrailing = "\xab\xab\xab";
constexpr int kSoakCalls = 30;
constexpr int kSoakChannels = 10;
constexpr int kConcurrentCalls = 1000;

Task<> empty_unary(Peer& peer) {
  auto call = peer.stub().empty_call(Empty());
  const absl::StatusOr<Empty> reply = co_await call;
  require_ok(reply.status());
}

Task<> large_unary(Peer& peer) {
  auto call = peer.stub().unary_call(large_request());
  const absl::StatusOr<SimpleResponse> reply = co_await call;
  check_large(reply);
}

void add_metadata(rpc::ClientContext& context) {
  require_ok(context.metadata().add(kEchoInitial, kInitial));
  require_ok(context.metadata().add(kEchoTrailing, kTrailing));
}

void check_metadata(const rpc::ClientContext& context) {
  require(context.initial_metadata().find(kEchoInitial) == kInitial, "initial metadata comes back");
  require(context.trailing_metadata().find(kEchoTrailing) == kTrailing,
          "trailing metadata comes back");
}

Task<> custom_metadata(Peer& peer) {
  rpc::ClientContext unary;
  add_metadata(unary);
  auto call = peer.stub().unary_call(unary, large_request());
  const absl::StatusOr<SimpleResponse> reply = co_await call;
  check_large(reply);
  check_metadata(unary);

  rpc::ClientContext duplex;
  add_metadata(duplex);
  auto stream = peer.stub().full_duplex_call(duplex);
  auto write = stream.write(output_request(314159, 271828));
  require_ok(co_await write);
  stream.writes_done();
  OutputResponse response;
  auto read = stream.read(response);
  require(bool(co_await read), "a reply comes");
  check_size(response, 314159);
  auto finish = stream.finish();
  require_ok(co_await finish);
  check_metadata(duplex);
}

void check_status(const absl::Status& status, std::string_view message) {
  require_code(absl::StatusCode::kUnknown, status);
  require(std::string(status.message()) == message,
          "the status has its message: " + std::string(status.message()));
}

Task<> status_of_unary(Peer& peer, std::string_view message) {
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(std::string(message));
  auto call = peer.stub().unary_call(request);
  const absl::StatusOr<SimpleResponse> reply = co_await call;
  check_status(reply.status(), message);
}

Task<> status_code_and_message(Peer& peer) {
  constexpr std::string_view kMessage = "test status message";
  auto unary = status_of_unary(peer, kMessage);
  co_await unary;

  rpc::ClientContext context;
  auto stream = peer.stub().full_duplex_call(context);
  OutputRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(std::string(kMessage));
  auto write = stream.write(request);
  require_ok(co_await write);
  auto finish = stream.finish();
  check_status(co_await finish, kMessage);
}

Task<> special_status_message(Peer& peer) {
  auto unary = status_of_unary(
      peer, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n");
  co_await unary;
}

Task<> unimplemented_method(Peer& peer) {
  auto call = peer.stub().unimplemented_call(Empty());
  const absl::StatusOr<Empty> reply = co_await call;
  require_code(absl::StatusCode::kUnimplemented, reply.status());
}

Task<> unimplemented_service(Peer& peer) {
  const grpc::testing::UnimplementedService::Stub stub(peer.channel());
  auto call = stub.unimplemented_call(Empty());
  const absl::StatusOr<Empty> reply = co_await call;
  require_code(absl::StatusCode::kUnimplemented, reply.status());
}

Task<> rpc_soak(Peer& peer) {
  for (int i = 0; i < kSoakCalls; ++i) {
    auto call = large_unary(peer);
    co_await call;
  }
}

Task<> channel_soak(Peer& peer) {
  for (int i = 0; i < kSoakChannels; ++i) {
    const std::unique_ptr<rpc::Channel> channel = peer.connect();
    auto call = grpc::testing::TestService::Stub(*channel).unary_call(large_request());
    const absl::StatusOr<SimpleResponse> reply = co_await call;
    check_large(reply);
  }
}

// More than a server lets be open at once on a connection.
Task<> concurrent_unary(Peer& peer) {
  SimpleRequest request;
  request.set_response_size(3141);
  request.mutable_payload()->set_body(zeros(2718));
  std::deque<rpc::UnaryOperation<SimpleResponse>> calls;
  for (int i = 0; i < kConcurrentCalls; ++i) {
    calls.emplace_back(peer.channel(), grpc::testing::TestService::kUnaryCall, nullptr, request);
  }
  for (auto& call : calls) {
    const absl::StatusOr<SimpleResponse> reply = co_await call;
    require_ok(reply.status());
    require(reply->payload().body().size() == 3141, "a reply of the size asked for");
  }
}

constexpr Case kCases[] = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"custom_metadata", custom_metadata},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service},
    {"rpc_soak", rpc_soak},
    {"channel_soak", channel_soak},
    {"concurrent_unary", concurrent_unary},
};

}  // namespace

std::span<const Case> unary_cases() { return kCases; }

}  // namespace turbo::interop
