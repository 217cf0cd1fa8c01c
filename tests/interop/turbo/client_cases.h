// The cases of the interop tests as a client on Turbo runs them. Each throws a Failure that says
// what is not as "gRPC Interop Test Case Descriptions" has it.
#ifndef TURBO_TESTS_INTEROP_TURBO_CLIENT_CASES_H_
#define TURBO_TESTS_INTEROP_TURBO_CLIENT_CASES_H_

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/interop/test.turbo.h"

namespace turbo::interop {

// The server that is called.
class Peer {
 public:
  Peer(IOLoop& loop, std::string target, rpc::ChannelOptions options)
      : loop_(loop), target_(std::move(target)), options_(std::move(options)) {}

  IOLoop& loop() const { return loop_; }
  rpc::Channel& channel() { return channel_; }
  grpc::testing::TestService::Stub stub() { return grpc::testing::TestService::Stub(channel_); }
  // Another connection.
  std::unique_ptr<rpc::Channel> connect() const {
    return std::make_unique<rpc::Channel>(target_, options_);
  }

 private:
  IOLoop& loop_;
  const std::string target_;
  const rpc::ChannelOptions options_;
  rpc::Channel channel_{target_, options_};
};

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw Failure("not so: " + what);
}
inline void require_ok(const absl::Status& status) {
  if (!status.ok()) throw Failure(status.ToString());
}
inline void require_code(absl::StatusCode wanted, const absl::Status& status) {
  if (status.code() != wanted) {
    throw Failure("wanted " + absl::StatusCodeToString(wanted) + ", got " + status.ToString());
  }
}

struct Case {
  std::string_view name;
  Task<> (*run)(Peer& peer);
};

std::span<const Case> unary_cases();
std::span<const Case> streaming_cases();
std::span<const Case> compression_cases();

// ---- what several of them have in common ----

using grpc::testing::Empty;
using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;
using InputRequest = grpc::testing::StreamingInputCallRequest;
using InputResponse = grpc::testing::StreamingInputCallResponse;
using OutputRequest = grpc::testing::StreamingOutputCallRequest;
using OutputResponse = grpc::testing::StreamingOutputCallResponse;

inline std::string zeros(size_t bytes) { return std::string(bytes, '\0'); }

// 271,828 bytes, which ask for 314,159.
inline SimpleRequest large_request() {
  SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(zeros(271828));
  return request;
}
inline void check_large(const absl::StatusOr<SimpleResponse>& reply) {
  require_ok(reply.status());
  require(reply->payload().body() == zeros(314159), "314,159 zeros in the reply");
}

inline OutputRequest output_request(int32_t response_bytes, size_t payload_bytes) {
  OutputRequest request;
  request.add_response_parameters()->set_size(response_bytes);
  request.mutable_payload()->set_body(zeros(payload_bytes));
  return request;
}
inline void check_size(const OutputResponse& response, size_t wanted) {
  require(response.payload().body() == zeros(wanted), std::to_string(wanted) + " zeros in a reply");
}

}  // namespace turbo::interop

#endif  // TURBO_TESTS_INTEROP_TURBO_CLIENT_CASES_H_
