// Signatures: the types and parameters of a method's functions, which the header declares and the
// source defines.
//
// Owner:   values.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    runs in protoc, a few times a method.
#ifndef TURBO_RPC_PROTOC_GEN_TURBO_SIGNATURES_H_
#define TURBO_RPC_PROTOC_GEN_TURBO_SIGNATURES_H_

#include <string>
#include <string_view>
#include <vector>

#include "framework/rpc/protoc_gen_turbo/names.h"

namespace turbo::rpc {

bool is_unary(const MethodNames& method);

// The method's MethodKind: "kUnary" and so on.
std::string kind_of(const MethodNames& method);

// Of the coroutine a server implements.
inline constexpr std::string_view kCoroutineType = "::turbo::Task<::absl::Status>";
std::vector<std::string> coroutine_parameters(const MethodNames& method);

// What the call that is finished later comes as: UnaryCall<HelloRequest, HelloReply>.
std::string call_type(const MethodNames& method);

// Of the stub's function in the source: the object that streams, or nothing where a callback takes
// the reply.
std::string stub_type(const MethodNames& method);
std::vector<std::string> stub_parameters(const MethodNames& method);

// "foo(Bar& bar)" as "foo(Bar&)", for a definition that uses none of them.
std::vector<std::string> without_names(std::vector<std::string> parameters);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOC_GEN_TURBO_SIGNATURES_H_
