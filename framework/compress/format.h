// CompressionFormat: the compressed formats of the room, and what HTTP calls them.
//
//   if (auto format = format_of_coding("gzip")) decompressor = Decompressor::make(*format);
//
// Owner:   values.
// Threads: any.
// Errors:  an unknown name is nullopt.
// Limits:  none.
// Cost:    a few comparisons.
#ifndef TURBO_COMPRESS_FORMAT_H_
#define TURBO_COMPRESS_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace turbo {

enum class CompressionFormat : uint8_t {
  kGzip,     // RFC 1952
  kDeflate,  // RFC 1950; read as bare RFC 1951 too, which some clients send under that name
  kBrotli,   // RFC 7932
};

// The content coding (RFC 9110 8.4.1): "gzip", "deflate" or "br".
std::string_view coding_name(CompressionFormat format);

// The format of a content coding in any case; "x-gzip" is gzip (RFC 9110 8.4.1.3).
std::optional<CompressionFormat> format_of_coding(std::string_view name);

}  // namespace turbo

#endif  // TURBO_COMPRESS_FORMAT_H_
