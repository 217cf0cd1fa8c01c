// Method: what is known of an RPC method without its code. protoc-gen-turbo writes one constant for
// each method of a service.
//
// Owner:   constants of the program.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    none.
#ifndef TURBO_RPC_METHOD_H_
#define TURBO_RPC_METHOD_H_

#include <cstdint>
#include <string_view>

namespace turbo::rpc {

// Who sends more than one message.
enum class MethodKind : uint8_t {
  kUnary,
  kClientStreaming,
  kServerStreaming,
  kBidiStreaming,
};

constexpr bool client_streams(MethodKind kind) {
  return kind == MethodKind::kClientStreaming || kind == MethodKind::kBidiStreaming;
}
constexpr bool server_streams(MethodKind kind) {
  return kind == MethodKind::kServerStreaming || kind == MethodKind::kBidiStreaming;
}

struct Method {
  std::string_view path;  // "/helloworld.Greeter/SayHello"
  MethodKind kind;

  // "helloworld.Greeter" and "SayHello".
  constexpr std::string_view service() const { return path.substr(1, path.rfind('/') - 1); }
  constexpr std::string_view name() const { return path.substr(path.rfind('/') + 1); }
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_METHOD_H_
