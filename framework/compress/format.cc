#include "framework/compress/format.h"

#include "absl/strings/match.h"
#include "framework/base/views.h"

namespace turbo {

std::string_view coding_name(CompressionFormat format) {
  switch (format) {
    case CompressionFormat::kGzip:
      return "gzip";
    case CompressionFormat::kDeflate:
      return "deflate";
    case CompressionFormat::kBrotli:
      return "br";
  }
  return {};
}

std::optional<CompressionFormat> format_of_coding(std::string_view name) {
  const auto is = [name](std::string_view coding) {
    return absl::EqualsIgnoreCase(to_absl(name), to_absl(coding));
  };
  if (is("gzip") || is("x-gzip")) return CompressionFormat::kGzip;
  if (is("deflate")) return CompressionFormat::kDeflate;
  if (is("br")) return CompressionFormat::kBrotli;
  return std::nullopt;
}

}  // namespace turbo
