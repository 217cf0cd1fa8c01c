// Any bytes as each format: what comes out does not depend on how the input is cut, no limit is
// passed, and what was accepted comes back from another round.
//
// Input: a byte that chooses the limits and the cut, then the stream.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "tests/compress/codec.h"

namespace turbo {
namespace {

// As decompress(), and every call keeps to its bound.
Decompressed decompress_step_by_step(CompressionFormat format, std::string_view input, size_t step,
                                     const DecompressorLimits& limits) {
  const auto decompressor = Decompressor::make(format, limits);
  Decompressed result;
  Buffer out;
  const auto feed = [&](std::string_view piece) {
    const size_t before = out.size();
    result.fed = decompressor->feed(Buffer::copy_of(piece), out);
    TURBO_CHECK(out.size() - before <= limits.max_bytes_per_call, "a call made more than it may");
    TURBO_CHECK(out.size() <= limits.max_output_bytes, "more came out than may");
    TURBO_CHECK(decompressor->output_bytes() == out.size(), "counted wrong");
  };
  while (!input.empty() && result.fed.ok()) {
    feed(input.substr(0, step));
    input.remove_prefix(std::min(step, input.size()));
    // Each call reads or makes as much as it may, so there are not many.
    for (size_t calls = 0; decompressor->has_more(); ++calls) {
      TURBO_CHECK(calls < 100'000, "has_more() without end");
      feed({});
    }
  }
  result.done = decompressor->finish();
  result.text = out.to_string();
  return result;
}

void check(CompressionFormat format, std::string_view input, uint8_t choice) {
  DecompressorLimits limits;
  limits.max_output_bytes = choice % 4 == 0 ? 100 : 1 << 16;
  const Decompressed whole = decompress_step_by_step(format, input, input.size(), limits);
  limits.max_bytes_per_call = 1 + choice * 7;
  const Decompressed cut = decompress_step_by_step(format, input, 1 + choice / 4, limits);
  // Which of two things that are wrong is found first may depend on the cut, but not whether one
  // is.
  TURBO_CHECK(whole.done.ok() == cut.done.ok(), "a cut decides");
  TURBO_CHECK(!whole.done.ok() || whole.text == cut.text, "a cut changes the text");
  if (!whole.done.ok()) return;
  const std::string again = compress(format, whole.text, {.quality = 1, .window_bytes = 512});
  TURBO_CHECK(decompress(format, {again}).text == whole.text, "the round trip changes the text");
}

}  // namespace
}  // namespace turbo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const turbo::CompressionFormat format : turbo::kAllFormats) {
    turbo::check(format, input, data[0]);
  }
  return 0;
}
