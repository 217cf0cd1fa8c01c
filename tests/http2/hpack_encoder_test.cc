#include "framework/http2/hpack_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/http2/hpack_oracle.h"

namespace turbo::http2 {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) / 16];
    text += kDigits[static_cast<uint8_t>(c) % 16];
  }
  return text;
}

using Fields = std::vector<http::Field>;

std::string encoded(HPACKEncoder& encoder, const Fields& fields) {
  return hex(encode(encoder, fields));
}

TEST(HPACKEncoder, requests_of_rfc_7541_c_4) {
  HPACKEncoder encoder(4096);
  Fields fields = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}};
  EXPECT_EQ(encoded(encoder, fields), "828684418cf1e3c2e5f23a6ba0ab90f4ff");
  fields.push_back({"cache-control", "no-cache"});
  EXPECT_EQ(encoded(encoder, fields), "828684be5886a8eb10649cbf");
  fields[1].value = "https";
  fields[2].value = "/index.html";
  fields[4] = {"custom-key", "custom-value"};
  EXPECT_EQ(encoded(encoder, fields), "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
}

TEST(HPACKEncoder, names_in_any_case_are_the_same) {
  HPACKEncoder encoder(4096);
  for (const char* name : {"content-type", "Content-Type", "CONTENT-TYPE", "cOnTeNt-TyPe"}) {
    const std::string block = encoded(encoder, {{name, "text/html"}});
    EXPECT_EQ(block, name[1] == 'o' && name[0] == 'c' ? "5f87497ca589d34d1f" : "be") << name;
  }
  for (const char* name : {"x", "X"}) {
    EXPECT_EQ(encoded(encoder, {{name, "y"}}), name[0] == 'x' ? "40017801"
                                                                "79"
                                                              : "be");
  }
  // A byte that differs from another as capitals do is not the same.
  EXPECT_NE(encoded(encoder, {{"a^b-5678", "y"}}), "be");
  EXPECT_NE(encoded(encoder, {{"a~b-5678", "y"}}), "be");
}

TEST(HPACKEncoder, every_static_name_with_a_value_of_its_own) {
  HPACKEncoder encoder(4096);
  NGHTTP2Inflater inflater;
  for (uint32_t i = 15; i <= kHPACKStaticEntries; ++i) {
    const Fields fields = {{kHPACKStaticTable[i].name, "some value"}};
    FieldDigest expected;
    expected.add(fields[0].name, fields[0].value);
    FieldDigest read;
    EXPECT_TRUE(inflater.decode(encode(encoder, fields), read) && read == expected) << i;
  }
}

TEST(HPACKEncoder, what_differs_with_each_message_is_not_added) {
  for (const char* name :
       {":path", "age", "content-length", "content-range", "ETag", "expires", "if-none-match",
        "if-modified-since", "last-modified", "Location", "grpc-timeout"}) {
    HPACKEncoder encoder(4096);
    const std::string first = encoded(encoder, {{name, "17"}});
    EXPECT_EQ(first.substr(0, 1), "0") << name;
    EXPECT_EQ(encoded(encoder, {{name, "17"}}), first) << name;
    EXPECT_TRUE(encoded(encoder, {{"server", "17"}, {name, "17"}}).ends_with(first)) << name;
  }
}

TEST(HPACKEncoder, secrets_are_never_to_be_added) {
  HPACKEncoder encoder(4096);
  for (const char* name : {"Authorization", "Proxy-Authorization", "Set-Cookie"}) {
    const std::string first = encoded(encoder, {{name, "of some length that is not short"}});
    EXPECT_EQ(first.substr(0, 1), "1") << name;
    EXPECT_EQ(encoded(encoder, {{name, "of some length that is not short"}}), first) << name;
  }
  EXPECT_EQ(encoded(encoder, {{"cookie", "a=b"}}), "1f1103613d62");
  const Fields session = {{"cookie", "session=0123456789abcdef"}};
  EXPECT_EQ(encoded(encoder, session).substr(0, 2), "60");
  EXPECT_EQ(encoded(encoder, session), "be");
  EXPECT_EQ(encoded(encoder, {{"cookie", "a=b"}}), "1f1103613d62");
}

TEST(HPACKEncoder, an_entry_that_would_push_out_most_others_is_not_added) {
  HPACKEncoder encoder(4096);
  const std::string long_value(3100, 'v');
  EXPECT_EQ(encoded(encoder, {{"x", long_value}}).substr(0, 2), "00");
  EXPECT_EQ(encoded(encoder, {{"x", long_value}}).substr(0, 2), "00");
}

