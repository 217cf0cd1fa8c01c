// brotli by its own library. Private to the room: Compressor::make() and Decompressor::make() use
// it.
//
// Owner, threads, errors, limits and cost: see compressor.h and decompressor.h.
#ifndef TURBO_COMPRESS_BROTLI_CODERS_H_
#define TURBO_COMPRESS_BROTLI_CODERS_H_

#include <memory>

#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"

namespace turbo {

std::unique_ptr<Compressor> make_brotli_compressor(const CompressorOptions& options);
std::unique_ptr<Decompressor> make_brotli_decompressor(const DecompressorLimits& limits);

}  // namespace turbo

#endif  // TURBO_COMPRESS_BROTLI_CODERS_H_
