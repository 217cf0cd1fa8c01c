// ParseError: why a message was refused, and the status code to answer with.
//
// Owner:   a value.
// Threads: any.
// Errors:  this is one.
// Limits:  none.
// Cost:    none.
#ifndef TURBO_HTTP_PARSE_ERROR_H_
#define TURBO_HTTP_PARSE_ERROR_H_

#include <string_view>

namespace turbo::http {

struct ParseError {
  int status = 400;
  std::string_view reason;  // a literal
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_PARSE_ERROR_H_
