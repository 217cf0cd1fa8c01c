#include "framework/http/byte_range.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "framework/http/request_head.h"

namespace turbo::http {
namespace {

constexpr std::string_view kUnit = "bytes";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Digits and nothing else. Saturates: such a position is valid, and behind the end of everything.
std::optional<uint64_t> read_position(std::string_view text) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : 10 * value + digit;
  }
  return value;
}

enum class Spec : uint8_t { kMalformed, kUnsatisfiable, kSatisfiable };

Spec resolve_suffix(std::string_view digits, uint64_t size, ByteRange& range) {
  const std::optional<uint64_t> length = read_position(digits);
  if (!length.has_value()) return Spec::kMalformed;
  if (*length == 0) return Spec::kUnsatisfiable;
  range = {size - std::min(*length, size), size - 1};
  return Spec::kSatisfiable;
}

// "0-499", "500-" or "-500". Requires: size > 0.
Spec resolve(std::string_view spec, uint64_t size, ByteRange& range) {
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return Spec::kMalformed;
  const std::string_view end = spec.substr(dash + 1);
  if (dash == 0) return resolve_suffix(end, size, range);
  const std::optional<uint64_t> first = read_position(spec.substr(0, dash));
  const std::optional<uint64_t> last =
      end.empty() ? std::numeric_limits<uint64_t>::max() : read_position(end);
  if (!first.has_value() || !last.has_value() || *first > *last) return Spec::kMalformed;
  if (*first >= size) return Spec::kUnsatisfiable;
  range = {*first, std::min(*last, size - 1)};
  return Spec::kSatisfiable;
}

// Touching counts. Both lie inside a representation, so that adding one does not wrap round.
bool touch(const ByteRange& a, const ByteRange& b) {
  return a.first <= b.last + 1 && b.first <= a.last + 1;
}

// Takes the place of the first of those it touches.
void add(ByteRange range, absl::InlinedVector<ByteRange, 1>& ranges) {
  size_t place = ranges.size();
  for (size_t i = ranges.size(); i-- > 0;) {
    if (!touch(ranges[i], range)) continue;
    range = {std::min(range.first, ranges[i].first), std::max(range.last, ranges[i].last)};
    ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(i));
    place = i;
  }
  ranges.insert(ranges.begin() + static_cast<std::ptrdiff_t>(place), range);
}

// False: the field is to be ignored.
bool resolve_list(std::string_view list, uint64_t size, size_t max_ranges,
                  absl::InlinedVector<ByteRange, 1>& ranges) {
  size_t count = 0;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view spec = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (spec.empty()) continue;  // RFC 9110 5.6.1.2
    ByteRange range;
    const Spec kind = resolve(spec, size, range);
    if (kind == Spec::kMalformed || ++count > max_ranges) return false;
    if (kind == Spec::kSatisfiable) add(range, ranges);
  }
  return count != 0;
}

}  // namespace

RequestedRanges resolve_ranges(std::string_view field, uint64_t size, size_t max_ranges) {
  RequestedRanges wanted;
  const size_t equals = field.find('=');
  if (equals == std::string_view::npos || size == 0) return wanted;
  if (!equals_ignore_case(field.substr(0, equals), kUnit)) return wanted;
  if (!resolve_list(field.substr(equals + 1), size, max_ranges, wanted.ranges)) {
    wanted.ranges.clear();
    return wanted;
  }
  wanted.outcome = wanted.ranges.empty() ? RangeOutcome::kUnsatisfiable : RangeOutcome::kPartial;
  return wanted;
}

std::string content_range(const ByteRange& range, uint64_t size) {
  std::string text = "bytes ";
  text += std::to_string(range.first);
  text += '-';
  text += std::to_string(range.last);
  text += '/';
  return text += std::to_string(size);
}

std::string unsatisfied_range(uint64_t size) { return "bytes */" + std::to_string(size); }

}  // namespace turbo::http
