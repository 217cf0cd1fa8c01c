// Generator: protoc's face of it all. For <name>.proto it writes <name>.turbo.h and <name>.turbo.cc
// beside protobuf's own <name>.pb.h and <name>.pb.cc, also when there is no service in it, so that
// a build knows its outputs.
//
// Owner:   whoever makes it.
// Threads: any.
// Errors:  parameters, of which it has none, and what name_file() refuses; protoc prints them.
// Limits:  none.
// Cost:    runs in protoc, once a file.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_GENERATOR_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_GENERATOR_H_

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>

namespace turbo::rpc {

class Generator : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;

  // Optional fields are protobuf's own business.
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_GENERATOR_H_
