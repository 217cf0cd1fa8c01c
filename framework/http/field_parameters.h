// FieldParameters: reads the "; name=value; name="quoted value"" behind a field's value (RFC 9110
// 5.6.6). Private to the room.
//
// Owner:   a view into the field's value, which must outlive it.
// Threads: one.
// Errors:  kError for what is malformed; nothing may be read after it.
// Limits:  the parser's for header bytes.
// Cost:    linear; a string for a name and a value.
#ifndef TURBO_HTTP_FIELD_PARAMETERS_H_
#define TURBO_HTTP_FIELD_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbo::http {

std::string to_lower(std::string_view text);

class FieldParameters {
 public:
  // What a backslash in a quoted string does: all fields but one follow RFC 9110 5.6.4.
  enum class Backslash : bool {
    kQuotesAny,
    // As browsers write file names: it quotes '"' and itself, and stands for itself before others
    // (a Windows path); last in the value, before the closing '"', it does so too.
    kQuotesFew,
  };
  enum class Step : uint8_t { kParameter, kEnd, kError };

  FieldParameters(std::string_view rest, Backslash backslash)
      : rest_(rest), backslash_(backslash) {}

  Step next();
  // After kParameter: the name in lower case, and the value without its quotes.
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

 private:
  void skip_blanks();
  std::string_view take_token();
  bool take_value();
  bool take_quoted();

  std::string_view rest_;
  Backslash backslash_;
  std::string name_;
  std::string value_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_FIELD_PARAMETERS_H_
