// JSONLexer: the tokens of a JSON text, one after the other (RFC 8259).
//
//   JSONLexer lexer(text);
//   if (!lexer.next(token)) ...          // lexer.at() says where it is malformed
//
// Strict: no comments, no trailing commas, no single quotes, no bare names; texts are UTF-8, and
// escaped surrogates come in pairs. Which token may follow which is the caller's to know.
//
// Owner:   the caller; the text outlives it.
// Threads: one.
// Errors:  next(): false.
// Limits:  none; nesting is the caller's.
// Cost:    linear; a string is copied once.
#ifndef TURBO_RPC_JSON_LEXER_H_
#define TURBO_RPC_JSON_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace turbo::rpc {

struct JSONToken {
  enum class Kind : uint8_t { kPunctuation, kString, kNumber, kTrue, kFalse, kNull, kEnd };
  Kind kind = Kind::kEnd;
  char punctuation = 0;  // one of {}[]:,
  std::string text;      // of a string, without escapes; of a number, as it stands

  bool is(char c) const { return kind == Kind::kPunctuation && punctuation == c; }
};

class JSONLexer {
 public:
  explicit JSONLexer(std::string_view text) : text_(text) {}

  // Replaces `token`. kEnd behind the last.
  [[nodiscard]] bool next(JSONToken& token);

  // Behind the last token, or where it is malformed.
  size_t at() const { return at_; }
  // Back to where at() was.
  void go_back(size_t at) { at_ = at; }

 private:
  bool take(char c);
  size_t take_digits();
  bool take_word(std::string_view word);
  bool read_word(JSONToken& token);
  bool read_number(std::string& text);
  bool read_string(std::string& text);
  bool read_escape(std::string& text);
  bool read_code_point(std::string& text);
  bool read_hex(uint32_t& unit);

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_JSON_LEXER_H_
