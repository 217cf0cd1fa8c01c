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
// Life of a handler, for each request a new one: constructor, prepare(), the method's function,
// on_finish(), destructor. A subclass overrides the methods it answers; others get 405 with an
// Allow field made of those it has (Application knows them by type). HEAD is answered by get()
// unless head() is overridden.
//
// Owner:   the exchange.
// Threads: the connection's loop.
// Errors:  an exception is answered with 500 and logged; its text is not shown to the client.
// Limits:  the server's.
// Cost:    the handler lives in memory of the loop's pool: no malloc.
#ifndef TURBO_WEB_REQUEST_HANDLER_H_
#define TURBO_WEB_REQUEST_HANDLER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/buffer/block_pool.h"
#include "framework/loop/task.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

class RequestHandler {
 public:
  RequestHandler() = default;
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;
  virtual ~RequestHandler() = default;

  // Before the method's function, which is skipped if the response is finished here.
  virtual void prepare() {}

  virtual void get() {}
  virtual void head() { get(); }
  virtual void post() {}
  virtual void put() {}
  virtual void del() {}
  virtual void options() {}
  virtual void patch() {}

  // After the response was handed to the connection, a 500 for an exception included. Not called
  // when the client goes away before: the destructor is.
  virtual void on_finish() {}

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
  void write(std::string_view bytes) { response_->write(bytes); }
  void write(Buffer bytes) { response_->write(std::move(bytes)); }
  void finish() { response_->finish(); }
  std::string path_parameter(std::string_view name) const { return request_->path_parameter(name); }

  // Answers later: the response is finished when the task has ended. Called at most once, from a
  // method's function:  void get() override { run(load()); }  with a member coroutine Task<>
  // load().
  void run(Task<> task) { task_ = std::move(task); }

 private:
  friend class Invocation;
  Request* request_ = nullptr;
  Response* response_ = nullptr;
  Task<> task_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_REQUEST_HANDLER_H_
