#include "framework/rpc/compression.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::rpc {
namespace {

using absl::StatusCode;

constexpr Compression kAll[] = {Compression::kIdentity, Compression::kGzip, Compression::kDeflate};

TEST(CompressionTest, names_are_read_as_they_are_written) {
  for (const Compression compression : kAll) {
    EXPECT_EQ(parse_compression(to_string(compression)), compression);
    EXPECT_TRUE(accepts(kAcceptedEncodings, compression)) << to_string(compression);
  }
  for (const char* other : {"", "br", "snappy", "GZIP", "gzip ", "gzi", "gzip,deflate"}) {
    EXPECT_FALSE(parse_compression(other)) << other;
  }
}

TEST(CompressionTest, what_a_peer_accepts_stands_in_its_list) {
  for (const char* list :
       {"gzip", "identity,gzip", "gzip,deflate", "br, gzip", " gzip\t,x", ",gzip"}) {
    EXPECT_TRUE(accepts(list, Compression::kGzip)) << list;
  }
  for (const char* list :
       {"", "identity", "deflate", "xgzip", "gzipx", "gz,ip", "gzip deflate", ","}) {
    EXPECT_FALSE(accepts(list, Compression::kGzip)) << list;
    EXPECT_TRUE(accepts(list, Compression::kIdentity)) << list;
  }
}

TEST(CompressionTest, messages_come_back) {
  std::string long_message;
  for (int i = 0; i < 20'000; ++i) long_message += std::to_string(i);
  for (const Compression compression : kAll) {
    for (const std::string& message : {std::string(), std::string("m"), long_message}) {
      Buffer packed = compress(Buffer::copy_of(message), compression);
      const auto plain = decompress(std::move(packed), compression, message.size());
      ASSERT_TRUE(plain.ok()) << plain.status();
      EXPECT_EQ(*plain, message);
    }
  }
}

TEST(CompressionTest, a_message_that_would_be_too_large_is_not_made) {
  for (const Compression compression : {Compression::kGzip, Compression::kDeflate}) {
    const Buffer packed = compress(Buffer::copy_of(std::string(100'000, 'z')), compression);
    EXPECT_TRUE(decompress(packed.share(), compression, 100'000).ok());
    for (const size_t bytes : {0, 1, 99'999}) {
      EXPECT_EQ(decompress(packed.share(), compression, bytes).status().code(),
                StatusCode::kResourceExhausted);
    }
  }
}

TEST(CompressionTest, what_is_damaged_is_the_peers_fault) {
  for (const char* bytes : {"no gzip at all", "\x1f\x8b", "\x1f"}) {
    EXPECT_EQ(decompress(Buffer::copy_of(bytes), Compression::kGzip, 1000).status().code(),
              StatusCode::kInternal);
  }
}

TEST(CompressionTest, nothing_is_a_message_of_nothing) {
  for (const Compression compression : kAll) {
    const auto plain = decompress(Buffer(), compression, 10);
    ASSERT_TRUE(plain.ok());
    EXPECT_TRUE(plain->empty());
  }
}

}  // namespace
}  // namespace turbo::rpc
