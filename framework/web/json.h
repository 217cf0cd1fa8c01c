// JSON values, by nlohmann-json: the header for handlers that read or make them. It is large, so
// the other headers of the room only name the type.
//
//   nlohmann::json order = request.json();
//   response.write_json({{"id", 7}, {"name", order.value("name", "")}});
//
// Owner:   values.
// Threads: any.
// Errors:  parse_json() throws HTTPError 400.
// Limits:  `max_depth` arrays and objects inside each other.
// Cost:    the library's; one more pass over the text counts the depth.
#ifndef TURBO_WEB_JSON_H_
#define TURBO_WEB_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace turbo::web {

nlohmann::json parse_json(std::string_view text, size_t max_depth);

}  // namespace turbo::web

#endif  // TURBO_WEB_JSON_H_
