#include "framework/rpc/compression.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/compress/compressor.h"
#include "framework/compress/decompressor.h"

namespace turbo::rpc {
namespace {

// Requires: not kIdentity.
CompressionFormat format_of(Compression compression) {
  return compression == Compression::kGzip ? CompressionFormat::kGzip : CompressionFormat::kDeflate;
}

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::kIdentity:
      return "identity";
    case Compression::kGzip:
      return "gzip";
    case Compression::kDeflate:
      return "deflate";
  }
  return {};
}

std::optional<Compression> parse_compression(std::string_view encoding) {
  for (const Compression compression :
       {Compression::kIdentity, Compression::kGzip, Compression::kDeflate}) {
    if (encoding == to_string(compression)) return compression;
  }
  return std::nullopt;
}

bool accepts(std::string_view accept_encoding, Compression compression) {
  if (compression == Compression::kIdentity) return true;
  while (!accept_encoding.empty()) {
    const std::string_view encoding = accept_encoding.substr(0, accept_encoding.find(','));
    if (to_std(absl::StripAsciiWhitespace(to_absl(encoding))) == to_string(compression))
      return true;
    accept_encoding.remove_prefix(std::min(encoding.size() + 1, accept_encoding.size()));
  }
  return false;
}

Buffer compress(Buffer message, Compression compression) {
  if (compression == Compression::kIdentity) return message;
  Buffer compressed;
  const auto compressor =
      Compressor::make(format_of(compression), {.window_bytes = message.size()});
  compressor->add(message, compressed);
  compressor->finish(compressed);
  return compressed;
}

absl::StatusOr<Buffer> decompress(Buffer message, Compression compression, size_t max_bytes) {
  if (compression == Compression::kIdentity || message.empty()) return message;
  const auto decompressor = Decompressor::make(
      format_of(compression), {.max_output_bytes = max_bytes, .max_bytes_per_call = SIZE_MAX});
  Buffer plain;
  absl::Status status = decompressor->feed(std::move(message), plain);
  if (status.ok()) status = decompressor->finish();
  if (status.ok()) return plain;
  // Whatever is wrong with it, to the call it is a peer that does not keep to the protocol.
  return make_status(
      absl::IsResourceExhausted(status) ? status.code() : absl::StatusCode::kInternal,
      to_std(status.message()));
}

}  // namespace turbo::rpc
