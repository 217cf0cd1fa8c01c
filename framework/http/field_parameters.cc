#include "framework/http/field_parameters.h"

#include "framework/http/scan.h"

namespace turbo::http {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

FieldParameters::Step FieldParameters::next() {
  while (true) {
    skip_blanks();
    if (rest_.empty()) return Step::kEnd;
    if (rest_[0] != ';') return Step::kError;
    rest_.remove_prefix(1);
    skip_blanks();
    // Nothing between semicolons is allowed.
    if (rest_.empty() || rest_[0] == ';') continue;
    name_ = to_lower(take_token());
    if (name_.empty() || rest_.empty() || rest_[0] != '=') return Step::kError;
    rest_.remove_prefix(1);
    return take_value() ? Step::kParameter : Step::kError;
  }
}

void FieldParameters::skip_blanks() {
  while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
}

std::string_view FieldParameters::take_token() {
  const char* const end = scan_token(rest_.data(), rest_.data() + rest_.size());
  const std::string_view token = rest_.substr(0, static_cast<size_t>(end - rest_.data()));
  rest_.remove_prefix(token.size());
  return token;
}

bool FieldParameters::take_value() {
  if (!rest_.empty() && rest_[0] == '"') return take_quoted();
  value_ = take_token();
  return !value_.empty();
}

bool FieldParameters::take_quoted() {
  value_.clear();
  for (size_t i = 1; i < rest_.size(); ++i) {
    char c = rest_[i];
    if (!is_byte(c, kValueByte)) return false;
    if (c == '"') {
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\' && i + 1 < rest_.size()) {
      const char next = rest_[i + 1];
      const bool quotes = backslash_ == Backslash::kQuotesAny || next == '\\' ||
                          (next == '"' && i + 2 < rest_.size());
      if (quotes) {
        c = next;
        ++i;
        if (!is_byte(c, kValueByte)) return false;
      }
    }
    value_.push_back(c);
  }
  return false;
}

}  // namespace turbo::http
