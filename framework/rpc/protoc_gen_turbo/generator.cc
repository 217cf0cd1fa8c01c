#include "framework/rpc/protoc_gen_turbo/generator.h"

#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>

#include "framework/rpc/protoc_gen_turbo/header_writer.h"
#include "framework/rpc/protoc_gen_turbo/names.h"
#include "framework/rpc/protoc_gen_turbo/source_writer.h"

namespace turbo::rpc {
namespace {

void write_file(google::protobuf::compiler::GeneratorContext& context, const std::string& name,
                const std::string& text) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context.Open(name));
  google::protobuf::io::Printer(stream.get(), '$').PrintRaw(text);
}

}  // namespace

bool Generator::Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                         google::protobuf::compiler::GeneratorContext* context,
                         std::string* error) const {
  if (!parameter.empty()) {
    *error = "protoc-gen-turbo has no parameters, and is given \"" + parameter + "\"";
    return false;
  }
  FileNames names;
  if (!name_file(*file, names, *error)) return false;
  write_file(*context, names.stem + ".turbo.h", write_header(names));
  write_file(*context, names.stem + ".turbo.cc", write_source(names));
  return true;
}

}  // namespace turbo::rpc
