// Percent-encoding and decoding (RFC 3986 2.1), and escaping for HTML.
//
// Owner:   values.
// Threads: any.
// Errors:  nullopt for a '%' that two hex digits do not follow.
// Limits:  none; input is bounded by the parser.
// Cost:    linear, one string.
#ifndef TURBO_HTTP_PERCENT_H_
#define TURBO_HTTP_PERCENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbo::http {

enum class Plus : bool { kLiteral, kSpace };  // forms and queries write a space as '+'

std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::kLiteral);

// Where encoded text goes, which says what may stand there as it is.
enum class URLPart : uint8_t {
  kQueryComponent,  // a name or a value in a query or a form: letters, digits and "-._~"
  kPathSegment,     // between two slashes: sub-delimiters, ':' and '@' too (RFC 3986 3.3)
  kPath,            // several segments: '/' too
};

// `text` as that part of a URL. Reading "." and ".." as steps cannot be prevented by encoding:
// a caller who takes segments from strangers refuses these two.
std::string percent_encode(std::string_view text, URLPart part);

// Text that may stand between tags and in quoted attributes: & < > " ' escaped.
std::string html_escape(std::string_view text);

}  // namespace turbo::http

#endif  // TURBO_HTTP_PERCENT_H_
