// Patterns and a path from the fuzzer: the router agrees with trying each pattern on its own, and
// the URL made of what it has found leads back.
//
// Lines are patterns; the last line is the path.

#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/check.h"
#include "framework/http/percent.h"
#include "framework/http/route_expression.h"
#include "framework/http/route_pattern.h"
#include "framework/http/router.h"

namespace turbo::http {
namespace {

constexpr size_t kMaxPatterns = Router::kMaxExpressions;

using Kind = RoutePattern::Kind;

std::vector<std::string_view> cut(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

bool matches(std::string_view expression, std::string_view encoded) {
  if (expression.empty()) return true;
  const std::optional<std::string> value = percent_decode(encoded);
  if (!value || value->size() > RouteExpression::kMaxValueBytes) return false;
  RE2::Options quiet;
  quiet.set_log_errors(false);
  const RE2 compiled(re2::StringPiece(expression.data(), expression.size()), quiet);
  return RE2::FullMatch(*value, compiled);
}

// Ranks patterns by how particular they are, segment by segment.
class Ranks {
 public:
  // Smaller wins. Empty: it does not match.
  std::string rank(const RoutePattern& pattern, std::string_view path) {
    const std::vector<std::string> own = ranks_of(pattern);
    if (path.empty() || path[0] != '/') return {};
    std::string_view rest = path.substr(1);
    std::string rank;
    for (size_t i = 0; i < pattern.segments.size(); ++i) {
      const RoutePattern::Segment& wanted = pattern.segments[i];
      const std::string_view given = rest.substr(0, rest.find('/'));
      rank += own[i];
      if (wanted.kind == Kind::kWildcard) {
        return matches(wanted.expression, rest) ? rank : std::string();
      }
      const bool fits = wanted.kind == Kind::kLiteral
                            ? wanted.text == given
                            : !given.empty() && matches(wanted.expression, given);
      const bool last = i + 1 == pattern.segments.size();
      if (!fits || last != (given.size() == rest.size())) return {};
      if (!last) rest.remove_prefix(given.size() + 1);
    }
    return rank;
  }

 private:
  // Numbers the expressions at each place in the order they come.
  std::vector<std::string> ranks_of(const RoutePattern& pattern) {
    std::vector<std::string> ranks;
    std::string place;
    for (const RoutePattern::Segment& segment : pattern.segments) {
      const std::string kind(segment.kind == Kind::kLiteral     ? "a"
                             : segment.kind == Kind::kParameter ? "b"
                                                                : "c");
      const bool literal = segment.kind == Kind::kLiteral;
      place.append("/").append(kind).append(literal ? segment.text : segment.expression);
      const size_t order = orders_.emplace(place, orders_.size()).first->second;
      ranks.push_back(kind);
      if (literal) continue;
      ranks.back() += segment.expression.empty() ? "~" : std::to_string(1000000 + order);
    }
    return ranks;
  }

  std::map<std::string, size_t> orders_;
};

void check_values(const RouteMatch& match, std::string_view path) {
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    const std::string_view value = match.parameters[i].value;
    TURBO_CHECK(
        value.data() >= path.data() && value.data() + value.size() <= path.data() + path.size(),
        "a value outside the path");
  }
}

void check_way_back(std::string_view pattern, const RouteMatch& match) {
  std::vector<std::string> values;
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    const std::optional<std::string> value = percent_decode(match.parameters[i].value);
    if (!value) return;
    values.push_back(*value);
  }
  std::vector<PathArgument> arguments;
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    arguments.push_back({match.parameters[i].name, values[i]});
  }
  Router router;
  TURBO_CHECK(router.add(pattern, 0).ok() && router.set_name("it", pattern).ok(),
              "taken once, and then not");
  const absl::StatusOr<std::string> url = router.url_for("it", arguments);
  if (!url.ok()) return;
  TURBO_CHECK(url->compare(0, 2, "//") != 0, "a URL of another host");
  RouteMatch again;
  TURBO_CHECK(router.find(*url, again), "a URL that leads nowhere");
  for (uint32_t i = 0; i < again.parameter_count; ++i) {
    TURBO_CHECK(percent_decode(again.parameters[i].value) == values[i], "another value");
  }
}

void check_against_each(std::string_view text) {
  std::vector<std::string_view> lines = cut(text, '\n');
  const std::string_view path = lines.back();
  lines.pop_back();
  if (lines.size() > kMaxPatterns) return;
  Router router;
  Ranks ranks;
  uint32_t best = UINT32_MAX;
  std::string best_rank;
  for (uint32_t i = 0; i < lines.size(); ++i) {
    if (!router.add(lines[i], i).ok()) continue;
    const std::string found = ranks.rank(*RoutePattern::parse(lines[i]), path);
    if (found.empty() || (!best_rank.empty() && best_rank <= found)) continue;
    best = i;
    best_rank = found;
  }
  RouteMatch match;
  const bool found = router.find(path, match);
  TURBO_CHECK(found == (best != UINT32_MAX), "found what no pattern matches, or not what one does");
  if (!found) return;
  TURBO_CHECK(match.route == best, "not the most particular pattern");
  check_values(match, path);
  check_way_back(lines[best], match);
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http::check_against_each({reinterpret_cast<const char*>(data), size});
  return 0;
}
