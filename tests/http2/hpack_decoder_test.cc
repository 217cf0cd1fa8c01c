#include "framework/http2/hpack_decoder.h"

#include <gtest/gtest.h>

#include <cctype>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace turbo::http2 {
namespace {

std::string bytes(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits.push_back(c);
  }
  std::string text;
  for (size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(&digits[i], &digits[i] + 2, byte, 16);
    text.push_back(static_cast<char>(byte));
  }
  return text;
}

class TextSink final : public FieldSink {
 public:
  uint8_t on_field(std::string_view name, std::string_view value, uint8_t mark) override {
    text += std::string(name) + "=" + std::string(value) + "\n";
    marks.push_back(mark);
    return answer;
  }

  std::string text;
  std::vector<uint8_t> marks;
  uint8_t answer = 0;
};

std::string decoded(HPACKDecoder& decoder, std::string_view hex) {
  TextSink sink;
  return decoder.decode(bytes(hex), sink) ? sink.text : sink.text + "error";
}

TEST(HPACKDecoder, literals_of_rfc_7541_c_2) {
  HPACKDecoder decoder;
  EXPECT_EQ(decoded(decoder, "040c 2f73 616d 706c 652f 7061 7468"), ":path=/sample/path\n");
  EXPECT_EQ(decoded(decoder, "1008 7061 7373 776f 7264 0673 6563 7265 74"), "password=secret\n");
  EXPECT_EQ(decoded(decoder, "82"), ":method=GET\n");
  EXPECT_EQ(decoder.table_size(), 0u);
  EXPECT_EQ(decoded(decoder, "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"),
            "custom-key=custom-header\n");
  EXPECT_EQ(decoder.table_size(), 55u);
}

