#include "framework/web/endpoint.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "framework/base/log.h"

namespace turbo::web {

namespace {

class FunctionEndpoint final : public Endpoint {
 public:
  explicit FunctionEndpoint(FunctionHandler function) : function_(std::move(function)) {}
  void start(Invocation& invocation) const override {
    function_(invocation.request(), invocation.response());
    invocation.response().finish();
  }
  Task<> inside(Invocation& invocation) const override {
    function_(invocation.request(), invocation.response());
    co_return;
  }

 private:
  FunctionHandler function_;
};

class CoroutineEndpoint final : public Endpoint {
 public:
  explicit CoroutineEndpoint(CoroutineHandler coroutine) : coroutine_(std::move(coroutine)) {}
  void start(Invocation& invocation) const override {
    invocation.run(coroutine_(invocation.request(), invocation.response()));
  }
  Task<> inside(Invocation& invocation) const override {
    return coroutine_(invocation.request(), invocation.response());
  }

 private:
  CoroutineHandler coroutine_;
};

class ClassEndpoint final : public Endpoint {
 public:
  explicit ClassEndpoint(HandlerFactory factory) : factory_(std::move(factory)) {}
  void start(Invocation& invocation) const override { invocation.run(factory_()); }
  Task<> inside(Invocation& invocation) const override { return invocation.run_inside(factory_()); }

 private:
  HandlerFactory factory_;
};

std::string describe(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

void log_failure(const std::exception_ptr& exception, std::string_view path) {
  static LogLimiter limiter(std::chrono::seconds(1));
  auto held = limiter.admit();
  if (!held.has_value()) return;
  std::string message = "a handler failed: " + describe(exception) + " (";
  message.append(path).append(")");
  log_limited(LogLevel::kError, message, *held);
}

void call_method(RequestHandler& handler, http::Method method) {
  switch (method) {
    case http::Method::kGet:
      return handler.get();
    case http::Method::kHead:
      return handler.head();
    case http::Method::kPost:
      return handler.post();
    case http::Method::kPut:
      return handler.put();
    case http::Method::kDelete:
      return handler.del();
    case http::Method::kOptions:
      return handler.options();
    case http::Method::kPatch:
      return handler.patch();
    case http::Method::kConnect:
    case http::Method::kTrace:
    case http::Method::kUnknown:
      break;  // no handler class has these, so no route leads here
  }
}

}  // namespace

std::unique_ptr<Endpoint> make_endpoint(FunctionHandler function) {
  return std::make_unique<FunctionEndpoint>(std::move(function));
}

std::unique_ptr<Endpoint> make_endpoint(CoroutineHandler coroutine) {
  return std::make_unique<CoroutineEndpoint>(std::move(coroutine));
}

std::unique_ptr<Endpoint> make_endpoint(HandlerFactory factory) {
  return std::make_unique<ClassEndpoint>(std::move(factory));
}

void Invocation::start() {
  try {
    endpoint_->start(*this);
  } catch (...) {
    fail(std::current_exception());
  }
}

RequestHandler& Invocation::keep(std::unique_ptr<RequestHandler> handler) {
  handler_ = std::move(handler);
  handler_->request_ = &request_;
  handler_->response_ = &response_;
  return *handler_;
}

void Invocation::run(std::unique_ptr<RequestHandler> made) {
  RequestHandler& handler = keep(std::move(made));
  handler.prepare();
  if (!response_.finished()) call_method(handler, request_.method());
  if (handler.task_.valid()) return run(std::move(handler.task_));
  finish();
}

Task<> Invocation::run_inside(std::unique_ptr<RequestHandler> made) {
  RequestHandler& handler = keep(std::move(made));
  handler.prepare();
  if (!response_.finished()) call_method(handler, request_.method());
  if (!handler.task_.valid()) co_return;
  Task<> task = std::move(handler.task_);
  co_await task;
}

void Invocation::run(Task<> task) {
  if (!task.valid()) throw std::logic_error("a coroutine handler returned no task");
  task_ = std::move(task);
  exchange_.hold();
  task_.start([this] { on_task_done(); });
}

void Invocation::on_task_done() {
  try {
    task_.result();
    finish();
  } catch (...) {
    fail(std::current_exception());
  }
  exchange_.release();
}

void Invocation::finish() {
  response_.finish();
  if (handler_ != nullptr && !std::exchange(told_finished_, true)) handler_->on_finish();
}

void Invocation::log(const std::exception_ptr& exception) const {
  log_failure(exception, request_.path());
}

void Invocation::fail(std::exception_ptr exception) {
  log(exception);
  response_.send_error(500);
  try {
    finish();
  } catch (...) {
    log(std::current_exception());
  }
}

}  // namespace turbo::web
