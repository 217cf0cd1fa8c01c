#include "framework/compress/format.h"

#include <gtest/gtest.h>

namespace turbo {
namespace {

TEST(FormatTest, names_are_the_content_codings) {
  EXPECT_EQ(coding_name(CompressionFormat::kGzip), "gzip");
  EXPECT_EQ(coding_name(CompressionFormat::kDeflate), "deflate");
  EXPECT_EQ(coding_name(CompressionFormat::kBrotli), "br");
}

TEST(FormatTest, finds_names_in_any_case) {
  EXPECT_EQ(format_of_coding("gzip"), CompressionFormat::kGzip);
  EXPECT_EQ(format_of_coding("X-GZip"), CompressionFormat::kGzip);
  EXPECT_EQ(format_of_coding("Deflate"), CompressionFormat::kDeflate);
  EXPECT_EQ(format_of_coding("BR"), CompressionFormat::kBrotli);
  for (const char* other : {"", "identity", "zstd", "gzip ", "brotli", "compress"}) {
    EXPECT_EQ(format_of_coding(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace turbo
