// The options, callbacks and SETTINGS a session of nghttp2 begins with.
//
// Owner:   make_nghttp2() hands over a session.
// Threads: any.
// Errors:  out of memory ends the program.
// Limits:  none.
// Cost:    once a connection.
#ifndef TURBO_HTTP2_NGHTTP2_OPTIONS_H_
#define TURBO_HTTP2_NGHTTP2_OPTIONS_H_

#include <nghttp2/nghttp2.h>

#include <memory>

#include "framework/http2/role.h"
#include "framework/http2/session.h"

namespace turbo::http2 {

struct DeleteNGHTTP2 {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using NGHTTP2Pointer = std::unique_ptr<nghttp2_session, DeleteNGHTTP2>;

// `user` is what callbacks get: an NGHTTP2Session.
NGHTTP2Pointer make_nghttp2(Role role, const SessionOptions& options, void* user);

// Queues the first SETTINGS, and opens the connection's window.
void greet(nghttp2_session* session, Role role, const SessionOptions& options);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_NGHTTP2_OPTIONS_H_
