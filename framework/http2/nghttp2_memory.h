// nghttp2's memory from the thread's BlockPool.
//
// Owner:   nghttp2 frees what it took.
// Threads: one at a time, as a session.
// Errors:  out of memory ends the program, as in the pool.
// Limits:  the pool's.
// Cost:    16 bytes a piece, which keep its size; a list pop or push.
#ifndef TURBO_HTTP2_NGHTTP2_MEMORY_H_
#define TURBO_HTTP2_NGHTTP2_MEMORY_H_

#include <nghttp2/nghttp2.h>

namespace turbo::http2 {

// For nghttp2_session_server_new3() and its like, which copy it.
nghttp2_mem* nghttp2_memory();

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_NGHTTP2_MEMORY_H_
