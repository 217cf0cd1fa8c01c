#include "framework/http2/huffman.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace turbo::http2 {
namespace {

std::string encoded(std::string_view text) {
  std::string coded(huffman_size(text), '\0');
  EXPECT_EQ(huffman_encode(text, coded.data()), coded.data() + coded.size());
  return coded;
}

std::string decoded(std::string_view coded) {
  std::string text(huffman_room(coded.size()), '\0');
  const char* const end = huffman_decode(coded, text.data());
  if (end == nullptr) return "error";
  text.resize(static_cast<size_t>(end - text.data()));
  return text;
}

TEST(Huffman, texts_of_rfc_7541_c) {
  EXPECT_EQ(encoded("www.example.com"), "\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff");
  EXPECT_EQ(encoded("no-cache"), "\xa8\xeb\x10\x64\x9c\xbf");
  EXPECT_EQ(encoded("302"), "\x64\x02");
  EXPECT_EQ(encoded(""), "");
}

TEST(Huffman, any_symbols_beside_any) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b), '0'};
      ASSERT_EQ(decoded(encoded(text)), text) << a << " " << b;
    }
  }
}

TEST(Huffman, random_texts) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string text(random() % 60, '\0');
    const unsigned first = random() % 3 == 0 ? 0 : ' ';
    for (char& c : text) c = static_cast<char>(first + random() % (first == 0 ? 256 : 95));
    ASSERT_EQ(decoded(encoded(text)), text);
  }
}

// What is not the code of some text is an error: a text has one code.
TEST(Huffman, short_codes_are_some_texts_or_errors) {
  for (unsigned code = 0; code < 1u << 16; ++code) {
    const std::string two = {static_cast<char>(code >> 8), static_cast<char>(code)};
    for (const std::string_view coded : {std::string_view(two), std::string_view(two).substr(1)}) {
      const std::string text = decoded(coded);
      if (text != "error") {
        ASSERT_EQ(encoded(text), coded);
      }
    }
  }
}

TEST(Huffman, padding) {
  EXPECT_EQ(decoded("\x07"), "0");
  EXPECT_EQ(decoded("\x06"), "error");
  EXPECT_EQ(decoded("\x07\xff"), "error");
  EXPECT_EQ(decoded("\xff"), "error");
  EXPECT_EQ(decoded("\xff\xff\xff\xff"), "error");
  EXPECT_EQ(decoded("\xff\xff\xff\xff\xff\xff\xff\xff"), "error");
}

}  // namespace
}  // namespace turbo::http2
