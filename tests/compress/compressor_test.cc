#include "framework/compress/compressor.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <iterator>
#include <string>

#include "tests/compress/codec.h"

namespace turbo {
namespace {

std::string round_trip(CompressionFormat format, std::string_view text,
                       const CompressorOptions& options) {
  const Decompressed back = decompress(format, {compress(format, text, options)});
  EXPECT_TRUE(back.fed.ok()) << back.fed;
  EXPECT_TRUE(back.done.ok()) << back.done;
  return back.text;
}

TEST(CompressorTest, what_was_compressed_comes_back) {
  const std::string texts[] = {
      "", "a", prose(700), prose(70'000), noise(20'000), std::string(300'000, '\0')};
  for (const CompressionFormat format : kAllFormats) {
    for (const std::string& text : texts) {
      for (const size_t window : {size_t{0}, size_t{5000}, size_t{1} << 30}) {
        EXPECT_EQ(round_trip(format, text, {.window_bytes = window}), text)
            << coding_name(format) << " " << text.size() << " " << window;
      }
    }
  }
}

TEST(CompressorTest, every_quality_is_taken_and_moved_to_one_there_is) {
  const std::string text = prose(3000);
  for (const CompressionFormat format : kAllFormats) {
    for (int quality = -2; quality <= 13; ++quality) {
      EXPECT_EQ(round_trip(format, text, {.quality = quality}), text) << quality;
    }
  }
}

TEST(CompressorTest, cuts_of_the_input_do_not_matter) {
  const std::string text = prose(300);
  for (const CompressionFormat format : kAllFormats) {
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      const auto compressor = Compressor::make(format, {.window_bytes = 512});
      Buffer input = Buffer::copy_of(std::string_view(text).substr(0, cut));
      input.append(Buffer::copy_of(std::string_view(text).substr(cut)));
      Buffer out;
      compressor->add(input, out);
      compressor->finish(out);
      EXPECT_EQ(decompress(format, {out.to_string()}).text, text) << cut;
    }
  }
}

TEST(CompressorTest, makes_text_smaller) {
  const std::string text = prose(20'000);
  for (const CompressionFormat format : kAllFormats) {
    EXPECT_LT(compress(format, text).size(), text.size() / 3) << coding_name(format);
  }
}

// zlib's own one call, which knows nothing of the room.
TEST(CompressorTest, deflate_is_written_in_the_form_of_zlib) {
  const std::string text = prose(5000);
  const std::string packed = compress(CompressionFormat::kDeflate, text);
  std::string back(text.size(), '\0');
  uLongf size = back.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(back.data()), &size,
                       reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
            Z_OK);
  EXPECT_EQ(back, text);
}

TEST(CompressorTest, a_flush_lets_the_peer_read_all_that_was_added) {
  for (const CompressionFormat format : kAllFormats) {
    const auto compressor = Compressor::make(format);
    const auto decompressor = Decompressor::make(format);
    std::string expected;
    Buffer read;
    for (int i = 0; i < 20; ++i) {
      const std::string event = "data: {\"count\": " + std::to_string(i) + "}\n\n";
      expected += event;
      Buffer out;
      compressor->add(event, out);
      compressor->flush(out);
      ASSERT_TRUE(decompressor->feed(std::move(out), read).ok());
      EXPECT_EQ(read, expected) << coding_name(format);
    }
    Buffer out;
    compressor->finish(out);
    EXPECT_TRUE(decompressor->feed(std::move(out), read).ok());
    EXPECT_TRUE(decompressor->finish().ok());
  }
}

TEST(CompressorTest, a_flush_of_nothing_new_is_nothing) {
  for (const CompressionFormat format : kAllFormats) {
    const auto compressor = Compressor::make(format);
    Buffer out;
    compressor->flush(out);
    EXPECT_EQ(out.size(), 0u);
    compressor->add("event", out);
    compressor->flush(out);
    const size_t flushed = out.size();
    compressor->flush(out);
    compressor->add("", out);
    compressor->flush(out);
    EXPECT_EQ(out.size(), flushed) << coding_name(format);
  }
}

// A flush whose output just fills a block is the case zlib warns of.
TEST(CompressorTest, flushes_end_at_every_place_of_a_block) {
  Buffer empty;
  const size_t block = empty.reserve(1).size();
  for (const CompressionFormat format : kAllFormats) {
    for (size_t filled = 0; filled < 40; ++filled) {
      const auto compressor = Compressor::make(format);
      Buffer out;
      out.append(std::string(block - filled, '-'));
      const size_t before = out.size();
      compressor->add("0123456789", out);
      compressor->flush(out);
      EXPECT_LT(out.size() - before, 50u) << coding_name(format) << " " << filled;
      compressor->finish(out);
      out.drain(before);
      EXPECT_EQ(decompress(format, {out.to_string()}).text, "0123456789");
    }
  }
}

TEST(CompressorDeathTest, nothing_comes_behind_the_end) {
  const auto compressor = Compressor::make(CompressionFormat::kGzip);
  Buffer out;
  compressor->finish(out);
  EXPECT_DEATH(compressor->add("more", out), "add\\(\\) after finish");
  EXPECT_DEATH(compressor->flush(out), "flush\\(\\) after finish");
  EXPECT_DEATH(compressor->finish(out), "finish\\(\\) twice");
}

}  // namespace
}  // namespace turbo