void expect_requests(const std::vector<std::string_view>& blocks) {
  HPACKDecoder decoder;
  EXPECT_EQ(decoded(decoder, blocks[0]),
            ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\n");
  EXPECT_EQ(decoder.table_size(), 57u);
  EXPECT_EQ(decoded(decoder, blocks[1]),
            ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\n"
            "cache-control=no-cache\n");
  EXPECT_EQ(decoder.table_size(), 110u);
  EXPECT_EQ(decoded(decoder, blocks[2]),
            ":method=GET\n:scheme=https\n:path=/index.html\n:authority=www.example.com\n"
            "custom-key=custom-value\n");
  EXPECT_EQ(decoder.table_size(), 164u);
}

TEST(HPACKDecoder, requests_of_rfc_7541_c_3) {
  expect_requests({"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                   "8286 84be 5808 6e6f 2d63 6163 6865",
                   "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"});
}

TEST(HPACKDecoder, requests_of_rfc_7541_c_4) {
  expect_requests({"8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
                   "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"});
}

// Entries are evicted from a table of 256 bytes.
void expect_responses(const std::vector<std::string_view>& blocks) {
  HPACKDecoder decoder;
  decoder.set_limit(256);
  const std::string update = "3fe101";
  const std::string same =
      "cache-control=private\ndate=Mon, 21 Oct 2013 20:13:21 GMT\n"
      "location=https://www.example.com\n";
  EXPECT_EQ(decoded(decoder, update + std::string(blocks[0])), ":status=302\n" + same);
  EXPECT_EQ(decoder.table_size(), 222u);
  EXPECT_EQ(decoded(decoder, blocks[1]), ":status=307\n" + same);
  EXPECT_EQ(decoder.table_size(), 222u);
  EXPECT_EQ(decoded(decoder, blocks[2]),
            ":status=200\ncache-control=private\ndate=Mon, 21 Oct 2013 20:13:22 GMT\n"
            "location=https://www.example.com\ncontent-encoding=gzip\n"
            "set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n");
  EXPECT_EQ(decoder.table_size(), 215u);
}

TEST(HPACKDecoder, responses_of_rfc_7541_c_5) {
  expect_responses(
      {"4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133"
       "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70"
       "6c65 2e63 6f6d",
       "4803 3330 37c1 c0bf",
       "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d"
       "54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049"
       "5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e"
       "3d31"});
}

TEST(HPACKDecoder, responses_of_rfc_7541_c_6) {
  expect_responses(
      {"4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6"
       "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
       "4883 640e ffc1 c0bf",
       "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab"
       "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f"
       "9587 3160 65c0 03ed 4ee5 b106 3d50 07"});
}

TEST(HPACKDecoder, bad_blocks) {
  const struct {
    const char* why;
    const char* hex;
    const char* fields = "";  // that come before
  } cases[] = {
      {"index 0", "80"},
      {"an empty table's first entry", "be"},
      {"an index behind the last entry", "40 01 61 01 62 bf", "a=b\n"},
      {"a name's index behind the last entry", "7f 00 01 62"},
      {"an index cut", "ff"},
      {"an index cut later", "ff 80"},
      {"an index of six bytes more", "ff 80 80 80 80 80 00"},
      {"an index of 33 bits", "ff ff ff ff ff 1f"},
      {"a literal without a name", "00"},
      {"a literal without a value", "00 01 61"},
      {"an indexed name without a value", "04"},
      {"a name cut", "00 05 61"},
      {"a value cut", "04 05 61"},
      {"a length cut", "04 7f"},
      {"a length past all bounds", "04 7f ff ff ff ff 0f 61"},
      {"padding of eight bits", "04 82 1f ff"},
      {"padding of nothing but a byte", "04 81 ff"},
      {"padding of zeros", "04 81 18"},
      {"EOS", "04 84 ff ff ff ff"},
      {"EOS behind a symbol", "04 85 1f ff ff ff ff"},
      {"a code cut behind eight ones", "04 82 ff c0"},
      {"an update behind a field", "82 20", ":method=GET\n"},
      {"a third update", "20 20 20"},
      {"an update above the limit", "3f e2 1f"},
      {"an update cut", "3f"},
  };
  for (const auto& [why, hex, fields] : cases) {
    HPACKDecoder decoder;
    EXPECT_EQ(decoded(decoder, hex), std::string(fields) + "error") << why;
  }
}

TEST(HPACKDecoder, blocks_that_only_look_bad) {
  const struct {
    const char* why;
    const char* hex;
    const char* fields;
  } cases[] = {
      {"nothing", "", ""},
      {"an empty name and value", "00 00 00", "=\n"},
      {"empty coded strings", "00 80 80", "=\n"},
      {"updates alone", "20 3f e1 1f", ""},
      {"seven bits of padding", "04 84 00 00 00 7f", ":path=00000\n"},
      {"no padding", "04 85 00 44 32 14 c7", ":path=012aceio\n"},
  };
  for (const auto& [why, hex, fields] : cases) {
    HPACKDecoder decoder;
    EXPECT_EQ(decoded(decoder, hex), fields) << why;
  }
}

TEST(HPACKDecoder, a_number_with_zeros_behind_it) {
  HPACKDecoder decoder;
  TextSink sink;
  const std::string value(127, 'v');
  ASSERT_TRUE(decoder.decode(bytes("04 7f 80 80 80 80 00") + value, sink));
  EXPECT_EQ(sink.text, ":path=" + value + "\n");
}

TEST(HPACKDecoder, a_smaller_limit_wants_an_update) {
  HPACKDecoder decoder;
  decoder.set_limit(100);
  decoder.set_limit(1000);
  EXPECT_EQ(decoded(decoder, "82"), "error");

  HPACKDecoder other;
  other.set_limit(100);
  other.set_limit(1000);
  // The first may not be above the smallest limit there was.
  EXPECT_EQ(decoded(other, "3f 46 3f c9 07 82"), "error");

  HPACKDecoder third;
  third.set_limit(100);
  third.set_limit(1000);
  EXPECT_EQ(decoded(third, "3f 45 3f c9 07 82"), ":method=GET\n");
  EXPECT_EQ(decoded(third, "82"), ":method=GET\n");
}

TEST(HPACKDecoder, a_larger_limit_wants_none) {
  HPACKDecoder decoder;
  decoder.set_limit(10000);
  EXPECT_EQ(decoded(decoder, "82"), ":method=GET\n");
  EXPECT_EQ(decoded(decoder, "3f f1 4d 82"), ":method=GET\n");
}

TEST(HPACKDecoder, marks_stay_with_their_entries) {
  HPACKDecoder decoder;
  TextSink sink;
  sink.answer = 7;
  ASSERT_TRUE(decoder.decode(bytes("82 40 01 61 01 62 04 01 63"), sink));
  EXPECT_EQ(sink.marks, (std::vector<uint8_t>{0, 0, 0}));
  sink.marks.clear();
  // The entry has become the second, and one of the same bytes is another.
  ASSERT_TRUE(decoder.decode(bytes("82 40 01 61 01 62 bf be 04 01 63"), sink));
  EXPECT_EQ(sink.marks, (std::vector<uint8_t>{7, 0, 7, 7, 0}));
}

// RFC 7541 4.4: the entry is evicted before the new one is added.
TEST(HPACKDecoder, an_entry_named_by_one_it_evicts) {
  HPACKDecoder decoder;
  decoder.set_limit(64);
  EXPECT_EQ(decoded(decoder, "3f 21 40 04 61 62 63 64 01 78"), "abcd=x\n");
  for (const char* hex : {"7e 02 79 7a", "7e 05 31 32 33 34 35", "7e 01 79"}) {
    TextSink sink;
    ASSERT_TRUE(decoder.decode(bytes(hex), sink));
    EXPECT_EQ(decoded(decoder, "be"), sink.text);
  }
}

TEST(HPACKDecoder, an_entry_too_large_empties_the_table) {
  HPACKDecoder decoder;
  decoder.set_limit(40);
  EXPECT_EQ(decoded(decoder, "3f 09 40 01 61 01 62"), "a=b\n");
  EXPECT_EQ(decoded(decoder, "7e 0a 30 31 32 33 34 35 36 37 38 39"), "a=0123456789\n");
  EXPECT_EQ(decoder.table_size(), 0u);
  EXPECT_EQ(decoded(decoder, "be"), "error");
}

TEST(HPACKDecoder, long_coded_strings) {
  HPACKDecoder decoder;
  // 5000 bytes of "0" in 3125 of zeros, as name and value.
  const std::string text(3125, '\0');
  const std::string length = bytes("ff b6 17");
  TextSink sink;
  ASSERT_TRUE(decoder.decode(bytes("00") + length + text + length + text, sink));
  EXPECT_EQ(sink.text, std::string(5000, '0') + "=" + std::string(5000, '0') + "\n");
}

}  // namespace
}  // namespace turbo::http2
