// Decompressor: compressed bytes back to what they were, with bounds that a hostile sender cannot
// pass.
//
//   auto gzip = Decompressor::make(CompressionFormat::kGzip, {.max_output_bytes = 1 << 20});
//   absl::Status status = gzip->feed(std::move(piece), out);
//   while (status.ok() && gzip->has_more()) {   // here a loop may do other work first
//     status = gzip->feed({}, out);
//   }
//   ...
//   if (status.ok()) status = gzip->finish();   // after the last piece
//
// gzip may be several members behind each other (RFC 1952 2.2); deflate is read in zlib's form and
// bare.
//
// Owner:   whoever makes it; one for each stream.
// Threads: one at a time; the output's blocks belong to the calling thread.
// Errors:  kInvalidArgument: malformed, or bytes behind the end, zeros included.
// kResourceExhausted:
//          a limit. kDataLoss from finish(): the end is missing. An error stays. What came before
//          it is in `out` and is not to be trusted: the checksum comes last. No bytes at all are no
//          stream.
// Limits:  DecompressorLimits. Input that could not be read yet is kept, so a caller that does not
//          wait for has_more() to end bounds what it feeds.
// Cost:    200 to 500 MB/s of output. Memory: gzip and deflate 40 KiB, brotli the window the sender
//          chose, as far as it is used, and up to 4 MiB of code tables.
#ifndef TURBO_COMPRESS_DECOMPRESSOR_H_
#define TURBO_COMPRESS_DECOMPRESSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "framework/buffer/buffer.h"
#include "framework/compress/format.h"

namespace turbo {

struct DecompressorLimits {
  // Of the whole stream. A kilobyte of input stands for a megabyte of zeros, or for far more in
  // brotli, so the input's size bounds nothing.
  uint64_t max_output_bytes = uint64_t{16} << 20;
  // One call reads no more than this and makes no more than this, and leaves the rest to the next:
  // 0.2 ms of work, or 4 ms if the data was made to be slow (nothing but code tables).
  size_t max_bytes_per_call = size_t{64} << 10;
  // Of a brotli stream's window, which is filled before anything comes out of it: it bounds memory
  // and what a call does inside, 10 ms at the worst. Encoders take up to 4 MiB unless told
  // otherwise. A stream that asks for more but is too short to use it passes. At least 2 MiB.
  size_t max_window_bytes = size_t{4} << 20;
};

class Decompressor {
 public:
  static std::unique_ptr<Decompressor> make(CompressionFormat format,
                                            const DecompressorLimits& limits = {});
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  virtual ~Decompressor() = default;

  // Takes the next piece of input, which may be empty, and appends what it stands for to `out`.
  absl::Status feed(Buffer piece, Buffer& out);

  // The bound of a call stopped feed(): it goes on with an empty piece.
  bool has_more() const { return has_more_; }

  // Ok if the input was whole. Requires: !has_more().
  absl::Status finish() const;

  uint64_t output_bytes() const { return made_; }

 protected:
  enum class State : uint8_t {
    kGoing,      // wants input, or room for output
    kEnd,        // the stream has ended; the input behind it was left alone
    kMalformed,  // no such stream
    kTooLarge,   // wants more memory than it may
  };
  struct Progress {
    State state;
    size_t read;
    size_t made;
  };

  explicit Decompressor(const DecompressorLimits& limits) : limits_(limits) {}
  // As far as input and room reach. Requires: room is not empty.
  virtual Progress decode(std::string_view input, std::span<char> room) = 0;
  // Ready for a stream behind the one that ended; false if the format has no such thing.
  virtual bool begin_next() = 0;

 private:
  bool begin_behind_end();
  std::pair<Progress, bool> decode_into(Buffer& out, std::string_view input, size_t most);
  void fail(absl::StatusCode code, std::string_view why);

  const DecompressorLimits limits_;
  Buffer input_;
  uint64_t made_ = 0;
  bool ended_ = false;
  bool has_more_ = false;
  absl::Status failure_;
};

}  // namespace turbo

#endif  // TURBO_COMPRESS_DECOMPRESSOR_H_
