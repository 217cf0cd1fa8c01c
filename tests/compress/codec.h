// Whole texts through the room's streams, for its tests and fuzzer.
#ifndef TURBO_TESTS_COMPRESS_CODEC_H_
#define TURBO_TESTS_COMPRESS_CODEC_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"

namespace turbo {

inline constexpr CompressionFormat kAllFormats[] = {
    CompressionFormat::kGzip, CompressionFormat::kDeflate, CompressionFormat::kBrotli};

inline std::string compress(CompressionFormat format, std::string_view text,
                            const CompressorOptions& options = {}) {
  const auto compressor = Compressor::make(format, options);
  Buffer out;
  compressor->add(text, out);
  compressor->finish(out);
  return out.to_string();
}

struct Decompressed {
  absl::Status fed;   // of the last feed()
  absl::Status done;  // of finish()
  std::string text;
};

inline Decompressed decompress(CompressionFormat format,
                               std::initializer_list<std::string_view> pieces,
                               const DecompressorLimits& limits = {}) {
  const auto decompressor = Decompressor::make(format, limits);
  Decompressed result;
  Buffer out;
  for (const std::string_view piece : pieces) {
    result.fed = decompressor->feed(Buffer::copy_of(piece), out);
    while (decompressor->has_more()) result.fed = decompressor->feed({}, out);
  }
  result.done = decompressor->finish();
  result.text = out.to_string();
  return result;
}

// Words that repeat as those of real text do, the same each time.
inline std::string prose(size_t bytes) {
  static constexpr std::string_view kWords[] = {"loop ", "buffer ", "the ", "stream\n", "of ",
                                                "a ",    "server ", "is ",  "request "};
  std::string text;
  uint64_t state = 42;
  while (text.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    text += kWords[(state >> 33) % std::size(kWords)];
    if ((state >> 60) == 0) text += std::to_string(state >> 40);
  }
  text.resize(bytes);
  return text;
}

// Bytes that no coder makes smaller.
inline std::string noise(size_t bytes) {
  std::string text(bytes, '\0');
  uint64_t state = 7;
  for (char& byte : text) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(state >> 56);
  }
  return text;
}

}  // namespace turbo

#endif  // TURBO_TESTS_COMPRESS_CODEC_H_
