// RequestHandler: answers the requests of one route as an object, with a method for each HTTP
// method.
//
//   class Greeter : public web::RequestHandler {
//    public:
//     void get() override {
//       set_header("Content-Type", "text/plain");
//       write("Hello, " + path_parameter("name"));
//     }
//   };
//   app.add_handler<Greeter>("/hello/:name");
//
// Life of a handler, for each request a new one:
//
//   constructor  set_default_headers()  prepare()  data_received()*  get()...  on_finish()
//   destructor
//
// A subclass overrides the methods it answers; others get 405 with an Allow field made of those it
// has (Application knows them by type). HEAD is answered by get() unless head() is overridden. What
// is overridden must be public. prepare(), data_received() and the methods may each run() a
// coroutine; the next step waits for it.
//
// Owner:   the exchange. When the client goes away while the handler waits, the destructor is
//          called and nothing else.
// Threads: the connection's loop.
// Errors:  an exception is answered by write_error() and logged by log_exception(): an HTTPError
//          with its status, anything else with 500, its text kept from the client.
// Limits:  the server's.
// Cost:    the handler lives in memory of the loop's pool: no malloc.
#ifndef TURBO_WEB_REQUEST_HANDLER_H_
#define TURBO_WEB_REQUEST_HANDLER_H_

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/buffer/block_pool.h"
#include "framework/loop/task.h"
#include "framework/web/http_error.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

class RequestHandler {
 public:
  RequestHandler() = default;
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;
  virtual ~RequestHandler() = default;

  // Fields all answers have, those to errors included: called again when one takes the place of
  // what was set so far.
  virtual void set_default_headers() {}

  // Before the body and the method, which are skipped if the response is finished here.
  virtual void prepare() {}

  // Whoever overrides it gets the body piece by piece instead of request().body(), before the
  // method is called. The client is not read from while a coroutine run() here has not ended. A
  // piece may be a single byte in a block of 16 KiB: see Request::read_body().
  virtual void data_received(Buffer piece) { (void)piece; }

  virtual void get() {}
  virtual void head() { get(); }
  virtual void post() {}
  virtual void put() {}
  virtual void del() {}
  virtual void options() {}
  virtual void patch() {}

  // After the response was handed to the connection, one for an exception included. Not called when
  // the client goes away before: the destructor is.
  virtual void on_finish() {}

  // The client has ended its side of the connection, or all of it, before the answer was finished.
  // It may still read: what to do is the handler's choice.
  virtual void on_connection_close() {}

  // Writes the page of an error; the status and the error's own fields are set. Default: the
  // application's page, or a short one. Must not wait.
  virtual void write_error(const Failure& failure);

  // Default: a line for 500 and above, or if the HTTPError has a log message.
  virtual void log_exception(const Failure& failure);

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

 protected:
  Request& request() { return *request_; }
  Response& response() { return *response_; }

  void set_status(int status, std::string_view reason = {}) {
    response_->set_status(status, reason);
  }
  void set_header(std::string_view name, std::string_view value) {
    response_->set_header(name, value);
  }
  void add_header(std::string_view name, std::string_view value) {
    response_->add_header(name, value);
  }
  void add_trailer(std::string_view name, std::string_view value) {
    response_->add_trailer(name, value);
  }
  void clear_header(std::string_view name) { response_->clear_header(name); }
  void write(std::string_view bytes) { response_->write(bytes); }
  void write(Buffer bytes) { response_->write(std::move(bytes)); }
  void write_json(const nlohmann::json& value) { response_->write_json(value); }
  auto flush() { return response_->flush(); }
  void finish() { response_->finish(); }
  void redirect(std::string_view url, int status = 302) { response_->redirect(url, status); }
  void send_error(int status, std::string_view message = {}) {
    response_->send_error(status, message);
  }
  std::string path_parameter(std::string_view name) const { return request_->path_parameter(name); }
  const Arguments& query() const { return request_->query(); }
  const Arguments& form() const { return request_->form(); }
  std::string xsrf_token() { return response_->xsrf_token(); }

  // Goes on when the task has ended; after a method's, the response is finished. Called at most
  // once from each step:  void get() override { run(load()); }  with a member coroutine Task<>
  // load().
  void run(Task<> task) { task_ = std::move(task); }

  // The response does not end with the method, but by finish(): for answers that callbacks make.
  // Those must not outlive the handler; its destructor is where they are called off.
  void finish_later() { response_->finish_later(); }

 private:
  friend class Invocation;
  Request* request_ = nullptr;
  Response* response_ = nullptr;
  Task<> task_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_REQUEST_HANDLER_H_
