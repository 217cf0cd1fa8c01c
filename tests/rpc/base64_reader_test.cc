// base64 in pieces, however it is cut and padded.
#include "framework/rpc/base64_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "framework/crypto/text_codec.h"

namespace turbo::rpc {
namespace {

// What the pieces stand for; "?": they are refused, "...": they are not whole.
std::string decoded(const std::vector<std::string_view>& pieces) {
  Base64Reader reader;
  Buffer out;
  for (const std::string_view piece : pieces) {
    if (!reader.read(Buffer::copy_of(piece), out)) {
      EXPECT_FALSE(reader.whole());
      EXPECT_FALSE(reader.read(Buffer::copy_of("AAAA"), out));
      return "?";
    }
  }
  return out.to_string() + (reader.whole() ? "" : "...");
}

TEST(Base64ReaderTest, texts_may_stand_one_behind_the_other) {
  const struct {
    std::string_view text, bytes;
  } cases[] = {
      {"", ""},           {"YQ==", "a"},         {"YWI=", "ab"},       {"YWJj", "abc"},
      {"YQ==YQ==", "aa"}, {"YWI=YQ==", "aba"},   {"YWJjYQ==", "abca"}, {"YQ==YWJj", "aabc"},
      {"YWJ", "..."},     {"YWJjYQ", "abc..."},  {"YQ=", "..."},       {"YQ==Y", "a..."},
      {"YQ===", "a..."},  {"=", "..."},          {"====", "?"},        {"Y===", "?"},
      {"YR==", "?"},      {"YQ==\r\n\r\n", "?"}, {"Y Q=", "?"},        {"YQ=Y", "?"},
      {"=YQ=", "?"},      {"YWJjYQ==!!!!", "?"}, {"-_-_", "?"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(decoded({each.text}), each.bytes) << each.text;
    for (size_t cut = 0; cut <= each.text.size(); ++cut) {
      EXPECT_EQ(decoded({each.text.substr(0, cut), each.text.substr(cut)}), each.bytes)
          << each.text << " at " << cut;
    }
  }
}

TEST(Base64ReaderTest, every_padding_of_a_sequence_gives_the_same_bytes) {
  const std::string_view bytes = "0123456789";
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (size_t second = first; second <= bytes.size(); ++second) {
      const std::string text = base64_encode(bytes.substr(0, first)) +
                               base64_encode(bytes.substr(first, second - first)) +
                               base64_encode(bytes.substr(second));
      EXPECT_EQ(decoded({text}), bytes) << text;
    }
  }
}

}  // namespace
}  // namespace turbo::rpc
