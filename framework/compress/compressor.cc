#include "framework/compress/compressor.h"

#include "framework/base/check.h"
#include "framework/compress/brotli_coders.h"
#include "framework/compress/zlib_coders.h"

namespace turbo {

std::unique_ptr<Compressor> Compressor::make(CompressionFormat format,
                                             const CompressorOptions& options) {
  if (format == CompressionFormat::kBrotli) return make_brotli_compressor(options);
  return make_zlib_compressor(format, options);
}

void Compressor::add(std::string_view bytes, Buffer& out) {
  TURBO_CHECK(!finished_, "add() after finish()");
  if (bytes.empty()) return;
  unflushed_ = true;
  run(bytes, Step::kAdd, out);
}

void Compressor::add(const Buffer& bytes, Buffer& out) {
  for (const std::string_view piece : bytes) add(piece, out);
}

void Compressor::flush(Buffer& out) {
  TURBO_CHECK(!finished_, "flush() after finish()");
  if (!unflushed_) return;
  unflushed_ = false;
  run({}, Step::kFlush, out);
}

void Compressor::finish(Buffer& out) {
  TURBO_CHECK(!finished_, "finish() twice");
  finished_ = true;
  run({}, Step::kFinish, out);
}

}  // namespace turbo
