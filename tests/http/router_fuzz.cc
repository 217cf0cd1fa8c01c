// Patterns and a path from the fuzzer: the router agrees with trying each pattern on its own.
//
// Lines are patterns; the last line is the path.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/check.h"
#include "framework/http/router.h"

namespace turbo::http {
namespace {

std::vector<std::string_view> cut(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

// How particular the pattern is, segment by segment: smaller wins. Empty: it does not match.
std::string rank(std::string_view pattern, std::string_view path) {
  if (path.empty() || path[0] != '/') return {};
  const std::vector<std::string_view> wanted = cut(pattern.substr(1), '/');
  const std::vector<std::string_view> given = cut(path.substr(1), '/');
  std::string rank;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const char kind = wanted[i].empty() ? '\0' : wanted[i][0];
    if (i >= given.size()) return {};
    if (kind == '*') return rank + 'c';
    if (kind == ':' ? given[i].empty() : wanted[i] != given[i]) return {};
    rank += kind == ':' ? 'b' : 'a';
  }
  return wanted.size() == given.size() ? rank : std::string();
}

void check_against_each(std::string_view text) {
  std::vector<std::string_view> lines = cut(text, '\n');
  const std::string_view path = lines.back();
  lines.pop_back();
  Router router;
  uint32_t best = UINT32_MAX;
  std::string best_rank;
  for (uint32_t i = 0; i < lines.size(); ++i) {
    if (!router.add(lines[i], i).ok()) continue;
    const std::string found = rank(lines[i], path);
    if (found.empty() || (!best_rank.empty() && best_rank <= found)) continue;
    best = i;
    best_rank = found;
  }
  RouteMatch match;
  const bool found = router.find(path, match);
  TURBO_CHECK(found == (best != UINT32_MAX), "found what no pattern matches, or not what one does");
  if (!found) return;
  TURBO_CHECK(match.route == best, "not the most particular pattern");
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    const std::string_view value = match.parameters[i].value;
    TURBO_CHECK(
        value.data() >= path.data() && value.data() + value.size() <= path.data() + path.size(),
        "a value outside the path");
  }
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http::check_against_each({reinterpret_cast<const char*>(data), size});
  return 0;
}
