// RequestLine: what a request line says (RFC 9112 3), as offsets into it. Private to the room.
//
// Offsets, not views: the bytes may still move while the rest of the head arrives.
//
// Owner:   a value.
// Threads: any.
// Errors:  kError with the caller's ParseError filled. Decided from left to right, so that a prefix
//          of a line that is refused gives the same answer however much of the line has come.
// Limits:  methods of up to 32 bytes, targets as told.
// Cost:    one pass, 16 bytes a step in the target.
#ifndef TURBO_HTTP_REQUEST_LINE_H_
#define TURBO_HTTP_REQUEST_LINE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/http/method.h"
#include "framework/http/parse_error.h"
#include "framework/http/request_head.h"

namespace turbo::http {

struct RequestLine {
  static constexpr size_t kMaxMethodBytes = 32;

  enum class Form : uint8_t { kOrigin, kAbsolute, kAsterisk };
  struct Range {
    uint32_t begin = 0;
    uint32_t size = 0;
    std::string_view in(std::string_view line) const { return {line.data() + begin, size}; }
  };

  Method method = Method::kUnknown;
  uint8_t minor_version = 1;
  Form form = Form::kOrigin;
  Range method_token;
  Range target;
  Range authority;  // of kAbsolute
  Range path;       // may be empty in kAbsolute
  Range query;
  uint32_t bytes = 0;  // of the line, CRLF included
};

enum class LineResult : uint8_t { kMore, kLine, kError };

// `bytes` begins with the line.
LineResult parse_request_line(std::string_view bytes, size_t max_target_bytes, RequestLine& line,
                              ParseError& error);

// Writes what a usual line, whole in `bytes`, says to `head`: a known method, a path, HTTP/1.1.
// Answers the line's size, CRLF included, or 0 if parse_request_line() must look.
size_t read_usual_request_line(std::string_view bytes, size_t max_target_bytes, RequestHead& head);

// uri-host [ ":" port ] without user information (RFC 9110 4.2.1, 7.2).
enum class Port : bool { kOptional, kRequired };
bool is_authority(std::string_view text, Port port);

}  // namespace turbo::http

#endif  // TURBO_HTTP_REQUEST_LINE_H_
