// ErrorHandler: answers with the page of an error, whatever the method.
//
//   app.add_handler<web::ErrorHandler>("/old/*path", 410, "moved away in 2019");
//
// Owner:   the exchange, as all handlers.
// Threads: the connection's loop.
// Errors:  this is one.
// Limits:  none.
// Cost:    off the ordinary path.
#ifndef TURBO_WEB_ERROR_HANDLER_H_
#define TURBO_WEB_ERROR_HANDLER_H_

#include <string>
#include <utility>

#include "framework/web/request_handler.h"

namespace turbo::web {

class ErrorHandler final : public RequestHandler {
 public:
  explicit ErrorHandler(int status, std::string detail = {})
      : status_(status), detail_(std::move(detail)) {}

  void get() override { answer(); }
  void post() override { answer(); }
  void put() override { answer(); }
  void del() override { answer(); }
  void options() override { answer(); }
  void patch() override { answer(); }

 private:
  void answer() { response().send_error(status_, detail_); }

  const int status_;
  const std::string detail_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_ERROR_HANDLER_H_
