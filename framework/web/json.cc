#include "framework/web/json.h"

#include <algorithm>
#include <string>

#include "framework/web/http_error.h"

namespace turbo::web {
namespace {

// How many arrays and objects are open at once. Only strings need care: what else is wrong with the
// text is the parser's business.
size_t depth_of(std::string_view text) {
  size_t depth = 0;
  size_t deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

nlohmann::json parse_json(std::string_view text, size_t max_depth) {
  if (depth_of(text) > max_depth) throw HTTPError(400, "the JSON is nested too deeply");
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw HTTPError(400, "malformed JSON at byte " + std::to_string(error.byte));
  } catch (const nlohmann::json::exception&) {
    throw HTTPError(400, "the JSON holds a number that is out of range");
  }
}

}  // namespace turbo::web
