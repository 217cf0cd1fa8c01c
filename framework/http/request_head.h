// RequestHead: what a request says before its body, whatever HTTP version carried it: as views into
// the bytes that arrived.
//
// Owner:   the RequestParser or HTTP/2 stream that made it; every view is valid until its
//          restart().
// Threads: one loop.
// Errors:  none: a head that exists is valid by RFC 9112 or RFC 9113.
// Limits:  those of the parser.
// Cost:    no copies; find() is linear in the number of fields, comparing lengths first.
#ifndef TURBO_HTTP_REQUEST_HEAD_H_
#define TURBO_HTTP_REQUEST_HEAD_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "framework/http/method.h"

namespace turbo::http {

// One header field. The name as the peer spelled it (in HTTP/2: in lower case), the value without
// surrounding white space.
struct Field {
  std::string_view name;
  std::string_view value;
};

// ASCII case-insensitive comparison, as field names and most tokens want it.
bool equals_ignore_case(std::string_view a, std::string_view b);

struct RequestHead {
  Method method = Method::kUnknown;
  uint8_t major_version = 1;      // 1.0, 1.1 or 2.0
  uint8_t minor_version = 1;      // 1 for HTTP/1.2 and above, too
  bool unknown_length = false;    // a body follows: chunked, or HTTP/2 without Content-Length
  bool keep_alive = true;         // HTTP/1, by version and Connection (RFC 9112 9.3)
  bool expect_continue = false;   // Expect: 100-continue, not on 1.0
  bool upgrade = false;           // Connection: upgrade, so there may be an Upgrade field
  std::string_view method_token;  // also for unknown methods
  std::string_view target;        // as sent
  std::string_view path;          // of the target, percent-encoded, never empty but for "*"
  std::string_view query;         // behind '?', without it
  // Host, the authority of an absolute target, or :authority: an HTTP/2 client sends no Host.
  std::string_view host;
  std::optional<uint64_t> content_length;
  std::span<const Field> fields;

  // The value of the first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has_body() const { return unknown_length || content_length.value_or(0) > 0; }
  // "HTTP/1.1", as logs write it; 2 is "HTTP/2.0".
  std::string_view protocol() const;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_REQUEST_HEAD_H_
