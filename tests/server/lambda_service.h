// A service whose answers are functions.
#ifndef TURBO_TESTS_SERVER_LAMBDA_SERVICE_H_
#define TURBO_TESTS_SERVER_LAMBDA_SERVICE_H_

#include <functional>
#include <memory>
#include <utility>

#include "framework/server/dispatcher.h"

namespace turbo {

class LambdaService final : public Service {
 public:
  using Function = std::function<void(Exchange&)>;
  explicit LambdaService(
      Function on_request, Function on_head = [](Exchange&) {})
      : on_request_(std::move(on_request)), on_head_(std::move(on_head)) {}

  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop&) override {
    return std::make_unique<LambdaDispatcher>(*this);
  }

 private:
  struct LambdaDispatcher final : Dispatcher {
    explicit LambdaDispatcher(LambdaService& service) : service(service) {}
    void on_head(Exchange& exchange) override { service.on_head_(exchange); }
    void on_request(Exchange& exchange) override { service.on_request_(exchange); }
    LambdaService& service;
  };

  Function on_request_;
  Function on_head_;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_LAMBDA_SERVICE_H_
