// What becomes of a failed request where nobody says otherwise: its page and its line in the log.
// Private to the room.
//
// Owner:   none.
// Threads: the connection's loop.
// Errors:  write_failure_page() throws what the application's error page throws.
// Limits:  one line of each kind a second is logged.
// Cost:    off the ordinary path.
#ifndef TURBO_WEB_FAILURE_H_
#define TURBO_WEB_FAILURE_H_

#include <exception>
#include <string>
#include <string_view>

#include "framework/web/http_error.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

// The application's error page, or a short one. The status is set already.
void write_failure_page(Request& request, Response& response, const Failure& failure);

// The server's failures, and of the client's those an HTTPError has a log message for.
void log_failure(const Failure& failure, std::string_view path);

// The text of an exception.
std::string describe(const std::exception_ptr& exception);

}  // namespace turbo::web

#endif  // TURBO_WEB_FAILURE_H_
