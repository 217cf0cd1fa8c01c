#include "framework/http/percent.h"

#include <array>
#include <cstdint>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kSubDelimiters = "!$&'()*+,;=";

// For each part, the bytes that stand for themselves in it.
constexpr std::array<uint8_t, 256> make_plain_bytes() {
  std::array<uint8_t, 256> plain{};
  const auto add = [&plain](std::string_view bytes, URLPart part) {
    for (const char c : bytes) {
      plain[static_cast<unsigned char>(c)] |= static_cast<uint8_t>(1 << static_cast<int>(part));
    }
  };
  for (const URLPart part : {URLPart::kQueryComponent, URLPart::kPathSegment, URLPart::kPath}) {
    add(kUnreserved, part);
  }
  for (const URLPart part : {URLPart::kPathSegment, URLPart::kPath}) {
    add(kSubDelimiters, part);
    add(":@", part);
  }
  add("/", URLPart::kPath);
  return plain;
}
constexpr std::array<uint8_t, 256> kPlainBytes = make_plain_bytes();

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (text.size() - i < 3 || !is_byte(text[i + 1], kHexByte) ||
          !is_byte(text[i + 2], kHexByte)) {
        return std::nullopt;
      }
      decoded.push_back(
          static_cast<char>(hex_digit_value(text[i + 1]) << 4 | hex_digit_value(text[i + 2])));
      i += 2;
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text, URLPart part) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";  // capitals: RFC 3986 2.1
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((kPlainBytes[byte] >> static_cast<int>(part) & 1) != 0) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kDigits[byte >> 4]);
      encoded.push_back(kDigits[byte & 15]);
    }
  }
  return encoded;
}

std::string html_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const std::string_view replacement = entity(c);
    if (replacement.empty()) {
      escaped.push_back(c);
    } else {
      escaped.append(replacement);
    }
  }
  return escaped;
}

}  // namespace turbo::http
