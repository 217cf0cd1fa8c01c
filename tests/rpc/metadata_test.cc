#include "framework/rpc/metadata.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace turbo::rpc {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

Texts texts_of(const Metadata& metadata) {
  Texts texts;
  for (const Metadata::Entry& entry : metadata) texts.emplace_back(entry.key, entry.value);
  return texts;
}

Texts decode(std::initializer_list<http::Field> fields) {
  Metadata metadata;
  metadata.decode(std::vector<http::Field>(fields));
  return texts_of(metadata);
}

Texts encode(const Metadata& metadata) {
  Texts fields;
  metadata.encode([&fields](std::string_view name, std::string_view value) {
    fields.emplace_back(name, value);
  });
  return fields;
}

TEST(MetadataTest, keeps_what_is_added_in_order) {
  Metadata metadata;
  EXPECT_TRUE(metadata.empty());
  EXPECT_TRUE(metadata.add("b", "1").ok());
  EXPECT_TRUE(metadata.add("A.x_y-z", "2 ~!").ok());
  EXPECT_TRUE(metadata.add("b", "").ok());
  EXPECT_EQ(texts_of(metadata), (Texts{{"b", "1"}, {"a.x_y-z", "2 ~!"}, {"b", ""}}));
  EXPECT_EQ(metadata.size(), 3U);
  EXPECT_EQ(metadata.find("b"), "1");
  EXPECT_EQ(metadata.find("a.x_y-z"), "2 ~!");
  EXPECT_FALSE(metadata.find("a"));
  metadata.clear();
  EXPECT_TRUE(metadata.empty());
  EXPECT_FALSE(metadata.find("b"));
}

TEST(MetadataTest, views_survive_a_move) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("k", "v").ok());
  const Metadata moved = std::move(metadata);
  EXPECT_EQ(moved.find("k"), "v");
}

TEST(MetadataTest, keys_have_few_characters) {
  Metadata metadata;
  for (int c = 0; c < 256; ++c) {
    const std::string key = {'k', static_cast<char>(c)};
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    EXPECT_EQ(metadata.add(key, "v").code(),
              good ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument)
        << c;
  }
  EXPECT_FALSE(metadata.add("", "v").ok());
  EXPECT_FALSE(metadata.add(":path", "/").ok());
}

TEST(MetadataTest, texts_are_printable_ascii) {
  Metadata metadata;
  for (int c = 0; c < 256; ++c) {
    const std::string value = {'v', static_cast<char>(c), 'v'};
    EXPECT_EQ(metadata.add("k", value).ok(), c >= 0x20 && c <= 0x7e) << c;
    EXPECT_TRUE(metadata.add("k-bin", value).ok()) << c;
    EXPECT_EQ(decode({{"k", value}}).size(), c >= 0x20 && c <= 0x7e ? 1U : 0U) << c;
  }
  for (const char* value : {" v", "v ", " "}) EXPECT_FALSE(metadata.add("k", value).ok()) << value;
}

TEST(MetadataTest, what_is_refused_leaves_nothing) {
  Metadata metadata;
  EXPECT_FALSE(metadata.add("k k", "v").ok());
  EXPECT_FALSE(metadata.add("k", "\n").ok());
  EXPECT_TRUE(metadata.empty());
}

TEST(MetadataTest, reserved_keys_are_refused_and_hidden) {
  for (const char* key :
       {"grpc-status", "grpc-message", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
        "grpc-status-details-bin", "grpc-", "grpc-anything", "content-type", "content-length", "te",
        "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
        "trailer"}) {
    Metadata metadata;
    EXPECT_EQ(metadata.add(key, "v").code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(decode({{key, "v"}}), Texts()) << key;
  }
  Metadata metadata;
  EXPECT_FALSE(metadata.add("GRPC-Status", "0").ok());
  EXPECT_FALSE(metadata.add("Te", "trailers").ok());
  for (const char* key :
       {"grpc", "grpcx-status", "x-grpc-test-echo-initial", "tea", "authorization"})
    EXPECT_TRUE(metadata.add(key, "v").ok()) << key;
}

TEST(MetadataTest, a_peers_user_agent_is_shown_and_ours_not_set) {
  Metadata metadata;
  EXPECT_FALSE(metadata.add("user-agent", "me").ok());
  EXPECT_EQ(decode({{"user-agent", "you"}}), (Texts{{"user-agent", "you"}}));
  // HTTP/1 keeps how it was spelled.
  EXPECT_EQ(
      decode({{"X-Key", "v"}, {"Raw-Bin", "AA"}, {"Content-Type", "x"}, {"Grpc-Timeout", "1S"}}),
      (Texts{{"x-key", "v"}, {"raw-bin", std::string(1, '\0')}}));
}

TEST(MetadataTest, bytes_are_base64_without_padding_on_the_wire) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-grpc-test-echo-trailing-bin", "\xab\xab\xab").ok());
  ASSERT_TRUE(metadata.add("a-bin", std::string_view("\0", 1)).ok());
  ASSERT_TRUE(metadata.add("e-bin", "").ok());
  ASSERT_TRUE(metadata.add("a", "text").ok());
  EXPECT_EQ(encode(metadata), (Texts{{"x-grpc-test-echo-trailing-bin", "q6ur"},
                                     {"a-bin", "AA"},
                                     {"e-bin", ""},
                                     {"a", "text"}}));
}

