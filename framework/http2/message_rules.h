// What RFC 9113 8.2 and 8.3 ask of a message beyond what nghttp2 checks.
//
// Owner:   none.
// Threads: any.
// Errors:  false: malformed (RFC 9113 8.1.1).
// Limits:  none.
// Cost:    one pass over the path, the names' lengths, and Host.
#ifndef TURBO_HTTP2_MESSAGE_RULES_H_
#define TURBO_HTTP2_MESSAGE_RULES_H_

#include <span>

#include "framework/http/request_head.h"
#include "framework/http2/head_block.h"

namespace turbo::http2 {

bool is_valid_request(const Head& head);
bool is_valid_response(const Head& head);
bool are_valid_trailers(std::span<const http::Field> trailers);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_MESSAGE_RULES_H_
