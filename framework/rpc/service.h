// Service: the base of the services that protoc-gen-turbo writes: what a program overrides the
// methods of. Generated code includes this header.
//
//   class GreeterService : public helloworld::Greeter::Service {
//     Task<absl::Status> say_hello(rpc::ServerContext&, const HelloRequest& request,
//                                  HelloReply& reply) override {
//       reply.set_message("Hello, " + request.name());
//       co_return absl::OkStatus();
//     }
//   };
//
// Owner:   see services.h.
// Threads: one made for each loop is called on that loop; one that all loops share, on all at once,
//          on_start() and on_drain() included.
// Errors:  what a method throws is logged and answered with kUnknown.
// Limits:  none.
// Cost:    a virtual call.
#ifndef TURBO_RPC_SERVICE_H_
#define TURBO_RPC_SERVICE_H_

#include "absl/status/status.h"
#include "framework/loop/io_loop.h"
#include "framework/loop/task.h"
#include "framework/rpc/method.h"
#include "framework/rpc/method_table.h"
#include "framework/rpc/server_context.h"
#include "framework/rpc/server_method.h"
#include "framework/rpc/server_stream.h"

namespace turbo::rpc {

class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // For the dispatcher of a loop.
  virtual void add_methods(MethodTable& methods) = 0;
  // The loop begins to serve; `methods` are those of all its services, and outlive its calls.
  virtual void on_start(IOLoop& loop, const MethodTable& methods) { (void)loop, (void)methods; }
  // The loop's server drains: calls without an end of their own should come to it, or they are cut.
  virtual void on_drain() {}
};

// What a method answers that was not overridden.
absl::Status unimplemented(const Method& method);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVICE_H_
