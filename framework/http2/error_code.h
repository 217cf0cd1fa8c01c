// ErrorCode: why a stream or a connection ended (RFC 9113 7).
#ifndef TURBO_HTTP2_ERROR_CODE_H_
#define TURBO_HTTP2_ERROR_CODE_H_

#include <cstdint>
#include <string_view>

namespace turbo::http2 {

enum class ErrorCode : uint32_t {
  kNoError = 0x0,
  kProtocolError = 0x1,
  kInternalError = 0x2,
  kFlowControlError = 0x3,
  kSettingsTimeout = 0x4,
  kStreamClosed = 0x5,
  kFrameSizeError = 0x6,
  kRefusedStream = 0x7,
  kCancel = 0x8,
  kCompressionError = 0x9,
  kConnectError = 0xa,
  kEnhanceYourCalm = 0xb,
  kInadequateSecurity = 0xc,
  kHTTP11Required = 0xd,
};

// "ENHANCE_YOUR_CALM"; "" for codes nobody registered.
std::string_view error_name(ErrorCode code);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_ERROR_CODE_H_
