// RequestHead: a parsed request line and header section, as views into the bytes that arrived.
//
// Owner:   the RequestParser that made it; every view is valid until that parser's restart().
// Threads: one loop.
// Errors:  none: a head that exists is valid by RFC 9112.
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

// One header field. The name as the peer spelled it, the value without surrounding white space.
struct Field {
  std::string_view name;
  std::string_view value;
};

// ASCII case-insensitive comparison, as field names and most tokens want it.
bool equals_ignore_case(std::string_view a, std::string_view b);

struct RequestHead {
  Method method = Method::kUnknown;
  uint8_t minor_version = 1;      // HTTP/1.minor_version
  bool chunked = false;           // Transfer-Encoding: chunked
  bool keep_alive = true;         // by version and Connection (RFC 9112 9.3)
  bool expect_continue = false;   // Expect: 100-continue, on 1.1 only
  std::string_view method_token;  // also for unknown methods
  std::string_view target;        // as sent
  std::string_view path;          // of the target, percent-encoded, never empty but for "*"
  std::string_view query;         // behind '?', without it
  std::string_view host;          // Host, or the authority of an absolute target
  std::optional<uint64_t> content_length;
  std::span<const Field> fields;

  // The value of the first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_REQUEST_HEAD_H_
