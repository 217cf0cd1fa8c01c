// GRPCFormat: a call as gRPC has it over HTTP/2: messages with a prefix of five bytes, the status
// in the trailers.
//
// Owner, threads, errors, limits, cost: see framed_format.h.
// Source:  gRPC over HTTP/2 (PROTOCOL-HTTP2.md).
#ifndef TURBO_RPC_GRPC_FORMAT_H_
#define TURBO_RPC_GRPC_FORMAT_H_

#include <utility>

#include "framework/rpc/framed_format.h"

namespace turbo::rpc {

class GRPCFormat final : public FramedFormat {
 public:
  GRPCFormat(Exchange& exchange, const MethodOptions& options)
      : FramedFormat(exchange, options, "application/grpc") {}

  absl::Status add(Buffer piece) override {
    read_from(std::move(piece));
    return absl::OkStatus();
  }

 private:
  void put(Buffer bytes) override { exchange().write(std::move(bytes)); }
  void put_trailers(const absl::Status& status, const AnswerMetadata& metadata) override;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_GRPC_FORMAT_H_
