// Whole or cut anywhere, in one block or many: the parser of multipart bodies says the same, and
// what it says as data is in the body.
//
// The first byte chooses limits, the second the boundary, the third how many bytes that follow are
// distances between cuts.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "framework/base/check.h"
#include "tests/http/multipart_trace.h"

namespace turbo::http {
namespace {

MultipartLimits limits_of(uint8_t choice) {
  MultipartLimits limits;
  if ((choice & 1) != 0) limits.max_parts = 2;
  if ((choice & 2) != 0) limits.max_part_header_bytes = 30;
  if ((choice & 4) != 0) limits.max_part_header_count = 1;
  if ((choice & 8) != 0) limits.max_part_bytes = 6;
  if ((choice & 16) != 0) limits.max_total_bytes = 60;
  if ((choice & 32) != 0) limits.max_ignored_bytes = 3;
  return limits;
}

std::string_view boundary_of(uint8_t choice) {
  constexpr std::string_view kBoundaries[] = {"b", "--", "-b-", "a boundary longer than 16"};
  return kBoundaries[choice % std::size(kBoundaries)];
}

void check_invariance(const uint8_t* data, size_t size) {
  if (size < 3) return;
  const MultipartLimits limits = limits_of(data[0]);
  const std::string_view boundary = boundary_of(data[1]);
  const size_t cut_count = std::min<size_t>(data[2], size - 3);
  const std::string bytes(reinterpret_cast<const char*>(data + 3 + cut_count),
                          size - 3 - cut_count);
  std::vector<size_t> cuts;
  size_t at = 0;
  for (size_t i = 0; i < cut_count; ++i) {
    at += data[3 + i];
    if (at < bytes.size()) cuts.push_back(at);
  }
  std::vector<size_t> everywhere(bytes.empty() ? 0 : bytes.size() - 1);
  std::iota(everywhere.begin(), everywhere.end(), 1);
  const std::string whole = trace_multipart(bytes, {}, PartArrival::kAllAtOnce, boundary, limits);
  for (const PartArrival arrival : {PartArrival::kOneByOne, PartArrival::kAllAtOnce}) {
    for (const std::vector<size_t>* each : {&cuts, &everywhere}) {
      TURBO_CHECK(trace_multipart(bytes, *each, arrival, boundary, limits) == whole,
                  "the cuts changed what the parser says");
    }
  }
}

// Any data comes back from a body that is made of it.
void check_round_trip(const uint8_t* data, size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  const std::string boundary = "a boundary that is not in there";
  if (content.find(boundary) != std::string::npos) return;
  const std::string delimiter = "--" + boundary;
  const std::string body = delimiter + "\r\nA: 1\r\n\r\n" + content + "\r\n" + delimiter + "--\r\n";
  const std::string wanted = "part A=1" + (content.empty() ? "" : "[" + content + "]") + "\nend";
  TURBO_CHECK(trace_multipart(body, {size / 2}, PartArrival::kOneByOne, boundary, {}) == wanted,
              "the data came back differently");
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::http::check_invariance(data, size);
  turbo::http::check_round_trip(data, size);
  return 0;
}
