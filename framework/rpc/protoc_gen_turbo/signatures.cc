#include "framework/rpc/protoc_gen_turbo/signatures.h"

namespace turbo::rpc {
namespace {

// The same shapes come for each kind: a name for each, by who streams.
std::string by_kind(const MethodNames& method, const char* unary, const char* client_streaming,
                    const char* server_streaming, const char* bidi) {
  if (method.descriptor->client_streaming()) {
    return method.descriptor->server_streaming() ? bidi : client_streaming;
  }
  return method.descriptor->server_streaming() ? server_streaming : unary;
}

std::string both_types(const MethodNames& method) {
  return "<" + method.request + ", " + method.reply + ">";
}

}  // namespace

bool is_unary(const MethodNames& method) {
  return !method.descriptor->client_streaming() && !method.descriptor->server_streaming();
}

std::string kind_of(const MethodNames& method) {
  return by_kind(method, "kUnary", "kClientStreaming", "kServerStreaming", "kBidiStreaming");
}

std::vector<std::string> coroutine_parameters(const MethodNames& method) {
  const bool client_streams = method.descriptor->client_streaming();
  const bool server_streams = method.descriptor->server_streaming();
  std::vector<std::string> parameters = {"::turbo::rpc::ServerContext& context"};
  if (client_streams && server_streams) {
    parameters.push_back("::turbo::rpc::ServerStream" + both_types(method) + "& stream");
    return parameters;
  }
  parameters.push_back(client_streams ? "::turbo::rpc::ServerReader<" + method.request + ">& reader"
                                      : "const " + method.request + "& request");
  parameters.push_back(server_streams ? "::turbo::rpc::ServerWriter<" + method.reply + ">& writer"
                                      : method.reply + "& reply");
  return parameters;
}

std::string call_type(const MethodNames& method) {
  return "::turbo::rpc::" +
         by_kind(method, "UnaryCall", "ClientStreamingCall", "ServerStreamingCall", "BidiCall") +
         both_types(method);
}

std::string stub_type(const MethodNames& method) {
  if (is_unary(method)) return "void";
  const std::string name = by_kind(method, "", "ClientWriter", "ClientReader", "ClientStream");
  return "::turbo::rpc::" + name +
         (method.descriptor->client_streaming() ? both_types(method) : "<" + method.reply + ">");
}

std::vector<std::string> stub_parameters(const MethodNames& method) {
  std::vector<std::string> parameters = {"::turbo::rpc::ClientContext& context"};
  if (!method.descriptor->client_streaming()) {
    parameters.push_back("const " + method.request + "& request");
  }
  if (is_unary(method)) {
    parameters.push_back("::absl::AnyInvocable<void(::absl::StatusOr<" + method.reply + ">)> done");
  }
  return parameters;
}

std::vector<std::string> without_names(std::vector<std::string> parameters) {
  for (std::string& parameter : parameters) parameter.resize(parameter.rfind(' '));
  return parameters;
}

}  // namespace turbo::rpc