TEST(MetadataTest, a_head_counts_what_goes_on_the_wire) {
  Metadata metadata;
  EXPECT_EQ(metadata.head_bytes(), 0u);
  ASSERT_TRUE(metadata.add("key", "value").ok());
  for (size_t bytes = 0; bytes < 5; ++bytes) {
    ASSERT_TRUE(metadata.add("a-bin", std::string(bytes, '\xff')).ok());
  }
  size_t expected = 0;
  metadata.encode([&expected](std::string_view name, std::string_view value) {
    expected += name.size() + value.size() + 32;
  });
  EXPECT_EQ(metadata.head_bytes(), expected);
}

TEST(MetadataTest, bytes_are_read_padded_and_unpadded) {
  EXPECT_EQ(decode({{"a-bin", "Zg=="}, {"a-bin", "Zg"}, {"a-bin", "Zm8="}, {"a-bin", "Zm8"}}),
            (Texts{{"a-bin", "f"}, {"a-bin", "f"}, {"a-bin", "fo"}, {"a-bin", "fo"}}));
}

TEST(MetadataTest, a_field_of_bytes_is_split_at_commas) {
  EXPECT_EQ(decode({{"a-bin", "Zg,Zm8=,Zm9v"}}),
            (Texts{{"a-bin", "f"}, {"a-bin", "fo"}, {"a-bin", "foo"}}));
  EXPECT_EQ(decode({{"a-bin", "Zg==, Zm8\t,\tZm9v "}}),
            (Texts{{"a-bin", "f"}, {"a-bin", "fo"}, {"a-bin", "foo"}}));
  EXPECT_EQ(decode({{"a", "Zg,Zm8"}}), (Texts{{"a", "Zg,Zm8"}}));
}

TEST(MetadataTest, empty_values_are_values) {
  EXPECT_EQ(decode({{"a-bin", ""}, {"b", ""}}), (Texts{{"a-bin", ""}, {"b", ""}}));
  EXPECT_EQ(decode({{"a-bin", ",Zg,"}}), (Texts{{"a-bin", ""}, {"a-bin", "f"}, {"a-bin", ""}}));
}

TEST(MetadataTest, malformed_values_are_left_out) {
  for (const char* value : {"Z", "Zg=", "Zg===", "=", "====", "Z g", "Zh", "Zm-_", "Zm9vY", "\x80"})
    EXPECT_EQ(decode({{"a-bin", value}, {"b", "after"}}), (Texts{{"b", "after"}})) << value;
  EXPECT_EQ(decode({{"a-bin", "Zg,!,Zm8"}}), (Texts{{"a-bin", "f"}, {"a-bin", "fo"}}));
  EXPECT_EQ(decode({{"a", "\xc3\xa4"}, {"b!", "v"}, {"c", "v"}}), (Texts{{"c", "v"}}));
}

TEST(MetadataTest, what_is_decoded_joins_what_was_there) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("a", "1").ok());
  metadata.decode(std::vector<http::Field>{{"b", "2"}});
  metadata.decode(std::vector<http::Field>{{"te", "trailers"}});
  metadata.decode(std::vector<http::Field>{{"c", "3"}});
  EXPECT_EQ(texts_of(metadata), (Texts{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

TEST(MetadataTest, commas_do_not_multiply_a_long_key) {
  const std::string key = std::string(30'000, 'k') + "-bin";
  const std::string commas(30'000, ',');
  Metadata metadata;
  metadata.decode(std::vector<http::Field>{{key, commas}});
  ASSERT_EQ(metadata.size(), 30'001U);
  EXPECT_EQ(metadata.begin()->key.data(), (metadata.end() - 1)->key.data());
}

}  // namespace
}  // namespace turbo::rpc
