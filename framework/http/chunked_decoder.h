// ChunkedDecoder: the body of a message with Transfer-Encoding: chunked (RFC 9112 7.1), up to its
// trailers.
//
// Every line ends with CRLF; nothing else is accepted (bare LF and bytes between chunks let
// requests be smuggled). Extensions are checked and ignored.
//
// Owner:   the RequestParser; the client's response parser later.
// Threads: one.
// Errors:  kError with the caller's ParseError filled: 400, or 413 for more data than
//          max_data_bytes.
// Limits:  chunk sizes of 16 digits, data and extension bytes in all of one message.
// Cost:    a few instructions a byte of framing. Data of large chunks is moved; small chunks behind
//          others are copied, so that a body of 1-byte chunks does not cost a segment each.
#ifndef TURBO_HTTP_CHUNKED_DECODER_H_
#define TURBO_HTTP_CHUNKED_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/buffer/buffer.h"
#include "framework/http/parse_error.h"

namespace turbo::http {

class ChunkedDecoder {
 public:
  enum class Step : uint8_t { kMore, kData, kTrailers, kError };

  // Begins a message.
  void start(uint64_t max_data_bytes, size_t max_extension_bytes);

  // Takes framing and data from the front of `input` and appends data to `data` until the input is
  // used up, a good deal has come together (kData) or the last chunk's line has been read
  // (kTrailers; the trailers follow in `input`). Data that came before kMore, kTrailers or kError
  // is in `data` too.
  Step decode(Buffer& input, Buffer& data, ParseError& error);

 private:
  enum class State : uint8_t {
    kSize,
    kExtension,
    kSizeLF,
    kData,
    kDataCR,
    kDataLF,
    kTrailers,
    kError
  };

  bool read_framing(std::string_view bytes, size_t& used, ParseError& error);
  bool read_size(char c, ParseError& error);
  bool read_extension(char c, ParseError& error);
  bool expect(char c, char wanted, State next, ParseError& error);

  State state_ = State::kSize;
  uint8_t digits_ = 0;
  uint64_t left_ = 0;  // kSize: the size so far; kData: bytes to come
  uint64_t data_budget_ = 0;
  size_t extension_budget_ = 0;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_CHUNKED_DECODER_H_
