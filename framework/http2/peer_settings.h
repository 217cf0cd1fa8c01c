// PeerSettings: what the peer has announced (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1). Private to
// the room.
//
// Owner:   the session.
// Threads: one.
// Errors:  set() answers the error of the connection that a value is.
// Limits:  none.
// Cost:    none.
#ifndef TURBO_HTTP2_PEER_SETTINGS_H_
#define TURBO_HTTP2_PEER_SETTINGS_H_

#include <cstdint>
#include <optional>

#include "framework/http2/error_code.h"
#include "framework/http2/flow_window.h"
#include "framework/http2/frame.h"

namespace turbo::http2 {

enum class SettingID : uint16_t {
  kHeaderTableSize = 1,
  kEnablePush = 2,
  kMaxConcurrentStreams = 3,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5,
  kMaxHeaderListSize = 6,
  kEnableConnectProtocol = 8,
  kNoRFC7540Priorities = 9,
};

struct PeerSettings {
  static constexpr size_t kEntryBytes = 6;
  // Entries of one frame: there are eight to know.
  static constexpr size_t kMostEntries = 32;

  uint32_t header_table_bytes = 4096;
  // Until a server has said more.
  uint32_t max_concurrent_streams = 100;
  uint32_t initial_window = kFirstWindow;
  uint32_t max_frame_bytes = kMaxFramePayload;
  bool connect_protocol = false;
  std::optional<bool> no_rfc7540_priorities;

  // kNoError: it holds now, or means nothing to us.
  ErrorCode set(SettingID id, uint32_t value, bool by_server);
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_PEER_SETTINGS_H_
