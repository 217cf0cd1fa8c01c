#include "framework/web/endpoint.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "framework/base/views.h"
#include "framework/web/failure.h"

namespace turbo::web {

namespace {

class FunctionEndpoint final : public Endpoint {
 public:
  FunctionEndpoint(FunctionHandler function, const RouteOptions& options)
      : Endpoint(options), function_(std::move(function)) {}
  void start(Invocation& invocation) const override {
    call(invocation);
    invocation.exchange().finish();
  }
  Task<> inside(Invocation& invocation) const override {
    call(invocation);
    co_return;
  }

 private:
  void call(Invocation& invocation) const {
    if (!plain()) [[unlikely]]
      invocation.check(options());
    function_(invocation.request(), invocation.response());
  }

  FunctionHandler function_;
};

class CoroutineEndpoint final : public Endpoint {
 public:
  CoroutineEndpoint(CoroutineHandler coroutine, const RouteOptions& options)
      : Endpoint(options), coroutine_(std::move(coroutine)) {}
  void start(Invocation& invocation) const override { invocation.run(inside(invocation)); }
  Task<> inside(Invocation& invocation) const override {
    if (!plain()) [[unlikely]]
      invocation.check(options());
    return coroutine_(invocation.request(), invocation.response());
  }

 private:
  CoroutineHandler coroutine_;
};

class ClassEndpoint final : public Endpoint {
 public:
  explicit ClassEndpoint(HandlerClass handler_class)
      : Endpoint(handler_class.options), class_(std::move(handler_class)) {}
  void start(Invocation& invocation) const override {
    invocation.run(class_.make(), class_, options());
  }
  Task<> inside(Invocation& invocation) const override {
    return invocation.run_inside(class_.make(), class_, options());
  }

