// Middleware: what is done for many routes alike, around their handlers.
//
//   app.use({.before = [](web::Request& request, web::Response& response) {
//     if (!request.header("X-Key")) response.send_error(403);        // answers: no handler runs
//   }});
//   app.use({.after = [](web::Request&, web::Response& response) {
//     response.set_header("X-Frame-Options", "DENY");                // on every answer
//   }});
//   app.use({.around = [](web::Request& request, web::Response& response, web::Next next) -> Task<>
//   {
//     auto inner = next();                                           // not called: no handler runs
//     co_await inner;                                                // throws what the handler
//     threw response.set_header("X-Done", "yes");
//   }});
//   app.use(web::cors({.origins = {"https://example.com"}}));        // ready-made
//
// When they run, and in which order:
//
//   before  when the head has come, before the body is read; in the order used. A finished response
//           ends it: neither what follows nor the handler runs.
//   around  when the handler would; in the order used, each inside of those before it.
//   after   when the head of the answer is about to leave, whoever made it: a handler, a before,
//   the
//           page for an exception or a body that is too large; in reverse order. May set fields and
//           see the status. The body is settled.
//
// The middleware of an application is outside of that of those mounted in it and of its hosts. All
// of it runs for unknown paths (404), other methods (405) and automatic OPTIONS too.
//
// Owner:   the Application.
// Threads: all loops at once, like handlers.
// Errors:  what before and around throw is answered with 500, like a handler's. What after throws
//          is logged; the answer leaves without it.
// Limits:  none.
// Cost:    none without middleware. A frame of the loop's pool for each around and for the handler
//          inside of them, and a piece of it for all after; no malloc.
#ifndef TURBO_WEB_MIDDLEWARE_H_
#define TURBO_WEB_MIDDLEWARE_H_

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "framework/loop/task.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

class Invocation;
class MiddlewareChain;

// What an around stands around: those behind it and the handler. A value; called once.
class Next {
 public:
  Next(Invocation& invocation, const MiddlewareChain& chain, size_t position)
      : invocation_(&invocation), chain_(&chain), position_(position) {}

  // Ends when the handler has. Its answer leaves when the outermost around has ended, unless it was
  // finished, which error pages are at once: an after sets fields on those. Throws std::logic_error
  // the second time.
  Task<> operator()();

 private:
  Invocation* invocation_;
  const MiddlewareChain* chain_;
  size_t position_;
};

struct Middleware {
  // Each may be left out.
  absl::AnyInvocable<void(Request&, Response&) const> before = nullptr;
  absl::AnyInvocable<void(Request&, Response&) const> after = nullptr;
  // A coroutine. Its captures must be those of a lambda that lives in the application.
  absl::AnyInvocable<Task<>(Request&, Response&, Next) const> around = nullptr;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_MIDDLEWARE_H_
