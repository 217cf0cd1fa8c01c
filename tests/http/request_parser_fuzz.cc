// Whole or cut anywhere, in one block or many: the parser says the same (RFC 9112 knows no
// packets).
//
// The first byte chooses limits, the second how many bytes that follow are distances between cuts.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "framework/base/check.h"
#include "tests/http/parse_trace.h"

namespace turbo::http {
namespace {

RequestParserLimits limits_of(uint8_t choice) {
  RequestParserLimits limits;
  if ((choice & 1) != 0) limits.max_target_bytes = 8;
  if ((choice & 2) != 0) limits.max_header_bytes = 100;
  if ((choice & 4) != 0) limits.max_header_count = 3;
  if ((choice & 8) != 0) limits.max_body_bytes = 10;
  if ((choice & 16) != 0) limits.max_chunk_extension_bytes = 10;
  if ((choice & 32) != 0) limits.max_trailer_bytes = 20;
  if ((choice & 64) != 0) limits.max_trailer_count = 1;
  if ((choice & 128) != 0) limits.max_leading_newline_bytes = 2;
  return limits;
}

void check_invariance(const uint8_t* data, size_t size) {
  if (size < 2) return;
  const RequestParserLimits limits = limits_of(data[0]);
  const size_t cut_count = std::min<size_t>(data[1], size - 2);
  const std::string bytes(reinterpret_cast<const char*>(data + 2 + cut_count),
                          size - 2 - cut_count);
  std::vector<size_t> cuts;
  size_t at = 0;
  for (size_t i = 0; i < cut_count; ++i) {
    at += data[2 + i];
    if (at < bytes.size()) cuts.push_back(at);
  }
  const std::string whole = trace(bytes, {}, Arrival::kAllAtOnce, limits);
  for (const Arrival arrival : {Arrival::kSameBlock, Arrival::kOwnBlocks, Arrival::kAllAtOnce}) {
    TURBO_CHECK(trace(bytes, cuts, arrival, limits) == whole,
                "the cuts changed what the parser says");
  }
  // A whole head takes a shorter way through the parser than one that comes byte by byte.
  std::vector<size_t> everywhere(bytes.empty() ? 0 : bytes.size() - 1);
  std::iota(everywhere.begin(), everywhere.end(), 1);
  TURBO_CHECK(trace(bytes, everywhere, Arrival::kSameBlock, limits) == whole,
              "byte by byte the parser says something else");
  // Nothing of one message reaches the next.
  const std::string behind_another =
      trace("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + bytes, {}, Arrival::kAllAtOnce, limits);
  TURBO_CHECK(behind_another.ends_with(whole), "a message before changed what the parser says");
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http::check_invariance(data, size);
  return 0;
}
