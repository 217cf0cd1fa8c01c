#include "framework/http/form_urlencoded.h"

#include <algorithm>
#include <array>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

constexpr std::array<bool, 256> make_special_bytes() {
  std::array<bool, 256> special{};
  for (const char c : {'&', '=', '+', '%'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecialBytes = make_special_bytes();

constexpr std::string_view kMalformed = "a '%' that two hex digits do not follow";

size_t ordinary_bytes(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && !kSpecialBytes[static_cast<unsigned char>(text[count])]) ++count;
  return count;
}

}  // namespace

bool URLEncodedParser::feed(std::string_view piece) {
  if (state_ == State::kFailed) return false;
  while (!piece.empty()) {
    const size_t run = hex_digits_ == 0 ? ordinary_bytes(piece) : 0;
    if (run > 0 ? !append(piece.substr(0, run)) : !take_byte(piece[0])) return false;
    piece.remove_prefix(run > 0 ? run : 1);
  }
  return true;
}

bool URLEncodedParser::take_byte(char c) {
  if (hex_digits_ > 0) return take_hex_digit(c);
  switch (c) {
    case '&':
      state_ = State::kBetween;
      return true;
    case '=':
      if (state_ == State::kValue) return append("=");
      if (state_ == State::kBetween && !begin_parameter()) return false;
      state_ = State::kValue;
      return true;
    case '+':
      return append(" ");
    default:
      hex_digits_ = 2;
      return true;
  }
}

bool URLEncodedParser::take_hex_digit(char c) {
  if (!is_byte(c, kHexByte)) return fail(400, kMalformed);
  hex_value_ = static_cast<uint8_t>(hex_value_ << 4 | hex_digit_value(c));
  if (--hex_digits_ > 0) return true;
  const char decoded = static_cast<char>(hex_value_);
  return append({&decoded, 1});
}

bool URLEncodedParser::begin_parameter() {
  if (builder_.size() == limits_->max_parameters) return fail(413, "too many parameters");
  builder_.begin();
  state_ = State::kName;
  return true;
}

bool URLEncodedParser::append(std::string_view bytes) {
  if (state_ == State::kBetween && !begin_parameter()) return false;
  const bool in_name = state_ == State::kName;
  const size_t own_room = in_name ? limits_->max_name_bytes - builder_.name_size()
                                  : limits_->max_value_bytes - builder_.value_size();
  const size_t room = limits_->max_total_bytes - builder_.bytes();
  if (bytes.size() > std::min(own_room, room)) {
    // The limit that the bytes one by one would meet first.
    if (room < own_room) return fail(413, "the parameters are too large");
    return fail(413,
                in_name ? "a parameter's name is too long" : "a parameter's value is too long");
  }
  if (in_name) {
    builder_.append_to_name(bytes);
  } else {
    builder_.append_to_value(bytes);
  }
  return true;
}

std::optional<Parameters> URLEncodedParser::finish() {
  if (state_ == State::kFailed) return std::nullopt;
  if (hex_digits_ > 0) {
    fail(400, kMalformed);
    return std::nullopt;
  }
  return builder_.build();
}

bool URLEncodedParser::fail(int status, std::string_view reason) {
  state_ = State::kFailed;
  error_ = {status, reason};
  return false;
}

std::optional<Parameters> parse_url_encoded(std::string_view text, ParseError& error,
                                            const URLEncodedLimits& limits) {
  URLEncodedParser parser(limits);
  parser.feed(text);
  std::optional<Parameters> parameters = parser.finish();
  if (!parameters) error = parser.error();
  return parameters;
}

}  // namespace turbo::http
