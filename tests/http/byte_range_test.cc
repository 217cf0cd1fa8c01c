#include "framework/http/byte_range.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace turbo::http {
namespace {

using Ranges = std::vector<ByteRange>;

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

TEST(ByteRangeTest, resolves_against_a_size) {
  constexpr auto kWhole = RangeOutcome::kWhole;
  constexpr auto kPartial = RangeOutcome::kPartial;
  constexpr auto kUnsatisfiable = RangeOutcome::kUnsatisfiable;
  const struct {
    std::string_view field;
    uint64_t size;
    RangeOutcome outcome;
    Ranges ranges;
  } cases[] = {
      {"bytes=0-499", 10000, kPartial, {{0, 499}}},  // the examples of RFC 9110 14.1.2
      {"bytes=500-999", 10000, kPartial, {{500, 999}}},
      {"bytes=-500", 10000, kPartial, {{9500, 9999}}},
      {"bytes=9500-", 10000, kPartial, {{9500, 9999}}},
      {"bytes=0-0,-1", 10000, kPartial, {{0, 0}, {9999, 9999}}},
      {"bytes= 0-999, 4500-5499, -1000", 10000, kPartial, {{0, 999}, {4500, 5499}, {9000, 9999}}},
      {"bytes=500-700,601-999", 10000, kPartial, {{500, 999}}},
      {"BYTES=0-1", 10, kPartial, {{0, 1}}},
      {"bytes=0-", 10, kPartial, {{0, 9}}},  // players ask so whether ranges are known
      {"bytes=0-99", 10, kPartial, {{0, 9}}},
      {"bytes=9-9", 10, kPartial, {{9, 9}}},
      {"bytes=-99", 10, kPartial, {{0, 9}}},
      {"bytes=10-", 10, kUnsatisfiable, {}},
      {"bytes=10-,-0", 10, kUnsatisfiable, {}},
      {"bytes=-0", 10, kUnsatisfiable, {}},
      {"bytes=-0,3-4", 10, kPartial, {{3, 4}}},
      {"bytes=90-,3-4", 10, kPartial, {{3, 4}}},
      // No order of its own; what overlaps or touches is one.
      {"bytes=8-8,0-0,4-4", 10, kPartial, {{8, 8}, {0, 0}, {4, 4}}},
      {"bytes=0-1,2-3", 10, kPartial, {{0, 3}}},
      {"bytes=2-3,0-1", 10, kPartial, {{0, 3}}},
      {"bytes=0-1,8-9,5-6,1-8", 10, kPartial, {{0, 9}}},
      {"bytes=0-0,9-9,5-5,0-2", 10, kPartial, {{0, 2}, {9, 9}, {5, 5}}},
      {"bytes=0-,0-,0-,0-", 10, kPartial, {{0, 9}}},
      {"bytes=,,0-1, ,", 10, kPartial, {{0, 1}}},
      // Of nothing there is no part.
      {"bytes=0-", 0, kWhole, {}},
      {"bytes=-1", 0, kWhole, {}},
      // Numbers beyond 64 bits are valid positions.
      {"bytes=0-18446744073709551615", 10, kPartial, {{0, 9}}},
      {"bytes=18446744073709551615-", 10, kUnsatisfiable, {}},
      {"bytes=18446744073709551616-", 10, kUnsatisfiable, {}},
      {"bytes=99999999999999999999999999-99999999999999999999999999", 10, kUnsatisfiable, {}},
      {"bytes=-9223372036854775808", 10, kPartial, {{0, 9}}},
      {"bytes=-18446744073709551616", 10, kPartial, {{0, 9}}},
      {"bytes=00000000000000000000000000001-2", 10, kPartial, {{1, 2}}},
      {"bytes=0-18446744073709551615", kMost, kPartial, {{0, kMost - 1}}},
      {"bytes=18446744073709551614-,0-0", kMost, kPartial, {{kMost - 1, kMost - 1}, {0, 0}}},
      // Malformed, or of another unit: ignored altogether.
      {"", 10, kWhole, {}},
      {"bytes", 10, kWhole, {}},
      {"bytes=", 10, kWhole, {}},
      {"bytes=,", 10, kWhole, {}},
      {"bytes=-", 10, kWhole, {}},
      {"bytes=1", 10, kWhole, {}},
      {"bytes=2-1", 10, kWhole, {}},
      {"bytes=0-1,2-1", 10, kWhole, {}},
      {"bytes=a-b", 10, kWhole, {}},
      {"bytes=0x0-1", 10, kWhole, {}},
      {"bytes=+0-1", 10, kWhole, {}},
      {"bytes=0 -1", 10, kWhole, {}},
      {"bytes=0- 1", 10, kWhole, {}},
      {"bytes=0--1", 10, kWhole, {}},
      {"bytes=--1", 10, kWhole, {}},
      {"bytes=0-1;2-3", 10, kWhole, {}},
      {"bytes =0-1", 10, kWhole, {}},
      {"items=0-1", 10, kWhole, {}},
  };
  for (const auto& each : cases) {
    const RequestedRanges wanted = resolve_ranges(each.field, each.size);
    EXPECT_EQ(wanted.outcome, each.outcome) << each.field;
    EXPECT_EQ(Ranges(wanted.ranges.begin(), wanted.ranges.end()), each.ranges) << each.field;
  }
}

TEST(ByteRangeTest, ignores_more_ranges_than_allowed) {
  std::string field = "bytes=0-0";
  for (int i = 1; i < 16; ++i) field += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
  EXPECT_EQ(resolve_ranges(field, 100).ranges.size(), 16u);
  for (const std::string_view more : {",90-90", ",0-0", ",200-"}) {
    EXPECT_EQ(resolve_ranges(field + std::string(more), 100).outcome, RangeOutcome::kWhole);
  }
  EXPECT_EQ(resolve_ranges("bytes=0-0,5-5", 100, 1).outcome, RangeOutcome::kWhole);
  EXPECT_EQ(resolve_ranges("bytes=0-0", 100, 0).outcome, RangeOutcome::kWhole);
}

TEST(ByteRangeTest, writes_content_range) {
  EXPECT_EQ(content_range({0, 499}, 1234), "bytes 0-499/1234");
  EXPECT_EQ(content_range({kMost - 1, kMost - 1}, kMost),
            "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
  EXPECT_EQ(unsatisfied_range(1234), "bytes */1234");
}

}  // namespace
}  // namespace turbo::http
