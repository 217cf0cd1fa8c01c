// The status lines of the registered codes, ready to be sent. Private to the room.
//
// Owner:   the program.
// Threads: any.
// Errors:  an empty view for codes nobody registered.
// Limits:  none.
// Cost:    a jump.
#ifndef TURBO_HTTP_STATUS_LINE_H_
#define TURBO_HTTP_STATUS_LINE_H_

#include <string_view>

namespace turbo::http {

// "HTTP/1.1 200 OK\r\n" for 200.
std::string_view registered_status_line(int status);

}  // namespace turbo::http

#endif  // TURBO_HTTP_STATUS_LINE_H_
