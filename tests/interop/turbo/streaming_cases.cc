#include <array>
#include <chrono>

#include "framework/loop/sleep.h"
#include "tests/interop/turbo/client_cases.h"

namespace turbo::interop {

namespace {

constexpr std::array<size_t, 4> kRequestBytes = {27182, 8, 1828, 45904};
constexpr std::array<int32_t, 4> kResponseBytes = {31415, 9, 2653, 58979};

InputRequest input_request(size_t bytes) {
  InputRequest request;
  request.mutable_payload()->set_body(zeros(bytes));
  return request;
}

Task<> client_streaming(Peer& peer) {
  rpc::ClientContext context;
  auto writer = peer.stub().streaming_input_call(context);
  for (const size_t bytes : kRequestBytes) {
    auto write = writer.write(input_request(bytes));
    require_ok(co_await write);
  }
  auto finish = writer.finish();
  const absl::StatusOr<InputResponse> reply = co_await finish;
  require_ok(reply.status());
  require(reply->aggregated_payload_size() == 74922, "74,922 bytes came in");
}

Task<> server_streaming(Peer& peer) {
  OutputRequest request;
  for (const int32_t bytes : kResponseBytes) request.add_response_parameters()->set_size(bytes);
  rpc::ClientContext context;
  auto reader = peer.stub().streaming_output_call(context, request);
  OutputResponse response;
  for (const int32_t bytes : kResponseBytes) {
    auto read = reader.read(response);
    require(bool(co_await read), "another reply comes");
    check_size(response, static_cast<size_t>(bytes));
  }
  auto read = reader.read(response);
  require(!co_await read, "no fifth reply comes");
  auto finish = reader.finish();
  require_ok(co_await finish);
}

Task<> ping_pong(Peer& peer) {
  rpc::ClientContext context;
  auto stream = peer.stub().full_duplex_call(context);
  OutputResponse response;
  for (size_t i = 0; i < kRequestBytes.size(); ++i) {
    auto write = stream.write(output_request(kResponseBytes[i], kRequestBytes[i]));
    require_ok(co_await write);
    auto read = stream.read(response);
    require(bool(co_await read), "a reply comes");
    check_size(response, static_cast<size_t>(kResponseBytes[i]));
  }
  stream.writes_done();
  auto read = stream.read(response);
  require(!co_await read, "no fifth reply comes");
  auto finish = stream.finish();
  require_ok(co_await finish);
}

Task<> empty_stream(Peer& peer) {
  rpc::ClientContext context;
  auto stream = peer.stub().full_duplex_call(context);
  stream.writes_done();
  OutputResponse response;
  auto read = stream.read(response);
  require(!co_await read, "no reply comes");
  auto finish = stream.finish();
  require_ok(co_await finish);
}

Task<> cancel_after_begin(Peer& peer) {
  // With the connection there, the call's head has left when it is cancelled.
  auto call = peer.stub().empty_call(Empty());
  require_ok((co_await call).status());
  rpc::ClientContext context;
  auto writer = peer.stub().streaming_input_call(context);
  auto turn = yield(peer.loop());
  co_await turn;
  writer.cancel();
  auto finish = writer.finish();
  const absl::StatusOr<InputResponse> reply = co_await finish;
  require_code(absl::StatusCode::kCancelled, reply.status());
}

Task<> cancel_after_first_response(Peer& peer) {
  rpc::ClientContext context;
  auto stream = peer.stub().full_duplex_call(context);
  auto write = stream.write(output_request(31415, 27182));
  require_ok(co_await write);
  OutputResponse response;
  auto read = stream.read(response);
  require(bool(co_await read), "the first reply comes");
  check_size(response, 31415);
  context.cancel();
  auto finish = stream.finish();
  require_code(absl::StatusCode::kCancelled, co_await finish);
}

Task<> timeout_on_sleeping_server(Peer& peer) {
  rpc::ClientContext context;
  context.set_timeout(std::chrono::milliseconds(1));
  auto stream = peer.stub().full_duplex_call(context);
  OutputRequest request;
  request.mutable_payload()->set_body(zeros(27182));
  auto write = stream.write(request);
  (co_await write).IgnoreError();  // the deadline may have passed already
  OutputResponse response;
  auto read = stream.read(response);
  require(!co_await read, "no reply comes");
  auto finish = stream.finish();
  require_code(absl::StatusCode::kDeadlineExceeded, co_await finish);
}

Task<> half_duplex(Peer& peer) {
  rpc::ClientContext context;
  auto stream = peer.stub().half_duplex_call(context);
  for (const int32_t bytes : kResponseBytes) {
    auto write = stream.write(output_request(bytes, 10));
    require_ok(co_await write);
  }
  stream.writes_done();
  OutputResponse response;
  for (const int32_t bytes : kResponseBytes) {
    auto read = stream.read(response);
    require(bool(co_await read), "another reply comes");
    check_size(response, static_cast<size_t>(bytes));
  }
  auto finish = stream.finish();
  require_ok(co_await finish);
}

constexpr Case kCases[] = {
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"half_duplex", half_duplex},
    {"empty_stream", empty_stream},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
};

}  // namespace

std::span<const Case> streaming_cases() { return kCases; }

}  // namespace turbo::interop
