// FieldKind: the fields that HTTP/2 itself has something to say about.
//
// Owner:   none.
// Threads: any.
// Errors:  none.
// Limits:  none.
// Cost:    kind_of() a comparison or two, by the length of the name.
#ifndef TURBO_HTTP2_FIELD_KIND_H_
#define TURBO_HTTP2_FIELD_KIND_H_

#include <cstdint>
#include <string_view>

namespace turbo::http2 {

enum class FieldKind : uint8_t {
  kNone,  // not looked at, or not valid
  kOther,
  kCookie,
  kContentLength,
  kHost,
  kPriority,
  // Pseudo-header fields (RFC 9113 8.3, RFC 8441 4).
  kMethod,
  kScheme,
  kAuthority,
  kPath,
  kProtocol,
  kStatus,
};

inline bool is_pseudo(FieldKind kind) { return kind >= FieldKind::kMethod; }

// A bit for each, for sets of them.
constexpr uint32_t bit_of(FieldKind kind) { return 1u << static_cast<unsigned>(kind); }

// kNone for what begins with a colon and is not known.
FieldKind kind_of(std::string_view name);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_FIELD_KIND_H_
