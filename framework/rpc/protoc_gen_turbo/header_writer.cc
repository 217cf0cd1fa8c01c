#include "framework/rpc/protoc_gen_turbo/header_writer.h"

#include <google/protobuf/compiler/code_generator.h>

#include <set>

#include "framework/rpc/protoc_gen_turbo/code_writer.h"
#include "framework/rpc/protoc_gen_turbo/signatures.h"

namespace turbo::rpc {
namespace {

using google::protobuf::Descriptor;

template <class Described>
void write_comment(CodeWriter& code, const Described& described) {
  google::protobuf::SourceLocation location;
  if (!described.GetSourceLocation(&location)) return;
  code.comment(location.leading_comments);
  code.comment(location.trailing_comments);
}

std::string header_of(const Descriptor& message) {
  return google::protobuf::compiler::StripProto(message.file()->name()) + ".pb.h";
}

// In the order in which they are written.
std::set<std::string> includes_of(const FileNames& file) {
  std::set<std::string> headers = {"framework/rpc/service.h", "framework/rpc/stub.h"};
  for (const ServiceNames& service : file.services) {
    for (const MethodNames& method : service.methods) {
      headers.insert(header_of(*method.descriptor->input_type()));
      headers.insert(header_of(*method.descriptor->output_type()));
      headers.insert({"absl/status/status.h", "framework/loop/task.h", "framework/rpc/method.h"});
      if (is_unary(method)) {
        headers.insert({"absl/functional/any_invocable.h", "absl/status/statusor.h"});
      }
    }
  }
  return headers;
}

void write_constants(CodeWriter& code, const ServiceNames& service) {
  const std::string& full_name = service.descriptor->full_name();
  code.line("static constexpr std::string_view kName = \"" + full_name + "\";");
  for (const MethodNames& method : service.methods) {
    const std::string path = "\"/" + full_name + "/" + method.descriptor->name() + "\"";
    code.list("static constexpr ::turbo::rpc::Method " + method.constant + "{",
              {path, "::turbo::rpc::MethodKind::" + kind_of(method)}, "};");
  }
}

void write_service(CodeWriter& code, const ServiceNames& service) {
  code.comment(
      "What a server implements: of each pair the coroutine, or the call that is finished later. "
      "What is not overridden answers kUnimplemented.");
  code.line("class Service : public ::turbo::rpc::Service {");
  code.line(" public:");
  code.indent();
  for (const MethodNames& method : service.methods) {
    write_comment(code, *method.descriptor);
    code.list("virtual " + std::string(kCoroutineType) + " " + method.function + "(",
              coroutine_parameters(method), ");");
    code.list("virtual void " + method.start + "(", {call_type(method) + " call"}, ");");
    code.line();
  }
  code.line("void add_methods(::turbo::rpc::MethodTable& methods) override;");
  code.outdent();
  code.line("};");
}

// A unary call that is awaited.
void write_awaited(CodeWriter& code, const MethodNames& method, bool has_context) {
  std::vector<std::string> parameters = {"const " + method.request + "& request"};
  std::vector<std::string> arguments = {"*channel_", method.constant, "request"};
  if (has_context) {
    parameters.insert(parameters.begin(), "::turbo::rpc::ClientContext& context");
    arguments.insert(arguments.end() - 1, "context");
  }
  code.list("auto " + method.function + "(", parameters, ") const {");
  code.indent();
  code.list("return ::turbo::rpc::call_unary<" + method.reply + ">(", arguments, ");");
  code.outdent();
  code.line("}");
}

void write_stub_method(CodeWriter& code, const MethodNames& method) {
  code.line();
  write_comment(code, *method.descriptor);
  if (is_unary(method)) {
    write_awaited(code, method, false);
    write_awaited(code, method, true);
  }
  code.list(stub_type(method) + " " + method.function + "(", stub_parameters(method), ") const;");
}

void write_stub(CodeWriter& code, const ServiceNames& service) {
  code.comment(
      "What a client calls: a single reply is awaited or goes to a callback, streams are objects. "
      "Copies are cheap; the channel outlives them.");
  code.line("class Stub {");
  code.line(" public:");
  code.indent();
  if (service.methods.empty()) {
    code.line("explicit Stub(::turbo::rpc::Channel&) {}");
    code.outdent();
    return code.line("};");
  }
  code.line("explicit Stub(::turbo::rpc::Channel& channel) : channel_(&channel) {}");
  for (const MethodNames& method : service.methods) write_stub_method(code, method);
  code.outdent();
  code.line();
  code.line(" private:");
  code.line("  ::turbo::rpc::Channel* channel_;");
  code.line("};");
}

void write_class(CodeWriter& code, const ServiceNames& service) {
  write_comment(code, *service.descriptor);
  code.line("class " + service.class_name + " {");
  code.line(" public:");
  code.indent();
  write_constants(code, service);
  code.line();
  write_service(code, service);
  code.line();
  write_stub(code, service);
  code.outdent();
  code.line("};");
  code.line();
}

void write_body(CodeWriter& code, const FileNames& file) {
  code.line("#include <string_view>");
  code.line();
  for (const std::string& header : includes_of(file)) code.line("#include \"" + header + "\"");
  code.line();
  if (!file.namespace_name.empty()) {
    code.line("namespace " + file.namespace_name + " {");
    code.line();
  }
  for (const ServiceNames& service : file.services) write_class(code, service);
  if (!file.namespace_name.empty()) {
    code.line("}  // namespace " + file.namespace_name);
    code.line();
  }
}

}  // namespace

std::string write_header(const FileNames& file) {
  CodeWriter code;
  code.line("// Written by protoc-gen-turbo from " + file.descriptor->name() + "; do not edit.");
  if (file.services.empty()) code.line("// It has no services.");
  code.line("#ifndef " + file.guard);
  code.line("#define " + file.guard);
  code.line();
  if (!file.services.empty()) write_body(code, file);
  code.line("#endif  // " + file.guard);
  return code.text();
}

}  // namespace turbo::rpc
