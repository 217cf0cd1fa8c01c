// RedirectHandler: sends whoever asks, by any method, elsewhere.
//
//   app.add_handler<web::RedirectHandler>("/old/:id", web::RedirectTarget("/new/:id"));
//   app.add_handler<web::RedirectHandler>("/*path",
//                                         web::RedirectTarget("https://example.com/*path", 308));
//
// The target is a path, or a URL with scheme and host. Segments of it that are ":name" or "*name"
// stand for the request's parameter of that name; the query is passed on.
//
// Owner:   the exchange, as all handlers; the target is the application's.
// Threads: the connection's loop.
// Errors:  a target that cannot be sent, or names a parameter before its path, and a status that
//          is none of 301, 302, 303, 307 and 308 throw std::invalid_argument. A parameter that is
//          malformed, has a segment "." or "..", which would leave the place it is put in, or would
//          lead a path to another host ("//evil"), is answered with 404.
// Limits:  the server's.
// Cost:    one string a request.
#ifndef TURBO_WEB_REDIRECT_HANDLER_H_
#define TURBO_WEB_REDIRECT_HANDLER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/web/request_handler.h"

namespace turbo::web {

class RedirectTarget {
 public:
  explicit RedirectTarget(std::string_view url, int status = 301);

  int status() const { return status_; }
  // Where this request is sent; nullopt: nowhere.
  std::optional<std::string> location(Request& request) const;

 private:
  struct Part {
    std::string text;  // as it stands; for a parameter its name
    char kind = '\0';  // ':' or '*' for a parameter
  };

  std::vector<Part> parts_;
  int status_;
};

class RedirectHandler final : public RequestHandler {
 public:
  // `target` outlives the handler, as what add_handler() is given does.
  explicit RedirectHandler(const RedirectTarget& target) : target_(target) {}

  void get() override { redirect(); }
  void post() override { redirect(); }
  void put() override { redirect(); }
  void del() override { redirect(); }
  void patch() override { redirect(); }

 private:
  void redirect();

  const RedirectTarget& target_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_REDIRECT_HANDLER_H_
