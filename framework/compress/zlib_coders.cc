#include "framework/compress/zlib_coders.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <climits>

#include "framework/base/check.h"

namespace turbo {
namespace {

// What zlib adds to the window's bits to write or read gzip, and how it is told of no wrapping.
constexpr int kGzipWindow = 16;
constexpr int kLargestWindow = 15;
constexpr int kBareWindow = -kLargestWindow;

// After a flush that left less than this zlib would flush once more (zlib.h, deflate()).
constexpr size_t kSmallestRoom = 16;

void give_input(z_stream& stream, std::string_view bytes) {
  // zlib takes unsigned ints, and its next_in is not const although it does not write there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<size_t>(bytes.size(), UINT_MAX));
}

void give_room(z_stream& stream, std::span<char> room) {
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = static_cast<uInt>(std::min<size_t>(room.size(), UINT_MAX));
}

// Windows of 256 bytes do not work with gzip (zlib.h, deflateInit2()).
int window_bits_for(size_t bytes) {
  const size_t wanted = std::clamp<size_t>(bytes, 512, size_t{1} << kLargestWindow);
  return static_cast<int>(std::bit_width(wanted - 1));
}

class ZlibCompressor final : public Compressor {
 public:
  ZlibCompressor(CompressionFormat format, const CompressorOptions& options) {
    const int bits = window_bits_for(options.window_bytes);
    const int wrapping = format == CompressionFormat::kGzip ? kGzipWindow : 0;
    // The memory level grows with the window, as in zlib's own default: 8 for 15 bits.
    const int result = deflateInit2(&stream_, std::clamp(options.quality, 1, 9), Z_DEFLATED,
                                    bits + wrapping, bits - 7, Z_DEFAULT_STRATEGY);
    TURBO_CHECK(result == Z_OK, "zlib found no memory");
  }
  ~ZlibCompressor() override { deflateEnd(&stream_); }

 private:
  void run(std::string_view bytes, Step step, Buffer& out) override {
    do {
      give_input(stream_, bytes);
      const size_t given = stream_.avail_in;
      deflate_given(flush_mode(step), out);
      bytes.remove_prefix(given);
    } while (!bytes.empty());
  }

  static int flush_mode(Step step) {
    if (step == Step::kFinish) return Z_FINISH;
    return step == Step::kFlush ? Z_SYNC_FLUSH : Z_NO_FLUSH;
  }

  // zlib has done all it was asked to when it leaves room.
  void deflate_given(int mode, Buffer& out) {
    do {
      const std::span<char> room = out.reserve(kSmallestRoom);
      give_room(stream_, room);
      const size_t given = stream_.avail_out;
      const int result = deflate(&stream_, mode);
      TURBO_CHECK(result != Z_STREAM_ERROR, "the state of zlib was overwritten");
      out.commit(given - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class ZlibDecompressor final : public Decompressor {
 public:
  ZlibDecompressor(CompressionFormat format, const DecompressorLimits& limits)
      : Decompressor(limits), gzip_(format == CompressionFormat::kGzip), wrapping_known_(gzip_) {
    const int result = inflateInit2(&stream_, kLargestWindow + (gzip_ ? kGzipWindow : 0));
    TURBO_CHECK(result == Z_OK, "zlib found no memory");
  }
  ~ZlibDecompressor() override { inflateEnd(&stream_); }

 private:
  Progress decode(std::string_view input, std::span<char> room) override {
    size_t read = 0;
    if (!wrapping_known_) {
      if (!find_wrapping(input, read)) return {State::kGoing, read, 0};
      input.remove_prefix(read);
    }
    Progress progress = inflate_some(input, room);
    progress.read += read;
    return progress;
  }

  Progress inflate_some(std::string_view input, std::span<char> room) {
    give_input(stream_, input);
    give_room(stream_, room);
    const size_t given_in = stream_.avail_in;
    const size_t given_out = stream_.avail_out;
    const State state = state_after(inflate(&stream_, Z_NO_FLUSH));
    return {state, given_in - stream_.avail_in, given_out - stream_.avail_out};
  }

  static State state_after(int result) {
    switch (result) {
      case Z_OK:
      case Z_BUF_ERROR:  // neither input nor room to go on with
        return State::kGoing;
      case Z_STREAM_END:
        return State::kEnd;
      case Z_MEM_ERROR:
        return State::kTooLarge;
      default:
        return State::kMalformed;
    }
  }

  // "deflate" means zlib's form (RFC 9110 8.4.1.2), but some send it bare. The two bytes of zlib's
  // header (RFC 1950 2.2) tell: as the beginning of bare data they would be a stored block with
  // padding that no encoder writes. Bytes looked at go to zlib's state. False: more are needed.
  bool find_wrapping(std::string_view input, size_t& read) {
    if (input.empty()) return false;
    if (!has_first_) {
      first_ = input.front();
      has_first_ = true;
      input.remove_prefix(++read);
      if (input.empty()) return false;
    }
    const unsigned method = static_cast<unsigned char>(first_);
    const unsigned flags = static_cast<unsigned char>(input.front());
    const bool wrapped = method % 16 == Z_DEFLATED && method / 16 <= kLargestWindow - 8 &&
                         (256 * method + flags) % 31 == 0;
    if (!wrapped) inflateReset2(&stream_, kBareWindow);
    wrapping_known_ = true;
    // One byte of a header, or of a bare stream, stands for no output yet.
    char nothing = 0;
    inflate_some({&first_, 1}, {&nothing, 1});
    return true;
  }

  bool begin_next() override { return gzip_ && inflateReset(&stream_) == Z_OK; }

  z_stream stream_{};
  const bool gzip_;
  bool wrapping_known_;
  bool has_first_ = false;  // of the two bytes that tell, the first, given to zlib with the second
  char first_ = 0;
};

}  // namespace

std::unique_ptr<Compressor> make_zlib_compressor(CompressionFormat format,
                                                 const CompressorOptions& options) {
  return std::make_unique<ZlibCompressor>(format, options);
}

std::unique_ptr<Decompressor> make_zlib_decompressor(CompressionFormat format,
                                                     const DecompressorLimits& limits) {
  return std::make_unique<ZlibDecompressor>(format, limits);
}

}  // namespace turbo
