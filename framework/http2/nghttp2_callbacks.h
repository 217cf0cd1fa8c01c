// nghttp2's callbacks, as calls of an NGHTTP2Session.
//
// Owner:   none: one table for the program.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    a call each.
#ifndef TURBO_HTTP2_NGHTTP2_CALLBACKS_H_
#define TURBO_HTTP2_NGHTTP2_CALLBACKS_H_

#include <nghttp2/nghttp2.h>

namespace turbo::http2 {

// The user of sessions made with them is an NGHTTP2Session.
const nghttp2_session_callbacks* nghttp2_callbacks();

// Where bodies come from; its source is a Stream.
ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* memory, size_t max_bytes,
                  uint32_t* flags, nghttp2_data_source* source, void* user);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_NGHTTP2_CALLBACKS_H_
