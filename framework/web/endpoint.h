// Endpoint: what answers one method of one route: a function, a coroutine or a handler class.
// Invocation: one run of an endpoint, kept with its exchange.
//
// Owner:   endpoints belong to the Application, invocations to their exchange.
// Threads: endpoints are used by all loops at once and do not change; an invocation is its loop's.
// Errors:  exceptions of user code are answered with 500 and logged, at most once a second.
// Limits:  none of its own.
// Cost:    an invocation is one piece of the loop's pool.
#ifndef TURBO_WEB_ENDPOINT_H_
#define TURBO_WEB_ENDPOINT_H_

#include <exception>
#include <memory>
#include <span>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "framework/http/router.h"
#include "framework/loop/task.h"
#include "framework/server/exchange.h"
#include "framework/web/request.h"
#include "framework/web/request_handler.h"
#include "framework/web/response.h"

namespace turbo::web {

class Invocation;

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  // Answers, or lets the invocation run a task. May throw.
  virtual void start(Invocation& invocation) const = 0;
  // The same for an endpoint that middleware stands around: the task ends when the handler has, and
  // leaves the response open.
  virtual Task<> inside(Invocation& invocation) const = 0;
};

class Invocation final : public ExchangeAttachment {
 public:
  explicit Invocation(Exchange& exchange)
      : exchange_(exchange), request_(exchange, match_), response_(exchange) {}

  // Filled by the router before start().
  http::RouteMatch& match() { return match_; }
  void set_endpoint(const Endpoint& endpoint) { endpoint_ = &endpoint; }
  // Lets `outer` stand around the endpoint set before.
  void wrap(const Endpoint& outer) { inner_ = std::exchange(endpoint_, &outer); }

  // Runs the endpoint; whatever it does ends in one answer.
  void start();

  // ---- for endpoints ----
  Request& request() { return request_; }
  Response& response() { return response_; }
  // Finishes the response when the task has ended.
  void run(Task<> task);
  void run(std::unique_ptr<RequestHandler> handler);
  // What is inside of the outer endpoint.
  Task<> run_inside() { return inner_->inside(*this); }
  Task<> run_inside(std::unique_ptr<RequestHandler> handler);
  // Answers with 500, and logs.
  void fail(std::exception_ptr exception);
  void log(const std::exception_ptr& exception) const;
  void send_error(int status, std::span<const http::Field> fields = {}) {
    exchange_.send_error(status, {}, fields);
  }

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

 private:
  void finish();
  void on_task_done();
  RequestHandler& keep(std::unique_ptr<RequestHandler> handler);

  Exchange& exchange_;
  const Endpoint* endpoint_ = nullptr;
  const Endpoint* inner_;  // set by wrap()
  http::RouteMatch match_;
  Request request_;
  Response response_;
  std::unique_ptr<RequestHandler> handler_;
  bool told_finished_ = false;  // on_finish() has been called
  Task<> task_;  // the last member: destroyed first, since it may refer to all others
};

using FunctionHandler = absl::AnyInvocable<void(Request&, Response&) const>;
using CoroutineHandler = absl::AnyInvocable<Task<>(Request&, Response&) const>;
using HandlerFactory = absl::AnyInvocable<std::unique_ptr<RequestHandler>() const>;

std::unique_ptr<Endpoint> make_endpoint(FunctionHandler function);
std::unique_ptr<Endpoint> make_endpoint(CoroutineHandler coroutine);
std::unique_ptr<Endpoint> make_endpoint(HandlerFactory factory);

}  // namespace turbo::web

#endif  // TURBO_WEB_ENDPOINT_H_
