#include "framework/compress/decompressor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/compress/codec.h"

namespace turbo {
namespace {

using absl::StatusCode;

struct Sample {
  const char* name;
  CompressionFormat format;
  std::string bytes;
  std::string text;
};

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Streams of each form, small enough to be cut at every place. Those in hexadecimal were made by
// other programs.
std::vector<Sample> samples() {
  const std::string text = prose(120);
  const std::string gzip = compress(CompressionFormat::kGzip, text);
  const std::string zlib = compress(CompressionFormat::kDeflate, text);
  const std::string empty = compress(CompressionFormat::kGzip, "");
  // Two bytes of header before, four of checksum behind.
  const std::string bare = zlib.substr(2, zlib.size() - 6);
  return {
      {"gzip", CompressionFormat::kGzip, gzip, text},
      {"gzip of nothing", CompressionFormat::kGzip, empty, ""},
      {"gzip members", CompressionFormat::kGzip, gzip + empty + gzip, text + text},
      {"gzip with all fields", CompressionFormat::kGzip,
       bytes_of_hex("1f8b081e0000000000ff06004142020068696e616d65006e6f746500346d"
                    "cbc80400ac2a93d802000000"),
       "hi"},
      {"deflate", CompressionFormat::kDeflate, zlib, text},
      {"deflate, bare", CompressionFormat::kDeflate, bare, text},
      {"deflate, bare, of nothing", CompressionFormat::kDeflate, bytes_of_hex("0300"), ""},
      {"deflate, bare, stored", CompressionFormat::kDeflate, bytes_of_hex("010200fdff6869"), "hi"},
      {"brotli", CompressionFormat::kBrotli, compress(CompressionFormat::kBrotli, text), text},
      {"brotli of nothing", CompressionFormat::kBrotli, bytes_of_hex("3f"), ""},
      {"brotli, stored", CompressionFormat::kBrotli, bytes_of_hex("8f0080686903"), "hi"},
  };
}

TEST(DecompressorTest, every_cut_gives_the_same) {
  for (const Sample& sample : samples()) {
    const std::string_view bytes = sample.bytes;
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      for (const size_t per_call : {size_t{1}, size_t{65536}}) {
        const Decompressed got =
            decompress(sample.format, {bytes.substr(0, cut), bytes.substr(cut)},
                       {.max_bytes_per_call = per_call});
        EXPECT_TRUE(got.done.ok()) << sample.name << " cut at " << cut << ": " << got.done;
        EXPECT_EQ(got.text, sample.text) << sample.name << " cut at " << cut;
      }
    }
  }
}

TEST(DecompressorTest, a_missing_end_is_data_loss) {
  for (const Sample& sample : samples()) {
    for (size_t size = 0; size < sample.bytes.size(); ++size) {
      const Decompressed got =
          decompress(sample.format, {std::string_view(sample.bytes).substr(0, size)});
      EXPECT_TRUE(got.fed.ok()) << sample.name << " " << size << got.fed;
      // Between two members the stream is whole.
      if (got.done.ok() && size > 0 && sample.text != got.text) {
        EXPECT_STREQ(sample.name, "gzip members");
        continue;
      }
      EXPECT_EQ(got.done.code(), StatusCode::kDataLoss) << sample.name << " " << size;
    }
  }
}

TEST(DecompressorTest, bytes_behind_the_end_are_refused) {
  for (const Sample& sample : samples()) {
    for (const std::string_view garbage : {"xx", "\0\0", "\x1f\x8c"}) {
      const std::string_view two(garbage.data(), 2);
      for (const Decompressed& got : {decompress(sample.format, {sample.bytes + std::string(two)}),
                                      decompress(sample.format, {sample.bytes, two})}) {
        EXPECT_EQ(got.fed.code(), StatusCode::kInvalidArgument) << sample.name;
        EXPECT_EQ(got.done.code(), StatusCode::kInvalidArgument) << sample.name;
        EXPECT_EQ(got.text, sample.text);
      }
    }
    // One byte may be the first of another member, until there is no second.
    EXPECT_FALSE(decompress(sample.format, {sample.bytes + "\x1f"}).done.ok()) << sample.name;
  }
}

TEST(DecompressorTest, damage_never_passes_as_another_text_where_there_is_a_checksum) {
  for (const Sample& sample : samples()) {
    if (sample.format == CompressionFormat::kBrotli) continue;
    if (std::string_view(sample.name).find("bare") != std::string_view::npos) continue;
    for (size_t at = 0; at < sample.bytes.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bytes = sample.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        const Decompressed got = decompress(sample.format, {bytes});
        EXPECT_TRUE(!got.done.ok() || got.text == sample.text) << sample.name << " " << at;
      }
    }
  }
}

TEST(DecompressorTest, refuses_what_is_no_such_stream) {
  const std::string gzip = compress(CompressionFormat::kGzip, "hi");
  const struct {
    CompressionFormat format;
    std::string bytes;
  } cases[] = {
      {CompressionFormat::kGzip, "<html></html>"},
      {CompressionFormat::kGzip, compress(CompressionFormat::kDeflate, "hi")},
      {CompressionFormat::kDeflate, gzip},
      {CompressionFormat::kDeflate, "\x07 a block of the third kind"},
      // Made with a dictionary nobody has.
      {CompressionFormat::kDeflate, bytes_of_hex("78f9062c0215cb001100062c0215")},
      {CompressionFormat::kBrotli, "<html></html>"},
      {CompressionFormat::kBrotli, gzip},
  };
  for (const auto& each : cases) {
    const Decompressed got = decompress(each.format, {each.bytes});
    EXPECT_EQ(got.done.code(), StatusCode::kInvalidArgument) << each.bytes << got.done;
  }
}

