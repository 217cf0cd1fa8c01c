// MethodOptions: the limits of a method's calls. MethodEntry: a method as one loop serves it.
//
// Owner:   options are values; entries belong to the loop's method table.
// Threads: entries: their loop's.
// Errors:  none.
// Limits:  these are they.
// Cost:    none.
#ifndef TURBO_RPC_METHOD_ENTRY_H_
#define TURBO_RPC_METHOD_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "framework/base/clock.h"
#include "framework/rpc/message_reader.h"
#include "framework/rpc/method.h"
#include "framework/rpc/timeout.h"
#include "framework/server/exchange.h"

namespace turbo::rpc {

class CallFormat;
class ServerCall;
struct Interceptor;

struct MethodOptions {
  // One message, as sent and as decompressed. gRPC's own default.
  size_t max_request_bytes = MessageReader::kDefaultMaxMessageBytes;
  // Replies are the program's own, so their limit is the client's to set.
  size_t max_reply_bytes = std::numeric_limits<int32_t>::max();
  // Calls of the method open at once, on each loop; those above are answered kResourceExhausted.
  size_t max_concurrent_calls = std::numeric_limits<size_t>::max();
  // For calls whose client names no deadline; 0: they may take for ever.
  Duration default_timeout = Duration::zero();
  // What a client may ask for; a longer grpc-timeout is this one.
  Duration max_timeout = kMaxTimeout;
};

class MethodEntry {
 public:
  explicit MethodEntry(const Method& method) : method(method) {}
  MethodEntry(const MethodEntry&) = delete;
  MethodEntry& operator=(const MethodEntry&) = delete;
  virtual ~MethodEntry() = default;

  virtual std::unique_ptr<ServerCall> make_call(Exchange& exchange,
                                                std::unique_ptr<CallFormat> format) = 0;

  const Method method;
  MethodOptions options;
  bool has_own_options = false;  // set by the service
  std::span<const Interceptor> interceptors;
  size_t open_calls = 0;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_METHOD_ENTRY_H_
