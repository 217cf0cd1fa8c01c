// Scope: what an application says about all of its routes: its middleware, the options they have
// where they name none, and what answers paths it does not know. An application mounted in another
// one, or a host's, is a scope inside of that. Private to the room.
//
// Owner:   a RouteTable.
// Threads: read by all loops at once, once the server listens.
// Errors:  none.
// Limits:  none.
// Cost:    none of its own.
#ifndef TURBO_WEB_SCOPE_H_
#define TURBO_WEB_SCOPE_H_

#include <memory>
#include <utility>
#include <vector>

#include "framework/web/endpoint.h"
#include "framework/web/middleware.h"
#include "framework/web/middleware_chain.h"
#include "framework/web/route_options.h"

namespace turbo::web {

class Scope {
 public:
  void set_outer(const Scope& outer) { outer_ = &outer; }
  void use(Middleware middleware) {
    own_.push_back(std::make_unique<const Middleware>(std::move(middleware)));
  }
  void set_default_endpoint(std::shared_ptr<Endpoint> endpoint) {
    default_endpoint_ = std::move(endpoint);
  }
  // What routes take that do not say it themselves.
  void set_options(const RouteOptions& options) { options_ = options; }

  // Once all is said, the outer scope first.
  void seal() {
    if (outer_ != nullptr) options_ = options_.inside(outer_->options_);
    if (default_endpoint_ != nullptr) default_endpoint_->settle(options_);
    chain_.assign(outer_ == nullptr ? nullptr : &outer_->chain_, own_);
  }

  const RouteOptions& options() const { return options_; }
  const MiddlewareChain& chain() const { return chain_; }
  // Null: none here, nor further out.
  const Endpoint* default_endpoint() const {
    if (default_endpoint_ != nullptr || outer_ == nullptr) return default_endpoint_.get();
    return outer_->default_endpoint();
  }

 private:
  const Scope* outer_ = nullptr;
  std::vector<std::unique_ptr<const Middleware>> own_;
  MiddlewareChain chain_;
  RouteOptions options_;
  std::shared_ptr<Endpoint> default_endpoint_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_SCOPE_H_
