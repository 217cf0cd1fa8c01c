// ContentType: the value of a Content-Type field, in parts (RFC 9110 8.3).
//
//   std::optional<ContentType> type = parse_content_type("multipart/form-data; boundary=\"a b\"");
//   if (type && type->is("multipart/form-data")) start(type->parameter("boundary"));
//
// Owner:   a value.
// Threads: any.
// Errors:  nullopt for what is malformed, and for a parameter that comes twice: who reads the first
//          boundary and who reads the last see different bodies.
// Limits:  the parser's for header bytes.
// Cost:    linear, but for a comparison of each pair of parameters.
#ifndef TURBO_HTTP_CONTENT_TYPE_H_
#define TURBO_HTTP_CONTENT_TYPE_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace turbo::http {

struct ContentType {
  std::string media_type;                                       // "text/html", in lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

  bool is(std::string_view lower_case) const { return media_type == lower_case; }
  // Requires: `lower_case` is.
  std::optional<std::string_view> parameter(std::string_view lower_case) const;
};

std::optional<ContentType> parse_content_type(std::string_view value);

}  // namespace turbo::http

#endif  // TURBO_HTTP_CONTENT_TYPE_H_
