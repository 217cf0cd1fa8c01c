#include "framework/http/route_pattern.h"

#include <algorithm>
#include <string>

#include "framework/base/status.h"
#include "framework/http/scan.h"

namespace turbo::http {

namespace {

using Kind = RoutePattern::Kind;
using Segment = RoutePattern::Segment;

bool is_word(char c) { return is_byte(c, kTokenByte) && (c == '_' || isalnum(c) != 0); }

bool is_name(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') &&
         std::all_of(text.begin(), text.end(), is_word);
}

// Where the class of characters that begins at `i` ends: a ']' that comes first is one of them.
size_t end_of_class(std::string_view text, size_t i) {
  ++i;
  if (i < text.size() && text[i] == '^') ++i;
  for (bool first = true; i < text.size(); ++i, first = false) {
    if (text[i] == '\\') {
      ++i;
    } else if (text.compare(i, 2, "[:") == 0) {
      const size_t end = text.find(":]", i + 2);
      if (end != std::string_view::npos) i = end + 1;
    } else if (text[i] == ']' && !first) {
      return i;
    }
  }
  return text.size();
}

// The place of the parenthesis that closes the one `text` begins with, or npos.
size_t closing_parenthesis(std::string_view text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '\\':
        ++i;
        break;
      case '[':
        i = end_of_class(text, i);
        break;
      case '(':
        ++depth;
        break;
      case ')':
        if (--depth == 0) return i;
        break;
      default:
        break;
    }
  }
  return std::string_view::npos;
}

// Cuts the parameter that `rest` begins with off it. Answers what is wrong with it, if anything.
std::string_view cut_parameter(std::string_view& rest, Segment& segment) {
  segment.kind = rest[0] == ':' ? Kind::kParameter : Kind::kWildcard;
  rest.remove_prefix(1);
  const size_t end = std::min(rest.find_first_of("/("), rest.size());
  segment.text = rest.substr(0, end);
  rest.remove_prefix(end);
  if (!is_name(segment.text)) return "a parameter's name must be an identifier";
  if (rest.empty() || rest[0] == '/') return {};
  const size_t close = closing_parenthesis(rest);
  if (close == std::string_view::npos) return "an expression without its closing parenthesis";
  segment.expression = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  if (segment.expression.empty()) return "an empty expression";
  if (!rest.empty() && rest[0] != '/') return "a segment must end behind its expression";
  return {};
}

std::string_view cut_literal(std::string_view& rest, Segment& segment) {
  segment.kind = Kind::kLiteral;
  segment.text = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.text.size());
  if (segment.text.empty() && !rest.empty()) return "an empty segment";
  const bool reachable = std::all_of(segment.text.begin(), segment.text.end(), [](char c) {
    return is_byte(c, kTargetByte) && c != '?' && c != '*';
  });
  return reachable ? std::string_view() : "a byte that no path holds; percent-encode it";
}

// What is wrong with the last segment, beside those before it.
std::string_view check_last(const std::vector<Segment>& segments) {
  const Segment& last = segments.back();
  size_t parameters = 0;
  for (const Segment& segment : segments) {
    if (segment.kind == Kind::kLiteral) continue;
    ++parameters;
    if (last.kind != Kind::kLiteral && &segment != &last && segment.text == last.text) {
      return "two parameters of one name";
    }
  }
  return parameters > RoutePattern::kMaxParameters ? "too many parameters" : std::string_view();
}

}  // namespace

absl::StatusOr<RoutePattern> RoutePattern::parse(std::string_view text) {
  if (text.empty() || text[0] != '/') return malformed(text, "it must begin with '/'");
  RoutePattern pattern;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (!pattern.segments.empty() && pattern.segments.back().kind == Kind::kWildcard) {
      return malformed(text, "a wildcard must come last");
    }
    rest.remove_prefix(1);
    Segment& segment = pattern.segments.emplace_back();
    const bool parameter = !rest.empty() && (rest[0] == ':' || rest[0] == '*');
    std::string_view wrong = parameter ? cut_parameter(rest, segment) : cut_literal(rest, segment);
    if (wrong.empty()) wrong = check_last(pattern.segments);
    if (!wrong.empty()) return malformed(text, wrong);
  }
  return pattern;
}

absl::Status RoutePattern::malformed(std::string_view pattern, std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     std::string("route \"").append(pattern).append("\": ").append(why));
}

}  // namespace turbo::http
