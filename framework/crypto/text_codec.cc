#include "framework/crypto/text_codec.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace turbo {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64URLDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr uint8_t kNoDigit = 0xff;
using Values = std::array<uint8_t, 256>;

constexpr Values values_of(std::string_view digits) {
  Values values{};
  for (uint8_t& value : values) value = kNoDigit;
  for (size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<uint8_t>(i);
  return values;
}

constexpr Values hex_values() {
  Values values = values_of(kHexDigits);
  for (size_t i = 10; i < 16; ++i) values["ABCDEF"[i - 10]] = static_cast<uint8_t>(i);
  return values;
}

constexpr Values kHexValues = hex_values();
constexpr Values kBase64Values = values_of(kBase64Digits);
constexpr Values kBase64URLValues = values_of(kBase64URLDigits);

uint32_t byte_at(std::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Without padding: what is left of a group of three bytes makes two or three characters.
std::string encode_base64(std::string_view bytes, std::string_view digits) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* out = text.data();
  while (!bytes.empty()) {
    const size_t here = bytes.size() < 3 ? bytes.size() : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < here ? byte_at(bytes, i) : 0);
    for (size_t i = 0; i <= here; ++i) *out++ = digits[group >> (18 - 6 * i) & 63];
    bytes.remove_prefix(here);
  }
  return text;
}

// One group of two to four characters. nullptr if it is none, else behind the bytes written.
char* decode_group(std::string_view group, const Values& values, char* out) {
  uint32_t bits = 0;
  uint32_t bad = 0;
  for (const char c : group) {
    const uint32_t value = values[static_cast<unsigned char>(c)];
    bad |= value;
    bits = bits << 6 | (value & 63);
  }
  const size_t count = group.size() - 1;
  const size_t left_over = 6 * group.size() - 8 * count;
  if (bad > 63 || (bits & ((1U << left_over) - 1)) != 0) return nullptr;
  bits >>= left_over;
  for (size_t i = count; i-- > 0;) *out++ = static_cast<char>(bits >> (8 * i));
  return out;
}

std::optional<std::string> decode_base64(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes(text.size() * 3 / 4, '\0');
  char* out = bytes.data();
  for (; !text.empty(); text.remove_prefix(text.size() < 4 ? text.size() : 4)) {
    out = decode_group(text.substr(0, 4), values, out);
    if (out == nullptr) return std::nullopt;
  }
  return bytes;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    text += kHexDigits[byte_at(bytes, i) >> 4];
    text += kHexDigits[byte_at(bytes, i) & 15];
  }
  return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const uint8_t high = kHexValues[byte_at(text, i)];
    const uint8_t low = kHexValues[byte_at(text, i + 1)];
    if (high == kNoDigit || low == kNoDigit) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes, Base64Padding padding) {
  std::string text = encode_base64(bytes, kBase64Digits);
  if (padding == Base64Padding::kPadded) text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text, Base64Padding padding) {
  if (padding == Base64Padding::kPadded) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  return decode_base64(text, kBase64Values);
}

std::string base64url_encode(std::string_view bytes) {
  return encode_base64(bytes, kBase64URLDigits);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode_base64(text, kBase64URLValues);
}

}  // namespace turbo
