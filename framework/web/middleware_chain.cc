#include "framework/web/middleware_chain.h"

#include <exception>
#include <stdexcept>
#include <utility>

#include "framework/server/output_filter.h"

namespace turbo::web {

Task<> Next::operator()() {
  if (chain_ == nullptr) throw std::logic_error("an around calls next() once");
  return std::exchange(chain_, nullptr)->run_around(*invocation_, position_);
}

class MiddlewareChain::AroundEndpoint final : public Endpoint {
 public:
  explicit AroundEndpoint(const MiddlewareChain& chain) : chain_(chain) {}
  void start(Invocation& invocation) const override {
    invocation.run(chain_.run_around(invocation, 0));
  }
  Task<> inside(Invocation& invocation) const override { return chain_.run_around(invocation, 0); }

 private:
  const MiddlewareChain& chain_;
};

// When the exchange is recycled early the invocation goes first, then the filter, which is not
// called any more.
class MiddlewareChain::AfterFilter final : public OutputFilter {
 public:
  AfterFilter(const MiddlewareChain& chain, Invocation& invocation)
      : chain_(chain), invocation_(invocation) {}
  void on_head(Exchange&, const Buffer&, bool) override { chain_.run_after(invocation_); }

 private:
  const MiddlewareChain& chain_;
  Invocation& invocation_;
};

MiddlewareChain::MiddlewareChain() : around_endpoint_(std::make_unique<AroundEndpoint>(*this)) {}

void MiddlewareChain::assign(const MiddlewareChain* outer,
                             const std::vector<std::unique_ptr<const Middleware>>& inner) {
  before_ = outer == nullptr ? std::vector<const Middleware*>() : outer->before_;
  after_ = outer == nullptr ? std::vector<const Middleware*>() : outer->after_;
  around_ = outer == nullptr ? std::vector<const Middleware*>() : outer->around_;
  for (const std::unique_ptr<const Middleware>& each : inner) {
    if (each->before) before_.push_back(each.get());
    if (each->after) after_.push_back(each.get());
    if (each->around) around_.push_back(each.get());
  }
}

bool MiddlewareChain::begin(Exchange& exchange, Invocation& invocation) const {
  if (!around_.empty()) invocation.wrap(*around_endpoint_);
  if (!after_.empty()) exchange.add_output_filter(std::make_unique<AfterFilter>(*this, invocation));
  try {
    for (const Middleware* each : before_) {
      each->before(invocation.request(), invocation.response());
      if (invocation.response().finished()) return false;
    }
    return true;
  } catch (...) {
    invocation.fail(std::current_exception());
    return false;
  }
}

void MiddlewareChain::run_after(Invocation& invocation) const {
  for (auto each = after_.rbegin(); each != after_.rend(); ++each) {
    try {
      (*each)->after(invocation.request(), invocation.response());
    } catch (...) {
      invocation.log(std::current_exception());
    }
  }
}

Task<> MiddlewareChain::run_around(Invocation& invocation, size_t position) const {
  if (position == around_.size()) return invocation.run_inside();
  return around_[position]->around(invocation.request(), invocation.response(),
                                   Next(invocation, *this, position + 1));
}

}  // namespace turbo::web
