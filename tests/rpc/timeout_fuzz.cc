// Any text as a timeout: it is one of digits and a unit or none, bounded, and comes back when it is
// written. Any eight bytes as a time: what is written can be read, and is no shorter.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "framework/base/check.h"
#include "framework/rpc/timeout.h"

namespace turbo::rpc {
namespace {

void check_time(Duration time) {
  std::array<char, kTimeoutBytes> room;
  const std::optional<Duration> read = parse_timeout(format_timeout(time, room));
  const Duration meant = std::clamp(time, Duration::zero(), kMaxTimeout);
  TURBO_CHECK(read.has_value(), "written and not read");
  TURBO_CHECK(*read >= meant, "shorter than was meant");
  TURBO_CHECK(*read - meant <= meant / 10'000 * 6, "much longer than was meant");
}

void check_text(std::string_view text) {
  const std::optional<Duration> time = parse_timeout(text);
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const bool good = digits >= 1 && digits <= 8 && text.size() == digits + 1 &&
                    std::string_view("HMSmun").find(text.back()) != std::string_view::npos;
  TURBO_CHECK(time.has_value() == good, "another verdict");
  if (!time) return;
  TURBO_CHECK(*time >= Duration::zero() && *time <= kMaxTimeout, "out of bounds");
  check_time(*time);
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  turbo::rpc::check_text({reinterpret_cast<const char*>(data), size});
  int64_t nanoseconds = 0;
  if (size < sizeof nanoseconds) return 0;
  std::memcpy(&nanoseconds, data, sizeof nanoseconds);
  turbo::rpc::check_time(turbo::Duration(nanoseconds));
  return 0;
}
