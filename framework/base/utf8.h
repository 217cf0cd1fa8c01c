// is_utf8(): whether bytes are well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates,
// nothing past U+10FFFF.
//
// Owner:   none.
// Threads: any.
// Errors:  false.
// Limits:  none.
// Cost:    linear; eight bytes a step where they are ASCII.
#ifndef TURBO_BASE_UTF8_H_
#define TURBO_BASE_UTF8_H_

#include <string_view>

namespace turbo {

bool is_utf8(std::string_view text);

}  // namespace turbo

#endif  // TURBO_BASE_UTF8_H_
