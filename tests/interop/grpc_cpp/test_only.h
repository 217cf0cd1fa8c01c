// What gRPC C++ shows to its own interop tests: how a message came.
#ifndef TURBO_TESTS_INTEROP_GRPC_CPP_TEST_ONLY_H_
#define TURBO_TESTS_INTEROP_GRPC_CPP_TEST_ONLY_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>

// The library has it, its headers do not.
uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace grpc::testing {

inline bool was_compressed(grpc_call* call) {
  constexpr uint32_t kWasCompressed = 0x40000000;
  return (grpc_call_test_only_get_message_flags(call) & kWasCompressed) != 0;
}

// Friends of the contexts, by these names.
class InteropServerContextInspector {
 public:
  static bool request_was_compressed(const ServerContext& context) {
    return was_compressed(context.call_.call);
  }
};
class InteropClientContextInspector {
 public:
  static bool reply_was_compressed(const ClientContext& context) {
    return was_compressed(context.call_);
  }
};

}  // namespace grpc::testing

#endif  // TURBO_TESTS_INTEROP_GRPC_CPP_TEST_ONLY_H_
