// Endpoint: what answers one method of one route: a function, a coroutine or a handler class.
// Invocation: one run of an endpoint, kept with its exchange.
//
// Owner:   endpoints belong to the Application, invocations to their exchange.
// Threads: endpoints are used by all loops at once and do not change; an invocation is its loop's.
// Errors:  exceptions of user code are answered and logged, at most once a second: HTTPError with
//          its status, others with 500.
// Limits:  none of its own.
// Cost:    an invocation is one piece of the loop's pool. An endpoint without options costs nothing
//          for them.
#ifndef TURBO_WEB_ENDPOINT_H_
#define TURBO_WEB_ENDPOINT_H_

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/task.h"
#include "framework/server/exchange.h"
#include "framework/web/context.h"
#include "framework/web/request.h"
#include "framework/web/request_handler.h"
#include "framework/web/response.h"
#include "framework/web/route_options.h"

namespace turbo::web {

class Invocation;

class Endpoint {
 public:
  explicit Endpoint(const RouteOptions& options = {});
  virtual ~Endpoint() = default;
  // Answers, or lets the invocation run a task. May throw.
  virtual void start(Invocation& invocation) const = 0;
  // The same for an endpoint that middleware stands around: the task ends when the handler has, and
  // leaves the response open.
  virtual Task<> inside(Invocation& invocation) const = 0;

  const RouteOptions& options() const { return options_; }
  // No option is set.
  bool plain() const { return plain_; }
  // Takes what the options leave open from those of the scope. Before the server listens.
  void settle(const RouteOptions& outer);

 private:
  RouteOptions options_;
  bool plain_;
};

// A RequestHandler subclass as an endpoint needs it.
struct HandlerClass {
  absl::AnyInvocable<std::unique_ptr<RequestHandler>() const> make;
  RouteOptions options;         // as its constants say
  bool takes_pieces = false;    // overrides data_received()
  bool watches_client = false;  // overrides on_connection_close()
};

class Invocation final : public Context {
 public:
  Invocation(Exchange& exchange, const ApplicationOptions& options)
      : Context(exchange, options), request_(*this), response_(*this) {}

  // Once the head has come.
  void set_endpoint(const Endpoint& endpoint) {
    endpoint_ = &endpoint;
    if (!endpoint.plain()) [[unlikely]]
      apply(endpoint.options());
  }

  // Lets `outer` stand around the endpoint set before.
  void wrap(const Endpoint& outer) { inner_ = std::exchange(endpoint_, &outer); }

  // Runs the endpoint; whatever it does ends in one answer.
  void start();

  Request& request() { return request_; }
  Response& response() { return response_; }
  void answer_failure(const Failure& failure, std::span<const http::Field> fields) override;

  // What was thrown, answered and logged; or only logged.
  void fail(const std::exception_ptr& exception);
  void log(const std::exception_ptr& exception) const;
  void send_error(int status, std::span<const http::Field> fields = {}) {
    answer_failure({status, {}, nullptr}, fields);
  }

  // ---- for endpoints ----
  // What the options want of a request before it is answered. May throw.
  void check(const RouteOptions& options) {
    if (options.check_xsrf.value_or(false)) request_.check_xsrf();
  }
  // Finishes the response, unless it is to be finished later.
  void end() {
    if (!finishes_later()) exchange().finish();
  }
  // Finishes the response when the task has ended.
  void run(Task<> task);
  void run(std::unique_ptr<RequestHandler> handler, const HandlerClass& handler_class,
           const RouteOptions& options);
  // What is inside of the outer endpoint.
  Task<> run_inside() { return inner_->inside(*this); }
  Task<> run_inside(std::unique_ptr<RequestHandler> handler, const HandlerClass& handler_class,
                    const RouteOptions& options);

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

 private:
  // What a handler object does next.
  enum class Step : uint8_t { kPrepare, kBody, kMethod, kEnd };

  void apply(const RouteOptions& options);
  void keep(std::unique_ptr<RequestHandler> handler, const HandlerClass& handler_class,
            const RouteOptions& options);
  bool advance();
  Task<> advance_to_end();
  void take_piece(absl::StatusOr<Buffer> piece);
  void on_client_gone();
  void on_task_done();
  void on_finished_later() override;
  void tell_finished();
  void answer_exception(const std::exception_ptr& exception);
  void log_and_answer(const Failure& failure, std::span<const http::Field> fields);
  void write_failure(const Failure& failure, std::span<const http::Field> fields);

  const Endpoint* endpoint_ = nullptr;
  const Endpoint* inner_;  // set by wrap()
  Request request_;
  Response response_;
  std::unique_ptr<RequestHandler> handler_;
  Step step_ = Step::kPrepare;  // the next one
  bool takes_pieces_ = false;   // by data_received()
  bool told_finished_ = false;  // on_finish() has been called
  bool failing_ = false;        // an error page is being written
  Task<> task_;  // the last member: destroyed first, since it may refer to all others
};

using FunctionHandler = absl::AnyInvocable<void(Request&, Response&) const>;
using CoroutineHandler = absl::AnyInvocable<Task<>(Request&, Response&) const>;

std::unique_ptr<Endpoint> make_endpoint(FunctionHandler function, const RouteOptions& options = {});
std::unique_ptr<Endpoint> make_endpoint(CoroutineHandler coroutine,
                                        const RouteOptions& options = {});
std::unique_ptr<Endpoint> make_endpoint(HandlerClass handler_class);

// `arguments` are copied into the constructor of each handler.
template <class Handler, class... Arguments>
HandlerClass handler_class(Arguments... arguments) {
  static_assert(std::is_base_of_v<RequestHandler, Handler>);
  HandlerClass result;
  result.make = [arguments = std::make_tuple(std::move(arguments)...)] {
    return std::apply(
        [](const Arguments&... each) -> std::unique_ptr<RequestHandler> {
          return std::make_unique<Handler>(each...);
        },
        arguments);
  };
  using TakePiece = void (RequestHandler::*)(Buffer);
  using Watch = void (RequestHandler::*)();
  result.takes_pieces = !std::is_same_v<decltype(&Handler::data_received), TakePiece>;
  result.watches_client = !std::is_same_v<decltype(&Handler::on_connection_close), Watch>;
  result.options.stream_body = result.takes_pieces;
  if constexpr (requires { Handler::kStreamsBody; }) {
    result.options.stream_body = Handler::kStreamsBody;
  }
  if constexpr (requires { Handler::kMaxBodyBytes; }) {
    result.options.max_body_bytes = Handler::kMaxBodyBytes;
  }
  if constexpr (requires { Handler::kChecksXSRF; }) {
    result.options.check_xsrf = Handler::kChecksXSRF;
  }
  if constexpr (requires { Handler::kHasETag; }) result.options.etag = Handler::kHasETag;
  return result;
}

}  // namespace turbo::web

#endif  // TURBO_WEB_ENDPOINT_H_
