#include "framework/rpc/path_template.h"

#include <algorithm>
#include <utility>

#include "framework/base/status.h"
#include "framework/http/percent.h"

namespace turbo::rpc {

namespace {

// One walk over the text; the first error stays.
class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<PathTemplate> parse() {
    if (!take("/")) fail("a path begins with '/'");
    if (!rest_.empty() && rest_.front() != ':') read_segments();
    if (take(":")) made_.verb = read_literal();
    if (!rest_.empty()) fail("what follows a segment is '/', or ':' and a verb");
    if (!error_.empty()) return error();
    if (made_.pattern.empty()) made_.pattern = "/";
    return std::move(made_);
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void fail(std::string_view why) {
    if (error_.empty()) error_ = why;
    rest_ = {};
  }
  absl::Status error() const {
    return make_status(absl::StatusCode::kInvalidArgument,
                       std::string("the template \"").append(text_).append("\": ").append(error_));
  }

  void read_segments() {
    do read_segment();
    while (take("/"));
  }
  void read_segment() {
    if (has_rest_) return fail("nothing but a verb follows \"**\"");
    if (take("{")) return read_variable();
    ++segments_;
    if (take("**")) return add_rest();
    if (take("*")) return add(":p" + std::to_string(segments_));
    const std::string literal = read_literal();
    // As clients write it.
    const std::optional<std::string> plain = http::percent_decode(literal);
    if (!plain.has_value()) return fail("a '%' that is no escape");
    add(http::percent_encode(*plain, http::URLPart::kPathSegment));
  }
  void add(std::string_view segment) { made_.pattern.append("/").append(segment); }
  void add_rest() {
    has_rest_ = true;
    made_.pattern_without_rest = made_.pattern;
    add("*p" + std::to_string(segments_));
  }

  void read_variable() {
    if (std::exchange(in_variable_, true)) return fail("a variable inside of a variable");
    const size_t name_bytes = std::min(rest_.find_first_of("=}/{"), rest_.size());
    PathTemplate::Variable variable;
    variable.field_path = rest_.substr(0, name_bytes);
    variable.first = segments_;
    rest_.remove_prefix(name_bytes);
    if (take("=")) {
      read_segments();
    } else {
      ++segments_;
      add(":p" + std::to_string(segments_));
    }
    if (!take("}")) fail("a variable without its '}'");
    variable.to_end = has_rest_;
    variable.count = segments_ - variable.first - (has_rest_ ? 1 : 0);
    made_.variables.push_back(std::move(variable));
    in_variable_ = false;
  }

  std::string read_literal() {
    const size_t bytes = std::min(rest_.find_first_of("/:{}*=?#"), rest_.size());
    std::string literal(rest_.substr(0, bytes));
    rest_.remove_prefix(bytes);
    if (literal.empty()) fail("an empty segment or verb");
    return literal;
  }

  const std::string_view text_;
  std::string_view rest_;
  std::string_view error_;
  PathTemplate made_;
  size_t segments_ = 0;
  bool has_rest_ = false;  // "**" was read
  bool in_variable_ = false;
};

// The place behind `count` segments from `begin` on, each with its '/'.
size_t skip_segments(std::string_view path, size_t begin, size_t count) {
  for (; count > 0 && begin < path.size(); --count) {
    begin = std::min(path.find('/', begin + 1), path.size());
  }
  return begin;
}

std::optional<std::string> decode_segments(std::string_view encoded) {
  std::string value;
  while (!encoded.empty()) {
    size_t slash = encoded.find("%2");
    while (slash != std::string_view::npos &&
           (encoded.substr(slash + 2, 1) != "F" && encoded.substr(slash + 2, 1) != "f")) {
      slash = encoded.find("%2", slash + 2);
    }
    const std::optional<std::string> plain = http::percent_decode(encoded.substr(0, slash));
    if (!plain.has_value()) return std::nullopt;
    value += *plain;
    encoded.remove_prefix(std::min(slash, encoded.size()));
    value += encoded.substr(0, 3);
    encoded.remove_prefix(std::min<size_t>(3, encoded.size()));
  }
  return value;
}

}  // namespace

absl::StatusOr<PathTemplate> PathTemplate::parse(std::string_view text) {
  return TemplateParser(text).parse();
}

std::optional<std::string> PathTemplate::Variable::value(std::string_view path) const {
  const size_t begin = skip_segments(path, 0, first);
  const size_t end = to_end ? path.size() : skip_segments(path, begin, count);
  std::string_view part = path.substr(begin, end - begin);
  if (!part.empty()) part.remove_prefix(1);  // its '/'
  return count == 1 && !to_end ? http::percent_decode(part) : decode_segments(part);
}

std::string_view cut_verb(std::string_view& path) {
  const size_t colon = path.find_last_of(":/");
  if (colon == std::string_view::npos || path[colon] == '/') return {};
  const std::string_view verb = path.substr(colon + 1);
  path = path.substr(0, colon);
  return verb;
}

}  // namespace turbo::rpc
