#include "framework/rpc/protoc_gen_turbo/source_writer.h"

#include "framework/rpc/protoc_gen_turbo/code_writer.h"
#include "framework/rpc/protoc_gen_turbo/signatures.h"

namespace turbo::rpc {
namespace {

void write_defaults(CodeWriter& code, const ServiceNames& service) {
  const std::string scope = service.class_name + "::Service::";
  for (const MethodNames& method : service.methods) {
    code.line();
    code.list(std::string(kCoroutineType) + " " + scope + method.function + "(",
              without_names(coroutine_parameters(method)), ") {");
    code.indent();
    code.list("co_return ::turbo::rpc::unimplemented(", {method.constant}, ");");
    code.outdent();
    code.line("}");
    code.line();
    code.list("void " + scope + method.start + "(", {call_type(method) + " call"}, ") {");
    code.indent();
    code.list("std::move(call).run(", {"*this", "&Service::" + method.function}, ");");
    code.outdent();
    code.line("}");
  }
}

void write_add_methods(CodeWriter& code, const ServiceNames& service) {
  const std::string open =
      "void " + service.class_name + "::Service::add_methods(::turbo::rpc::MethodTable&";
  code.line();
  if (service.methods.empty()) return code.line(open + ") {}");
  code.line(open + " methods) {");
  code.indent();
  for (const MethodNames& method : service.methods) {
    code.list("methods.add(", {method.constant, "*this", "&Service::" + method.start}, ");");
  }
  code.outdent();
  code.line("}");
}

void write_stub_method(CodeWriter& code, const ServiceNames& service, const MethodNames& method) {
  code.line();
  code.list(stub_type(method) + " " + service.class_name + "::Stub::" + method.function + "(",
            stub_parameters(method), ") const {");
  std::vector<std::string> arguments = {"*channel_", method.constant, "context"};
  if (!method.descriptor->client_streaming()) arguments.push_back("request");
  if (is_unary(method)) arguments.push_back("std::move(done)");
  const std::string call = is_unary(method) ? "::turbo::rpc::call_unary<" + method.reply + ">"
                                            : "return " + stub_type(method);
  code.indent();
  code.list(call + "(", arguments, ");");
  code.outdent();
  code.line("}");
}

void write_body(CodeWriter& code, const FileNames& file) {
  code.line();
  code.line("#include <utility>");
  if (!file.namespace_name.empty()) {
    code.line();
    code.line("namespace " + file.namespace_name + " {");
  }
  for (const ServiceNames& service : file.services) {
    write_defaults(code, service);
    write_add_methods(code, service);
    for (const MethodNames& method : service.methods) {
      write_stub_method(code, service, method);
    }
  }
  if (!file.namespace_name.empty()) {
    code.line();
    code.line("}  // namespace " + file.namespace_name);
  }
}

}  // namespace

std::string write_source(const FileNames& file) {
  CodeWriter code;
  code.line("// Written by protoc-gen-turbo from " + file.descriptor->name() + "; do not edit.");
  code.line("#include \"" + file.stem + ".turbo.h\"");
  if (!file.services.empty()) write_body(code, file);
  return code.text();
}

}  // namespace turbo::rpc
