#include "framework/http2/error_code.h"

#include <array>

namespace turbo::http2 {

std::string_view error_name(ErrorCode code) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "NO_ERROR",
      "PROTOCOL_ERROR",
      "INTERNAL_ERROR",
      "FLOW_CONTROL_ERROR",
      "SETTINGS_TIMEOUT",
      "STREAM_CLOSED",
      "FRAME_SIZE_ERROR",
      "REFUSED_STREAM",
      "CANCEL",
      "COMPRESSION_ERROR",
      "CONNECT_ERROR",
      "ENHANCE_YOUR_CALM",
      "INADEQUATE_SECURITY",
      "HTTP_1_1_REQUIRED",
  };
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : std::string_view();
}

}  // namespace turbo::http2
