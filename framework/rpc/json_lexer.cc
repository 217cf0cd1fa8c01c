#include "framework/rpc/json_lexer.h"

#include <algorithm>
#include <charconv>

#include "framework/base/utf8.h"

namespace turbo::rpc {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(uint32_t point, std::string& text) {
  const auto add = [&text](uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
  }
  add(0x80 | (point & 0x3f));
}

}  // namespace

bool JSONLexer::next(JSONToken& token) {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  token.text.clear();
  token.kind = JSONToken::Kind::kEnd;
  if (at_ == text_.size()) return true;
  const char c = text_[at_];
  if (std::string_view("{}[]:,").find(c) != std::string_view::npos) {
    ++at_;
    token.kind = JSONToken::Kind::kPunctuation;
    token.punctuation = c;
    return true;
  }
  if (c == '"') {
    token.kind = JSONToken::Kind::kString;
    return read_string(token.text);
  }
  if (c == '-' || is_digit(c)) {
    token.kind = JSONToken::Kind::kNumber;
    return read_number(token.text);
  }
  return read_word(token);
}

bool JSONLexer::take(char c) {
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

size_t JSONLexer::take_digits() {
  const size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ - begin;
}

bool JSONLexer::take_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool JSONLexer::read_word(JSONToken& token) {
  if (take_word("true")) {
    token.kind = JSONToken::Kind::kTrue;
  } else if (take_word("false")) {
    token.kind = JSONToken::Kind::kFalse;
  } else if (take_word("null")) {
    token.kind = JSONToken::Kind::kNull;
  } else {
    return false;
  }
  return true;
}

bool JSONLexer::read_number(std::string& text) {
  const size_t begin = at_;
  take('-');
  if (!take('0') && take_digits() == 0) return false;
  if (take('.') && take_digits() == 0) return false;
  if (take('e') || take('E')) {
    if (!take('-')) take('+');
    if (take_digits() == 0) return false;
  }
  text = text_.substr(begin, at_ - begin);
  // What else a number might have had: 01, 1x.
  return at_ == text_.size() || !is_digit(text_[at_]);
}

bool JSONLexer::read_string(std::string& text) {
  ++at_;
  for (;;) {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= ' ') {
      ++at_;
    }
    text += text_.substr(begin, at_ - begin);
    if (take('"')) return is_utf8(text);
    if (!take('\\') || !read_escape(text)) return false;
  }
}

bool JSONLexer::read_escape(std::string& text) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
  if (take('u')) return read_code_point(text);
  const size_t place = at_ == text_.size() ? std::string_view::npos : kNames.find(text_[at_]);
  if (place == std::string_view::npos) return false;
  ++at_;
  text += kBytes[place];
  return true;
}

bool JSONLexer::read_code_point(std::string& text) {
  uint32_t point = 0;
  if (!read_hex(point)) return false;
  if (point >= 0xd800 && point < 0xdc00) {
    uint32_t low = 0;
    if (!take('\\') || !take('u') || !read_hex(low) || low < 0xdc00 || low > 0xdfff) return false;
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  } else if (point >= 0xdc00 && point < 0xe000) {
    return false;
  }
  append_utf8(point, text);
  return true;
}

bool JSONLexer::read_hex(uint32_t& unit) {
  const std::string_view digits = text_.substr(at_, 4);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, unit, 16);
  if (digits.size() != 4 || error != std::errc() || stop != end) return false;
  at_ += 4;
  return true;
}

}  // namespace turbo::rpc