 private:
  HandlerClass class_;
};

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

bool is_plain(const RouteOptions& options) {
  return !options.stream_body && !options.max_body_bytes.has_value() &&
         !options.check_xsrf.value_or(false) && !options.etag.value_or(false);
}

std::vector<http::Field> fields_of(const HTTPError& error) {
  std::vector<http::Field> fields;
  for (const auto& [name, value] : error.headers()) fields.push_back({name, value});
  return fields;
}

}  // namespace

Endpoint::Endpoint(const RouteOptions& options) : options_(options), plain_(is_plain(options)) {}

void Endpoint::settle(const RouteOptions& outer) {
  options_ = options_.inside(outer);
  plain_ = is_plain(options_);
}

std::unique_ptr<Endpoint> make_endpoint(FunctionHandler function, const RouteOptions& options) {
  return std::make_unique<FunctionEndpoint>(std::move(function), options);
}

std::unique_ptr<Endpoint> make_endpoint(CoroutineHandler coroutine, const RouteOptions& options) {
  return std::make_unique<CoroutineEndpoint>(std::move(coroutine), options);
}

std::unique_ptr<Endpoint> make_endpoint(HandlerClass handler_class) {
  return std::make_unique<ClassEndpoint>(std::move(handler_class));
}

void Invocation::apply(const RouteOptions& options) {
  if (options.stream_body) exchange().stream_body();
  if (options.max_body_bytes.has_value()) exchange().set_max_body_bytes(*options.max_body_bytes);
  if (options.etag.value_or(false)) response_.enable_etag();
}

void Invocation::start() {
  try {
    endpoint_->start(*this);
  } catch (...) {
    fail(std::current_exception());
  }
}

void Invocation::keep(std::unique_ptr<RequestHandler> handler, const HandlerClass& handler_class,
                      const RouteOptions& options) {
  handler_ = std::move(handler);
  handler_->request_ = &request_;
  handler_->response_ = &response_;
  takes_pieces_ = handler_class.takes_pieces;
  if (handler_class.watches_client) request_.on_client_gone([this] { on_client_gone(); });
  handler_->set_default_headers();
  check(options);
}

void Invocation::run(std::unique_ptr<RequestHandler> handler, const HandlerClass& handler_class,
                     const RouteOptions& options) {
  keep(std::move(handler), handler_class, options);
  if (!advance()) return run(advance_to_end());
  end();
  tell_finished();
}

Task<> Invocation::run_inside(std::unique_ptr<RequestHandler> handler,
                              const HandlerClass& handler_class, const RouteOptions& options) {
  keep(std::move(handler), handler_class, options);
  return advance_to_end();
}

// Takes the handler's steps until one of them has to be waited for (false) or all are done.
bool Invocation::advance() {
  while (step_ != Step::kEnd && !response_.finished()) {
    switch (step_) {
      case Step::kPrepare:
        step_ = Step::kBody;
        handler_->prepare();
        break;
      case Step::kBody:
        if (takes_pieces_) return false;
        step_ = Step::kMethod;
        break;
      case Step::kMethod:
        step_ = Step::kEnd;
        call_method(*handler_, request_.method());
        break;
      case Step::kEnd:
        break;
    }
    if (handler_->task_.valid()) return false;
  }
  return true;
}

Task<> Invocation::advance_to_end() {
  while (handler_->task_.valid() || !advance()) {
    if (handler_->task_.valid()) {
      Task<> task = std::move(handler_->task_);
      co_await task;
    } else {
      auto read = request_.read_body();
      absl::StatusOr<Buffer> piece = co_await read;
      take_piece(std::move(piece));
    }
  }
}

void Invocation::take_piece(absl::StatusOr<Buffer> piece) {
  if (!piece.ok()) throw std::logic_error(std::string(to_std(piece.status().message())));
  if (piece->empty()) {
    step_ = Step::kMethod;
  } else {
    handler_->data_received(*std::move(piece));
  }
}

void Invocation::on_client_gone() {
  try {
    handler_->on_connection_close();
  } catch (...) {
    log(std::current_exception());
  }
}

void Invocation::run(Task<> task) {
  if (!task.valid()) throw std::logic_error("a coroutine handler returned no task");
  task_ = std::move(task);
  exchange().hold();
  task_.start([this] { on_task_done(); });
}

void Invocation::on_task_done() {
  try {
    task_.result();
    end();
    tell_finished();
  } catch (...) {
    fail(std::current_exception());
  }
  exchange().release();
}

void Invocation::tell_finished() {
  if (!response_.finished() || handler_ == nullptr) return;
  if (!std::exchange(told_finished_, true)) handler_->on_finish();
}

void Invocation::on_finished_later() {
  rare().finishes_later = false;
  try {
    tell_finished();
  } catch (...) {
    log(std::current_exception());
  }
  exchange().release();
}

void Invocation::log(const std::exception_ptr& exception) const {
  log_failure({500, {}, exception}, request_.path());
}

void Invocation::fail(const std::exception_ptr& exception) {
  step_ = Step::kEnd;
  if (handler_ != nullptr) handler_->task_ = Task<>();
  try {
    answer_exception(exception);
    tell_finished();
  } catch (...) {
    log(std::current_exception());
    exchange().send_error(500);  // unless it was on_finish() that threw
  }
}

void Invocation::answer_exception(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Finish&) {
    response_.finish();
  } catch (const HTTPError& error) {
    const std::vector<http::Field> fields = fields_of(error);
    log_and_answer({error.status(), error.message(), exception}, fields);
  } catch (...) {
    const std::string text = options().debug ? describe(exception) : std::string();
    log_and_answer({500, text, exception}, {});
  }
}

void Invocation::log_and_answer(const Failure& failure, std::span<const http::Field> fields) {
  if (handler_ != nullptr) {
    handler_->log_exception(failure);
  } else {
    log_failure(failure, request_.path());
  }
  answer_failure(failure, fields);
}

void Invocation::answer_failure(const Failure& failure, std::span<const http::Field> fields) {
  if (exchange().finished()) return;
  // Half an answer is cut, and an error page that fails itself is none.
  if (exchange().head_sent() || std::exchange(failing_, true)) {
    exchange().send_error(failure.status);
  } else {
    try {
      write_failure(failure, fields);
    } catch (...) {
      log(std::current_exception());
      exchange().send_error(failure.status);
    }
  }
  response_.finish();
}

void Invocation::write_failure(const Failure& failure, std::span<const http::Field> fields) {
  exchange().clear_response();
  response_.set_status(failure.status);
  if (handler_ != nullptr) handler_->set_default_headers();
  for (const http::Field& field : fields) response_.set_header(field.name, field.value);
  if (handler_ != nullptr) {
    handler_->write_error(failure);
  } else {
    write_failure_page(request_, response_, failure);
  }
}

}  // namespace turbo::web
