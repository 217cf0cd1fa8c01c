// Reads what a server sent as a sequence of HTTP/1.1 responses, strictly and without any of the
// framework's own code, so that both are not wrong in the same way.
#ifndef TURBO_TESTS_SERVER_RESPONSE_READER_H_
#define TURBO_TESTS_SERVER_RESPONSE_READER_H_

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace turbo {

struct SeenResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;

  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [each, value] : fields) {
      if (each == name) return value;
    }
    return std::nullopt;
  }
  bool closes() const { return find("connection") == "close"; }
};

// Reads one response after another until the bytes end or break a rule.
class ResponseReader {
 public:
  // A response with a field named `head_mark` answers HEAD, so it has no body.
  explicit ResponseReader(std::string_view bytes, std::string_view head_mark = {})
      : rest_(bytes), head_mark_(head_mark) {}

  // False at the end, or where something is wrong; then problem() says what.
  bool next(SeenResponse& response) {
    if (rest_.empty() || !problem_.empty()) return false;
    response = SeenResponse();
    return read_head(response) && read_body(response);
  }

  const std::string& problem() const { return problem_; }
  // What has not been read.
  std::string_view rest() const { return rest_; }

 private:
  bool fail(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  bool take_line(std::string_view& line) {
    size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos) return fail("a line without end");
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    auto is_control = [](unsigned char c) { return (c < 32 && c != '\t') || c == 127; };
    return std::none_of(line.begin(), line.end(), is_control) || fail("a control byte in a head");
  }

  bool read_head(SeenResponse& response) {
    std::string_view line;
    if (!take_line(line)) return false;
    bool good = line.size() >= 13 && line.substr(0, 9) == "HTTP/1.1 " && line[12] == ' ';
    if (!good || !read_number(line.substr(9, 3), 10, response.status)) {
      return fail("a malformed status line");
    }
    while (take_line(line) && !line.empty()) {
      size_t colon = line.find(": ");
      if (colon == std::string_view::npos || colon == 0) return fail("a malformed field");
      std::string name(line.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      response.fields.emplace_back(std::move(name), line.substr(colon + 2));
    }
    return problem_.empty();
  }

  bool read_body(SeenResponse& response) {
    std::optional<std::string_view> length = response.find("content-length");
    std::optional<std::string_view> coding = response.find("transfer-encoding");
    if (length.has_value() && coding.has_value()) return fail("a length and a coding");
    bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
    if (bodiless)
      return (!length.has_value() && !coding.has_value()) || fail("a length for no body");
    if (!head_mark_.empty() && response.find(head_mark_).has_value()) return true;
    if (coding.has_value()) return *coding == "chunked" ? read_chunks(response) : fail("a coding");
    if (length.has_value()) {
      uint64_t bytes = 0;
      if (!read_number(*length, 10, bytes)) return fail("a malformed length");
      return take(bytes, response.body);
    }
    if (!response.closes()) return fail("a body without an end");
    return take(rest_.size(), response.body);
  }

  bool read_chunks(SeenResponse& response) {
    std::string_view line;
    while (take_line(line)) {
      uint64_t bytes = 0;
      if (!read_number(line, 16, bytes)) return fail("a malformed chunk size");
      if (bytes == 0) return skip_trailers();
      if (!take(bytes, response.body) || !take_line(line)) return false;
      if (!line.empty()) return fail("a malformed chunk");
    }
    return false;
  }

  bool skip_trailers() {
    std::string_view line;
    while (take_line(line)) {
      if (line.empty()) return true;
      if (line.find(": ") == std::string_view::npos) return fail("a malformed trailer");
    }
    return false;
  }

  bool take(uint64_t bytes, std::string& body) {
    if (bytes > rest_.size()) return fail("a body cut short");
    body += rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  template <class Number>
  static bool read_number(std::string_view text, int base, Number& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return error == std::errc() && end == text.data() + text.size();
  }

  std::string_view rest_;
  std::string_view head_mark_;
  std::string problem_;
};

}  // namespace turbo

#endif  // TURBO_TESTS_SERVER_RESPONSE_READER_H_
