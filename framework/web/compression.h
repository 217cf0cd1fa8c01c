// Compression: answers leave as brotli or gzip when the client takes it and it pays.
//
//   Compression compression({.enabled = true});      // one a loop
//   compression.apply(exchange);                     // before the handler; it decides at the head
//
// Compressed are answers of a type that text or the like travels in, of at least min_bytes or
// streamed, unless they have a Content-Encoding, a declared length (files) or "Cache-Control:
// no-transform", or are a 1xx, 204, 206 or 304. Such an answer says "Vary: Accept-Encoding" also
// when this client gets the plain bytes, and its entity tag becomes weak, since it names two rows
// of bytes (RFC 9110 8.8.3.3). HEAD is answered with the very fields of GET. Every flush of the
// handler reaches the client, so that Server-Sent Events arrive at once.
//
// Owner:   the dispatcher of a loop; outlives the exchanges it was applied to.
// Threads: its loop's.
// Errors:  none; what cannot be compressed leaves as it is.
// Limits:  CompressionOptions.
// Cost:    a whole answer is compressed in one turn of the loop: 0.04 ms for 2 KiB, 0.7 ms for 32
//          KiB, 14 ms for max_bytes with brotli, about half of it with gzip; a streamed one in the
//          pieces that the handler flushes, and it is for the handler to keep them small. Memory:
//          up to 2 MiB while a whole answer is compressed, 70 KiB for each gzip stream that is
//          open, 0.6 MiB for the rare ones in brotli.
#ifndef TURBO_WEB_COMPRESSION_H_
#define TURBO_WEB_COMPRESSION_H_

#include <cstddef>

#include "framework/server/exchange.h"

namespace turbo::web {

struct CompressionOptions {
  // Off unless asked for. A body that holds a secret beside what an attacker may choose tells the
  // secret by its length, TLS or not (BREACH): answers with both say "Cache-Control: no-transform".
  // And behind a proxy that compresses it would be done twice.
  bool enabled = false;
  // Less fits a packet either way.
  size_t min_bytes = 1024;
  // A larger answer that is there as a whole is sent plainly, because the loop stands still while
  // it is compressed. A handler that flushes in pieces has its answer compressed at any length.
  size_t max_bytes = size_t{512} << 10;
  // See CompressorOptions::quality.
  int gzip_quality = 4;
  int brotli_quality = 5;
  // Streams live long and repeat themselves soon, so they get a small window, and gzip rather than
  // brotli, which has no small state.
  size_t stream_window_bytes = 8192;
  // Compressed streams open at once on a loop; the next ones are sent plainly. 70 MiB of gzip.
  size_t max_streams = 1000;
};

class Compression {
 public:
  explicit Compression(const CompressionOptions& options) : options_(options) {}
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  // Before the head is sent.
  void apply(Exchange& exchange);

  // Compressed streams that are open.
  size_t streams() const { return streams_; }

 private:
  const CompressionOptions options_;
  size_t streams_ = 0;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_COMPRESSION_H_
