#include "framework/compress/brotli_coders.h"

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "framework/base/check.h"

namespace turbo {
namespace {

constexpr size_t kLargestWindow = size_t{1} << 22;
// What a window needs beside its bytes (RFC 7932 9.1), and what the library adds to a ring buffer.
constexpr size_t kWindowSurplus = 16;
constexpr size_t kRingSlack = 1024;
// Code tables of the largest kind: 256 trees of 1,080 entries of four bytes.
constexpr size_t kLargestTables = size_t{2} << 20;

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

class BrotliCompressor final : public Compressor {
 public:
  explicit BrotliCompressor(const CompressorOptions& options)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    TURBO_CHECK(state_ != nullptr, "brotli found no memory");
    const size_t window =
        std::clamp<size_t>(options.window_bytes + kWindowSurplus, 1024, kLargestWindow);
    set(BROTLI_PARAM_QUALITY, std::clamp(options.quality, BROTLI_MIN_QUALITY, BROTLI_MAX_QUALITY));
    set(BROTLI_PARAM_LGWIN, static_cast<int>(std::bit_width(window - 1)));
    // Tables that fit what comes.
    set(BROTLI_PARAM_SIZE_HINT, static_cast<int>(window));
  }
  ~BrotliCompressor() override { BrotliEncoderDestroyInstance(state_); }

 private:
  void set(BrotliEncoderParameter parameter, int value) {
    const bool good = BrotliEncoderSetParameter(state_, parameter, static_cast<uint32_t>(value));
    TURBO_CHECK(good, "brotli does not know a parameter");
  }

  void run(std::string_view bytes, Step step, Buffer& out) override {
    const uint8_t* next = bytes_of(bytes);
    size_t left = bytes.size();
    do {
      const std::span<char> room = out.reserve(1);
      uint8_t* room_next = reinterpret_cast<uint8_t*>(room.data());
      size_t room_left = room.size();
      const bool good = BrotliEncoderCompressStream(state_, operation_of(step), &left, &next,
                                                    &room_left, &room_next, nullptr);
      TURBO_CHECK(good, "brotli found no memory");
      out.commit(room.size() - room_left);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_));
  }

  static BrotliEncoderOperation operation_of(Step step) {
    if (step == Step::kFinish) return BROTLI_OPERATION_FINISH;
    return step == Step::kFlush ? BROTLI_OPERATION_FLUSH : BROTLI_OPERATION_PROCESS;
  }

  BrotliEncoderState* const state_;
};

// The library's memory, no piece of it larger than *limit.
void* allocate_within(void* limit, size_t bytes) {
  return bytes > *static_cast<const size_t*>(limit) ? nullptr : std::malloc(bytes);
}

void free_piece(void*, void* piece) { std::free(piece); }

class BrotliDecompressor final : public Decompressor {
 public:
  explicit BrotliDecompressor(const DecompressorLimits& limits)
      : Decompressor(limits),
        largest_piece_(std::max(limits.max_window_bytes + kRingSlack, kLargestTables)),
        state_(BrotliDecoderCreateInstance(allocate_within, free_piece, &largest_piece_)) {
    TURBO_CHECK(state_ != nullptr, "brotli found no memory");
  }
  ~BrotliDecompressor() override { BrotliDecoderDestroyInstance(state_); }

 private:
  Progress decode(std::string_view input, std::span<char> room) override {
    const uint8_t* next = bytes_of(input);
    size_t left = input.size();
    uint8_t* room_next = reinterpret_cast<uint8_t*>(room.data());
    size_t room_left = room.size();
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state_, &left, &next, &room_left, &room_next, nullptr);
    return {state_after(result), input.size() - left, room.size() - room_left};
  }

  State state_after(BrotliDecoderResult result) const {
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return State::kEnd;
    if (result != BROTLI_DECODER_RESULT_ERROR) return State::kGoing;
    const BrotliDecoderErrorCode error = BrotliDecoderGetErrorCode(state_);
    const bool memory = error <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                        error >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    return memory ? State::kTooLarge : State::kMalformed;
  }

  // RFC 7932 knows one stream.
  bool begin_next() override { return false; }

  size_t largest_piece_;
  BrotliDecoderState* const state_;
};

}  // namespace

std::unique_ptr<Compressor> make_brotli_compressor(const CompressorOptions& options) {
  return std::make_unique<BrotliCompressor>(options);
}

std::unique_ptr<Decompressor> make_brotli_decompressor(const DecompressorLimits& limits) {
  return std::make_unique<BrotliDecompressor>(limits);
}

}  // namespace turbo
