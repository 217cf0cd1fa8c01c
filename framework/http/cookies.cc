#include "framework/http/cookies.h"

namespace turbo::http {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  return value.substr(1, value.size() - 2);
}

}  // namespace

std::optional<Cookie> CookieReader::next() {
  while (!rest_.empty()) {
    const size_t semicolon = rest_.find(';');
    const std::string_view pair = rest_.substr(0, semicolon);
    rest_ = semicolon == std::string_view::npos ? std::string_view() : rest_.substr(semicolon + 1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim(pair.substr(0, equals));
    if (name.empty()) continue;
    return Cookie{name, unquote(trim(pair.substr(equals + 1)))};
  }
  return std::nullopt;
}

}  // namespace turbo::http
