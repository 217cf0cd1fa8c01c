// Role: which side of a connection a session is. Private to the room.
#ifndef TURBO_HTTP2_ROLE_H_
#define TURBO_HTTP2_ROLE_H_

namespace turbo::http2 {

enum class Role : bool { kServer, kClient };

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_ROLE_H_
