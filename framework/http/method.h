// Method: the request methods of RFC 9110 section 9 and PATCH (RFC 5789).
//
// Owner:   a value.
// Threads: any.
// Errors:  an unknown token is kUnknown, never an error here.
// Limits:  none.
// Cost:    a switch on the length.
#ifndef TURBO_HTTP_METHOD_H_
#define TURBO_HTTP_METHOD_H_

#include <cstdint>
#include <string_view>

namespace turbo::http {

enum class Method : uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
  kUnknown
};
inline constexpr int kMethodCount = 9;

// Methods are case-sensitive (RFC 9110 9.1).
Method parse_method(std::string_view token);

// "GET", ...; "" for kUnknown.
std::string_view to_string(Method method);

}  // namespace turbo::http

#endif  // TURBO_HTTP_METHOD_H_
