#include "framework/rpc/timeout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace turbo::rpc {
namespace {

constexpr size_t kMaxDigits = kTimeoutBytes - 1;
constexpr int64_t kMaxCount = 99'999'999;

struct Unit {
  char letter;
  Duration length;
};

// From the finest.
constexpr std::array<Unit, 6> kUnits = {{{'n', std::chrono::nanoseconds(1)},
                                         {'u', std::chrono::microseconds(1)},
                                         {'m', std::chrono::milliseconds(1)},
                                         {'S', std::chrono::seconds(1)},
                                         {'M', std::chrono::minutes(1)},
                                         {'H', std::chrono::hours(1)}}};

std::optional<Duration> length_of_unit(char letter) {
  for (const Unit& unit : kUnits) {
    if (unit.letter == letter) return unit.length;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_timeout(std::string_view value) {
  if (value.size() < 2 || value.size() > kTimeoutBytes) return std::nullopt;
  const std::optional<Duration> unit = length_of_unit(value.back());
  if (!unit) return std::nullopt;
  int64_t count = 0;
  for (const char c : value.substr(0, value.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    count = 10 * count + (c - '0');
  }
  return count > kMaxTimeout / *unit ? kMaxTimeout : count * *unit;
}

std::string_view format_timeout(Duration timeout, std::array<char, kTimeoutBytes>& room) {
  const Duration left = std::clamp(timeout, Duration::zero(), kMaxTimeout);
  const auto count_of = [left](const Unit& unit) {
    return (left + unit.length - Duration(1)) / unit.length;
  };
  // kMaxTimeout is few hours enough.
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&count_of](const Unit& candidate) {
    return count_of(candidate) <= kMaxCount;
  });
  char* end = std::to_chars(room.data(), room.data() + kMaxDigits, count_of(*unit)).ptr;
  *end++ = unit->letter;
  return {room.data(), static_cast<size_t>(end - room.data())};
}

}  // namespace turbo::rpc
