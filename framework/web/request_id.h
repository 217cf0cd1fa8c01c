// Request ids: a name for each request, by which the logs of all who handled it are found.
//
//   app.use(web::request_id());
//   web::request_id_of(request);   // in handlers and the access log
//
// An id the client (the proxy in front) sent is taken over if it is made of 1 to 128 letters,
// digits and "-_.:+/=@", so that it can stand in any log; else one is made of 128 random bits. It
// is sent back with every answer.
//
// Owner:   the request.
// Threads: as middleware.
// Errors:  a header name that is none throws std::invalid_argument at once.
// Limits:  128 bytes.
// Cost:    a piece of the loop's pool, no malloc.
#ifndef TURBO_WEB_REQUEST_ID_H_
#define TURBO_WEB_REQUEST_ID_H_

#include <string>
#include <string_view>

#include "framework/web/middleware.h"
#include "framework/web/request.h"

namespace turbo::web {

struct RequestIdOptions {
  std::string header = "X-Request-ID";
  // Takes an id over. Not where strangers could pass theirs off as a known one.
  bool from_client = true;
};

Middleware request_id(RequestIdOptions options = {});

// Empty without that middleware. Valid as long as the request.
std::string_view request_id_of(const Request& request);

}  // namespace turbo::web

#endif  // TURBO_WEB_REQUEST_ID_H_
