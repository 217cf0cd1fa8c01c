#include "framework/http2/peer_settings.h"

namespace turbo::http2 {

ErrorCode PeerSettings::set(SettingID id, uint32_t value, bool by_server) {
  switch (id) {
    case SettingID::kHeaderTableSize:
      header_table_bytes = value;
      return ErrorCode::kNoError;
    case SettingID::kEnablePush:
      return value > (by_server ? 0 : 1) ? ErrorCode::kProtocolError : ErrorCode::kNoError;
    case SettingID::kMaxConcurrentStreams:
      max_concurrent_streams = value;
      return ErrorCode::kNoError;
    case SettingID::kInitialWindowSize:
      if (value > kMax31Bits) return ErrorCode::kFlowControlError;
      initial_window = value;
      return ErrorCode::kNoError;
    case SettingID::kMaxFrameSize:
      if (value < kMaxFramePayload || value > 0xffffff) return ErrorCode::kProtocolError;
      max_frame_bytes = value;
      return ErrorCode::kNoError;
    case SettingID::kEnableConnectProtocol:
      // What was announced may be used, so it is not taken back (RFC 8441 3).
      if (value > 1 || value < (connect_protocol ? 1 : 0)) return ErrorCode::kProtocolError;
      connect_protocol = value == 1;
      return ErrorCode::kNoError;
    case SettingID::kNoRFC7540Priorities:
      if (value > 1 || no_rfc7540_priorities.value_or(value == 1) != (value == 1)) {
        return ErrorCode::kProtocolError;
      }
      no_rfc7540_priorities = value == 1;
      return ErrorCode::kNoError;
    default:
      return ErrorCode::kNoError;
  }
}

}  // namespace turbo::http2
