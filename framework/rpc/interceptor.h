// Interceptor: what is done for many calls alike, around their methods.
//
//   services.use({.before = [](rpc::ServerContext& context) {
//     return context.metadata().find("authorization") ? absl::OkStatus() : denied();
//   }});
//   services.use({.around = [](rpc::ServerContext& context, rpc::NextMethod next) ->
//   Task<absl::Status> {
//     auto inner = next();                       // not called: the method does not run
//     absl::Status status = co_await inner;      // kUnknown, if the method threw
//     co_return status;                          // what the client gets
//   }});
//   services.use({.after = [](rpc::ServerContext& context, const absl::Status& status) {
//     count(context.method().path, status.code());
//   }});
//
//   before  when the call has come, before its messages; in the order used. What is not OK is the
//           answer: neither what follows nor the method runs.
//   around  when the method would run; in the order used, each inside of those before it.
//   after   once for each call that was begun, which one of an unknown method, above its method's
//           limit or with a malformed timeout was not, with what it came to: the method's status,
//           an error of ours, or kCancelled if the client has gone; in reverse order. Of a call
//           that still has an answer, trailing metadata may be added.
//
// Owner:   Services.
// Threads: all loops at once, like methods.
// Errors:  what before and around throw is the method's failure. after must not throw.
// Limits:  none.
// Cost:    none without interceptors; a frame of the loop's pool for each around.
#ifndef TURBO_RPC_INTERCEPTOR_H_
#define TURBO_RPC_INTERCEPTOR_H_

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/loop/task.h"
#include "framework/rpc/server_context.h"

namespace turbo::rpc {

class ServerCall;

// What an around stands around: those behind it and the method. A value; called once.
class NextMethod {
 public:
  NextMethod(ServerCall& call, size_t position) : call_(&call), position_(position) {}
  Task<absl::Status> operator()();

 private:
  ServerCall* call_;
  size_t position_;
};

struct Interceptor {
  // Each may be left out.
  absl::AnyInvocable<absl::Status(ServerContext&) const> before = nullptr;
  // A coroutine. Its captures must be those of a lambda that lives in Services.
  absl::AnyInvocable<Task<absl::Status>(ServerContext&, NextMethod) const> around = nullptr;
  absl::AnyInvocable<void(ServerContext&, const absl::Status&) const> after = nullptr;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_INTERCEPTOR_H_
