// ReflectionService: grpc.reflection.v1 and v1alpha: tells tools such as grpcurl and buf which
// services a server has, and what their messages are.
//
//   services.add<rpc::ReflectionService>();
//
// What it tells is in the program for anyone to read who can call it: add it where that is wanted.
// Services are those of the Services it was added to; files are those of protobuf's generated pool,
// which has all that was linked.
//
// Owner:   Services, one for each loop.
// Threads: its loop's.
// Errors:  those of a question are an answer, and the stream goes on.
// Limits:  MethodOptions. A file that is asked for is always sent, those it imports once a stream.
// Cost:    each answer looks names up and serializes files, under the pool's lock: for tools.
// Source:  gRPC's server-reflection.md.
#ifndef TURBO_RPC_REFLECTION_REFLECTION_SERVICE_H_
#define TURBO_RPC_REFLECTION_REFLECTION_SERVICE_H_

#include <set>
#include <string>

#include "framework/rpc/reflection/reflection_v1.turbo.h"

namespace turbo::rpc {

class ReflectionService final : public grpc::reflection::v1::ServerReflection::Service {
 public:
  // Both versions, by the same code: their messages differ in nothing but their names.
  void add_methods(MethodTable& methods) override;
  void on_start(IOLoop& loop, const MethodTable& methods) override;

  Task<absl::Status> server_reflection_info(
      ServerContext& context,
      ServerStream<grpc::reflection::v1::ServerReflectionRequest,
                   grpc::reflection::v1::ServerReflectionResponse>& stream) override;

 private:
  std::set<std::string> services_;  // full names
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_REFLECTION_REFLECTION_SERVICE_H_
