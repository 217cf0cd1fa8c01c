// Compressor: a stream of bytes made smaller, written straight into a Buffer's blocks.
//
//   auto gzip = Compressor::make(CompressionFormat::kGzip, {.quality = 6});
//   gzip->add(body, out);
//   gzip->flush(out);          // the peer can read all that was added, as Server-Sent Events need
//   gzip->finish(out);
//
// Owner:   whoever makes it; one for each stream.
// Threads: one at a time; the output's blocks belong to the calling thread.
// Errors:  none: every input can be compressed. Out of memory ends the program, as operator new
//          does.
// Limits:  a call works on all it is given, at 20 to 150 MB/s: a loop gives it pieces.
// Cost:    memory while the object lives: gzip and deflate eight times the window and 6 KiB (262
// KiB
//          for the largest, 22 KiB for one of 2 KiB); brotli at qualities 4 and 5 0.6 MiB for a
//          window of 2 KiB, 1 MiB for 32 KiB, 1.9 MiB for 64 KiB, 4.3 MiB for 256 KiB. A new stream
//          costs 1 to 4 µs before its first byte, so no state is kept for the next one.
#ifndef TURBO_COMPRESS_COMPRESSOR_H_
#define TURBO_COMPRESS_COMPRESSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "framework/buffer/buffer.h"
#include "framework/compress/format.h"

namespace turbo {

struct CompressorOptions {
  // From 1 (fast) to 9 (small) for gzip and deflate, 0 to 11 for brotli; values outside are moved
  // to the nearest. gzip pays twice as much at 6 for one part in a hundred; brotli at 5 costs what
  // it does at 4 and makes text a twentieth smaller.
  int quality = 4;
  // How far back a repetition is found, rounded up to what the format knows: 512 bytes to 32 KiB,
  // brotli 1 KiB to 4 MiB. The size of the whole, if that is known to be less, else what memory
  // allows: brotli gains 3 % from four times the default.
  size_t window_bytes = size_t{64} << 10;
};

class Compressor {
 public:
  static std::unique_ptr<Compressor> make(CompressionFormat format,
                                          const CompressorOptions& options = {});
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  virtual ~Compressor() = default;

  // Takes more bytes; what is ready of them is appended to `out`. Requires: not finished.
  void add(std::string_view bytes, Buffer& out);
  void add(const Buffer& bytes, Buffer& out);

  // Appends all that was added so far, so that the peer can read it. A few bytes each time; nothing
  // if nothing was added since. Requires: not finished.
  void flush(Buffer& out);

  // Appends the rest and the end. Requires: not finished.
  void finish(Buffer& out);

 protected:
  enum class Step : uint8_t { kAdd, kFlush, kFinish };

  Compressor() = default;
  virtual void run(std::string_view bytes, Step step, Buffer& out) = 0;

 private:
  bool unflushed_ = false;
  bool finished_ = false;
};

}  // namespace turbo

#endif  // TURBO_COMPRESS_COMPRESSOR_H_
