// protoc-gen-turbo: what protoc runs for --turbo_out.
#include <google/protobuf/compiler/plugin.h>

#include "framework/rpc/protoc_gen_turbo/generator.h"

int main(int argc, char** argv) {
  const turbo::rpc::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