TEST(DecompressorTest, an_error_stays) {
  const auto decompressor = Decompressor::make(CompressionFormat::kGzip);
  Buffer out;
  const absl::Status first = decompressor->feed(Buffer::copy_of("no gzip"), out);
  EXPECT_EQ(first.code(), StatusCode::kInvalidArgument);
  const std::string good = compress(CompressionFormat::kGzip, "hi");
  EXPECT_EQ(decompressor->feed(Buffer::copy_of(good), out), first);
  EXPECT_EQ(decompressor->finish(), first);
  EXPECT_FALSE(decompressor->has_more());
  EXPECT_TRUE(out.empty());
}

// ---- limits ----

TEST(DecompressorLimitsTest, exactly_as_much_as_may_come_out_does) {
  for (const CompressionFormat format : kAllFormats) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{16'320}, size_t{65'536}}) {
      const std::string text = prose(size);
      const std::string bytes = compress(format, text);
      const Decompressed got = decompress(format, {bytes}, {.max_output_bytes = size});
      EXPECT_TRUE(got.done.ok()) << coding_name(format) << " " << size << got.done;
      EXPECT_EQ(got.text, text);
      if (size == 0) continue;
      const Decompressed less = decompress(format, {bytes}, {.max_output_bytes = size - 1});
      EXPECT_EQ(less.done.code(), StatusCode::kResourceExhausted) << coding_name(format);
      EXPECT_EQ(less.text, text.substr(0, size - 1));
    }
  }
}

TEST(DecompressorLimitsTest, a_bomb_makes_no_more_than_the_limit) {
  const std::string zeros(16 << 20, '\0');
  for (const CompressionFormat format : kAllFormats) {
    const std::string bomb = compress(format, zeros, {.quality = 1});
    ASSERT_LT(bomb.size(), zeros.size() / 200);
    const Decompressed got = decompress(format, {bomb}, {.max_output_bytes = 100'000});
    EXPECT_EQ(got.fed.code(), StatusCode::kResourceExhausted) << coding_name(format);
    EXPECT_EQ(got.text.size(), 100'000u) << coding_name(format);
  }
}

TEST(DecompressorLimitsTest, members_count_together) {
  const std::string member = compress(CompressionFormat::kGzip, prose(1000));
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += member;
  const Decompressed got =
      decompress(CompressionFormat::kGzip, {bytes}, {.max_output_bytes = 9'500});
  EXPECT_EQ(got.done.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(got.text.size(), 9'500u);
}

TEST(DecompressorLimitsTest, one_call_makes_no_more_than_it_may) {
  const std::string text = prose(100'000);
  for (const CompressionFormat format : kAllFormats) {
    const auto decompressor = Decompressor::make(format, {.max_bytes_per_call = 1000});
    Buffer out;
    size_t calls = 0;
    Buffer piece = Buffer::copy_of(compress(format, text));
    do {
      const size_t before = out.size();
      ASSERT_TRUE(decompressor->feed(std::move(piece), out).ok());
      ASSERT_LE(out.size() - before, 1000u);
      ASSERT_LT(++calls, 200u);
      piece = Buffer();
    } while (decompressor->has_more());
    EXPECT_GE(calls, 100u);
    EXPECT_TRUE(decompressor->finish().ok());
    EXPECT_EQ(out, text);
    EXPECT_EQ(decompressor->output_bytes(), text.size());
  }
}

// Members of nothing cost work and make nothing.
TEST(DecompressorLimitsTest, one_call_reads_no_more_than_it_may) {
  const std::string member = compress(CompressionFormat::kGzip, "");
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += member;
  const auto decompressor =
      Decompressor::make(CompressionFormat::kGzip, {.max_bytes_per_call = 10'000});
  Buffer out;
  ASSERT_TRUE(decompressor->feed(Buffer::copy_of(bytes), out).ok());
  size_t calls = 1;
  while (decompressor->has_more()) {
    ASSERT_TRUE(decompressor->feed({}, out).ok());
    ++calls;
  }
  EXPECT_EQ(calls, 10u);
  EXPECT_TRUE(decompressor->finish().ok());
  EXPECT_TRUE(out.empty());
}

TEST(DecompressorLimitsTest, a_window_is_no_larger_than_it_may_be) {
  const std::string text = noise(3 << 20);
  const std::string bytes =
      compress(CompressionFormat::kBrotli, text, {.quality = 1, .window_bytes = size_t{4} << 20});
  EXPECT_EQ(decompress(CompressionFormat::kBrotli, {bytes}).text.size(), text.size());
  const Decompressed got =
      decompress(CompressionFormat::kBrotli, {bytes}, {.max_window_bytes = size_t{2} << 20});
  EXPECT_EQ(got.done.code(), StatusCode::kResourceExhausted) << got.done;
  EXPECT_LE(got.text.size(), size_t{2} << 20);
}

}  // namespace
}  // namespace turbo