TEST(HPACKEncoder, a_field_at_another_place_is_found) {
  HPACKEncoder encoder(4096);
  (void)encoded(encoder, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  EXPECT_EQ(encoded(encoder, {{"c", "3"}, {"a", "1"}, {"b", "2"}}), "bec0bf");
  EXPECT_EQ(encoded(encoder, {{"b", "2"}}), "bf");
}

TEST(HPACKEncoder, statuses) {
  HPACKEncoder encoder(4096);
  HPACKDecoder decoder;
  for (int code = 100; code < 600; ++code) {
    FieldDigest expected;
    expected.add(":status", std::to_string(code));
    char out[HPACKEncoder::kStatusBytes];
    const char* const end = encoder.status(code, encoder.begin(out));
    ASSERT_LE(end, out + sizeof(out));
    DigestSink sink;
    ASSERT_TRUE(decoder.decode({out, static_cast<size_t>(end - out)}, sink));
    EXPECT_TRUE(sink.digest == expected) << code;
    EXPECT_TRUE(end == out + 1 || decoder.table_size() > 0) << code;
  }
}

TEST(HPACKEncoder, table_size_updates) {
  HPACKEncoder encoder(4096);
  encoder.set_peer_limit(65536);
  EXPECT_EQ(encoded(encoder, {}), "");
  encoder.set_peer_limit(0);
  encoder.set_peer_limit(100);
  EXPECT_EQ(encoded(encoder, {}), "203f45");
  EXPECT_EQ(encoded(encoder, {}), "");
  encoder.set_peer_limit(4096);
  EXPECT_EQ(encoded(encoder, {}), "3fe11f");
  HPACKEncoder small(100);
  EXPECT_EQ(encoded(small, {}), "3f45");
  small.set_peer_limit(4096);
  EXPECT_EQ(encoded(small, {}), "");
  HPACKEncoder none(0);
  EXPECT_EQ(encoded(none, {{"a", "b"}}),
            "2000016101"
            "62");
  HPACKEncoder large(65536);
  EXPECT_EQ(encoded(large, {}), "");
  large.set_peer_limit(65536);
  EXPECT_EQ(encoded(large, {}), "3fe1ff03");
}

// Heads of a few names and values, most of them as in the head before, through both codecs.
class RandomHeads {
 public:
  explicit RandomHeads(unsigned seed) : random_(seed) {}

  size_t below(size_t bound) { return random_() % bound; }

  void change(Fields& fields) {
    if (below(3) == 0) fields.clear();
    for (size_t left = below(4); left > 0; --left) {
      const size_t at = below(fields.size() + 1);
      fields.insert(fields.begin() + static_cast<ptrdiff_t>(at), {name(), value()});
    }
    if (fields.size() > 20) fields.resize(20);
  }

 private:
  std::string_view name() {
    constexpr std::string_view kNames[] = {":method",
                                           "date",
                                           "content-length",
                                           "x-a",
                                           "set-cookie",
                                           "cookie",
                                           "accept-encoding",
                                           "via",
                                           "a-name-of-more-than-thirty-two-bytes",
                                           "server",
                                           "location"};
    const size_t which = below(std::size(kNames) + 1);
    return which == std::size(kNames) ? long_name_ : kNames[which];
  }
  std::string_view value() {
    const size_t size = below(4) == 0 ? below(3000) : below(40);
    return std::string_view(values_).substr(below(8), size);
  }

  std::mt19937 random_;
  std::string long_name_ = std::string(200, 'n');
  std::string values_ = std::string(1500, 'v') + std::string(2000, '\xe4');
};

TEST(HPACKEncoder, random_heads_both_ways) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    RandomHeads heads(seed);
    const size_t own_limit = seed % 3 == 0 ? 100000 : 4096;
    HPACKEncoder ours(own_limit);
    NGHTTP2Deflater theirs(own_limit);
    HPACKDecoder of_ours;
    HPACKDecoder of_theirs;
    NGHTTP2Inflater inflater;
    Fields fields;
    for (int head = 0; head < 300; ++head) {
      if (heads.below(20) == 0) {
        constexpr size_t kLimits[] = {0, 50, 200, 1000, 4096, 70000};
        const size_t limit = kLimits[heads.below(std::size(kLimits))];
        ours.set_peer_limit(limit);
        theirs.set_peer_limit(limit);
        of_ours.set_limit(limit);
        of_theirs.set_limit(limit);
        inflater.set_limit(limit);
      }
      heads.change(fields);
      FieldDigest expected;
      for (const http::Field& field : fields) expected.add(field.name, field.value);
      const std::string block = encode(ours, fields);
      FieldDigest read;
      ASSERT_TRUE(inflater.decode(block, read)) << seed << " " << head;
      ASSERT_TRUE(read == expected) << seed << " " << head;
      DigestSink sink;
      ASSERT_TRUE(of_ours.decode(block, sink) && sink.digest == expected) << seed << " " << head;
      DigestSink other;
      ASSERT_TRUE(of_theirs.decode(theirs.encode(fields), other)) << seed << " " << head;
      ASSERT_TRUE(other.digest == expected) << seed << " " << head;
    }
  }
}

}  // namespace
}  // namespace turbo::http2
