// gzip and deflate by zlib. Private to the room: Compressor::make() and Decompressor::make() use
// it.
//
// Owner, threads, errors, limits and cost: see compressor.h and decompressor.h.
#ifndef TURBO_COMPRESS_ZLIB_CODERS_H_
#define TURBO_COMPRESS_ZLIB_CODERS_H_

#include <memory>

#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"

namespace turbo {

std::unique_ptr<Compressor> make_zlib_compressor(CompressionFormat format,
                                                 const CompressorOptions& options);
std::unique_ptr<Decompressor> make_zlib_decompressor(CompressionFormat format,
                                                     const DecompressorLimits& limits);

}  // namespace turbo

#endif  // TURBO_COMPRESS_ZLIB_CODERS_H_
