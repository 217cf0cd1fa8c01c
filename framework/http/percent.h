// Percent-decoding (RFC 3986 2.1).
//
// Owner:   values.
// Threads: any.
// Errors:  nullopt for a '%' that two hex digits do not follow.
// Limits:  none; input is bounded by the parser.
// Cost:    linear; percent_decode() allocates one string, unless nothing is encoded and the view is
//          enough.
#ifndef TURBO_HTTP_PERCENT_H_
#define TURBO_HTTP_PERCENT_H_

#include <optional>
#include <string>
#include <string_view>

namespace turbo::http {

enum class Plus : bool { kLiteral, kSpace };  // forms and queries write a space as '+'

std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::kLiteral);

// Text that may stand between tags and in quoted attributes: & < > " ' escaped.
std::string html_escape(std::string_view text);

}  // namespace turbo::http

#endif  // TURBO_HTTP_PERCENT_H_
