// Query strings and bodies of type application/x-www-form-urlencoded, whole or in pieces.
//
//   ParseError error;
//   if (auto query = parse_url_encoded(head.query, error)) page = query->first("page");
//
// Read as browsers write them (WHATWG URL, 5.1): pairs end at '&' only, empty ones are skipped, the
// first '=' ends the name, a name without '=' has an empty value, '+' is a space. A '%' that two
// hex digits do not follow is refused. What the bytes mean is left to the caller: no charset is
// checked.
//
// Owner:   the caller.
// Threads: one.
// Errors:  a ParseError: 400 for a malformed '%', 413 for a limit.
// Limits:  URLEncodedLimits; sizes are those of decoded bytes.
// Cost:    linear; runs of ordinary bytes are copied whole. Every split gives the same result.
#ifndef TURBO_HTTP_FORM_URLENCODED_H_
#define TURBO_HTTP_FORM_URLENCODED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "framework/http/parameters.h"
#include "framework/http/parse_error.h"

namespace turbo::http {

struct URLEncodedLimits {
  size_t max_parameters = 1000;      // Each costs an index entry: forms of people have dozens.
  size_t max_name_bytes = 1024;      // Of one name; programs choose them, so they are short.
  size_t max_value_bytes = 1 << 20;  // Of one value: the longest text somebody pastes.
  size_t max_total_bytes = 2 << 20;  // Of all of them: they stay in memory.
};

class URLEncodedParser {
 public:
  // `limits` must outlive the parser.
  explicit URLEncodedParser(const URLEncodedLimits& limits) : limits_(&limits) {}

  // False: error() says why, and nothing more is taken.
  bool feed(std::string_view piece);
  // The text has ended. nullopt: error() says why. Once.
  std::optional<Parameters> finish();
  bool failed() const { return state_ == State::kFailed; }
  const ParseError& error() const { return error_; }

 private:
  enum class State : uint8_t { kBetween, kName, kValue, kFailed };

  bool take_byte(char c);
  bool take_hex_digit(char c);
  bool begin_parameter();
  bool append(std::string_view bytes);
  bool fail(int status, std::string_view reason);

  const URLEncodedLimits* limits_;
  State state_ = State::kBetween;
  uint8_t hex_digits_ = 0;  // of a '%' that are still to come
  uint8_t hex_value_ = 0;
  Parameters::Builder builder_;
  ParseError error_;
};

// All of `text`. nullopt: `error` says why.
std::optional<Parameters> parse_url_encoded(std::string_view text, ParseError& error,
                                            const URLEncodedLimits& limits = {});

}  // namespace turbo::http

#endif  // TURBO_HTTP_FORM_URLENCODED_H_
