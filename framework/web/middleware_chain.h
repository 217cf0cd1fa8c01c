// MiddlewareChain: the middleware that stands around one scope's routes, in the order it runs.
// Private to the room.
//
// Owner:   its Scope; refers to the Middleware of that scope and of those around it.
// Threads: read by all loops at once, once the server listens.
// Errors:  middleware.h says what becomes of exceptions.
// Limits:  none.
// Cost:    see middleware.h.
#ifndef TURBO_WEB_MIDDLEWARE_CHAIN_H_
#define TURBO_WEB_MIDDLEWARE_CHAIN_H_

#include <memory>
#include <vector>

#include "framework/web/endpoint.h"
#include "framework/web/middleware.h"

namespace turbo::web {

class MiddlewareChain {
 public:
  MiddlewareChain();
  MiddlewareChain(const MiddlewareChain&) = delete;
  MiddlewareChain& operator=(const MiddlewareChain&) = delete;

  // Becomes `outer` and then `inner`.
  void assign(const MiddlewareChain* outer,
              const std::vector<std::unique_ptr<const Middleware>>& inner);
  bool empty() const { return before_.empty() && after_.empty() && around_.empty(); }

  // Puts the chain around an invocation that has its endpoint and is attached: has the after called
  // when the answer leaves, calls each before. Answers whether the endpoint is still to be run.
  bool begin(Exchange& exchange, Invocation& invocation) const;
  bool has_around() const { return !around_.empty(); }

  // ---- for Next and the filter ----
  Task<> run_around(Invocation& invocation, size_t position) const;
  void run_after(Invocation& invocation) const;

 private:
  class AroundEndpoint;
  class AfterFilter;

  std::vector<const Middleware*> before_;
  std::vector<const Middleware*> after_;  // in the order they are used, not called
  std::vector<const Middleware*> around_;
  std::unique_ptr<const Endpoint> around_endpoint_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_MIDDLEWARE_CHAIN_H_
