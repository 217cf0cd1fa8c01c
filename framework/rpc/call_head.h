// CallHead: what the head of a request says about a call.
//
// Owner:   views of the request.
// Threads: any.
// Errors:  none: what is malformed is for the dispatcher to refuse.
// Limits:  none.
// Cost:    one walk over the fields.
// Source:  gRPC over HTTP/2, "Requests"; gRPC-Web, "Content-Type".
#ifndef TURBO_RPC_CALL_HEAD_H_
#define TURBO_RPC_CALL_HEAD_H_

#include <cstdint>
#include <string_view>

#include "framework/http/request_head.h"

namespace turbo::rpc {

enum class CallKind : uint8_t {
  kNone,        // not of ours
  kGRPC,        // application/grpc, +proto
  kWeb,         // application/grpc-web, +proto
  kWebText,     // application/grpc-web-text, +proto
  kOtherCodec,  // application/grpc+json and its like, for any of these
};

struct CallHead {
  CallKind kind = CallKind::kNone;
  bool json = false;          // application/json; with any HTTP method
  std::string_view timeout;   // grpc-timeout; empty: none
  std::string_view encoding;  // grpc-encoding; empty: none
};

CallHead read_call_head(const http::RequestHead& request);

// The first kind of a call that the Accept field lists, as its answer; kNone: it lists none.
CallKind accepted_kind(const http::RequestHead& request);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CALL_HEAD_H_
