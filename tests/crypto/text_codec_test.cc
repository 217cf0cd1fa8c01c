#include "framework/crypto/text_codec.h"

#include <gtest/gtest.h>

namespace turbo {
namespace {

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

struct Vector {
  std::string_view bytes;
  std::string_view base64;
  std::string_view hex;
};

// RFC 4648 section 10.
constexpr Vector kVectors[] = {
    {"", "", ""},
    {"f", "Zg==", "66"},
    {"fo", "Zm8=", "666f"},
    {"foo", "Zm9v", "666f6f"},
    {"foob", "Zm9vYg==", "666f6f62"},
    {"fooba", "Zm9vYmE=", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "666f6f626172"},
};

TEST(TextCodecTest, knows_the_vectors_of_rfc_4648) {
  for (const Vector& vector : kVectors) {
    const std::string_view unpadded = vector.base64.substr(0, vector.base64.find('='));
    EXPECT_EQ(base64_encode(vector.bytes), vector.base64);
    EXPECT_EQ(base64_decode(vector.base64), vector.bytes);
    EXPECT_EQ(base64_encode(vector.bytes, Base64Padding::kUnpadded), unpadded);
    EXPECT_EQ(base64_decode(unpadded, Base64Padding::kUnpadded), vector.bytes);
    EXPECT_EQ(base64url_encode(vector.bytes), unpadded);
    EXPECT_EQ(base64url_decode(unpadded), vector.bytes);
    EXPECT_EQ(hex_encode(vector.bytes), vector.hex);
    EXPECT_EQ(hex_decode(vector.hex), vector.bytes);
  }
}

TEST(TextCodecTest, brings_every_byte_back_at_every_place) {
  std::string bytes = all_bytes() + all_bytes();
  for (size_t size = 250; size < bytes.size(); ++size) {
    const std::string part = bytes.substr(bytes.size() - size);
    EXPECT_EQ(base64_decode(base64_encode(part)), part);
    EXPECT_EQ(base64url_decode(base64url_encode(part)), part);
    EXPECT_EQ(hex_decode(hex_encode(part)), part);
  }
}

TEST(TextCodecTest, has_two_alphabets) {
  EXPECT_EQ(base64_encode("\xfb\xef\xff"), "++//");
  EXPECT_EQ(base64url_encode("\xfb\xef\xff"), "--__");
  EXPECT_FALSE(base64_decode("--__").has_value());
  EXPECT_FALSE(base64url_decode("++//").has_value());
}

TEST(TextCodecTest, reads_hex_in_both_cases) { EXPECT_EQ(hex_decode("aBcDEf"), "\xab\xcd\xef"); }

TEST(TextCodecTest, refuses_what_it_would_not_write) {
  constexpr std::string_view kBase64[] = {
      "Z",    "Zg",   "Zg=",    "Zm9",      "Zg===",    "====", "=",       "==",  // padding
      "Zg=a", "Z=g=", "=Zg=",   "Zg==Zg==", "Zm8=Zm8=",                           // its place
      "Zh==", "Zm9=", "Z===",                                                     // stray bits
      " Zm9", "Zm9 ", "Zm9v\n", "Zm\r\nv",  "Zm9v    ", "Zm-_", "Zm9\xc3",        // characters
  };
  for (const std::string_view text : kBase64) EXPECT_FALSE(base64_decode(text).has_value()) << text;
  EXPECT_FALSE(base64_decode(std::string_view("Zm\0v", 4)).has_value());
  for (const std::string_view text : {"Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm9vY", "Zm 9", "Zm-_"})
    EXPECT_FALSE(base64_decode(text, Base64Padding::kUnpadded).has_value()) << text;
  constexpr std::string_view kBase64URL[] = {"Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm9vY", "Zm 9"};
  for (const std::string_view text : kBase64URL)
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
  constexpr std::string_view kHex[] = {"6", "666", "6g", "g6", "0x66", " 66 ", "6 ", "66\n6"};
  for (const std::string_view text : kHex) EXPECT_FALSE(hex_decode(text).has_value()) << text;
}

TEST(TextCodecTest, has_one_text_for_given_bytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::optional<std::string> bytes = base64url_decode(text);
      EXPECT_EQ(bytes ? base64url_encode(*bytes) : text, text);
      const std::optional<std::string> padded = base64_decode(text + "==");
      EXPECT_EQ(padded ? base64_encode(*padded) : text + "==", text + "==");
    }
  }
}

}  // namespace
}  // namespace turbo
