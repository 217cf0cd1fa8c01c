#include "framework/http2/nghttp2_options.h"

#include <array>
#include <cstdint>

#include "framework/base/check.h"
#include "framework/http2/frame_watch.h"
#include "framework/http2/nghttp2_callbacks.h"
#include "framework/http2/nghttp2_memory.h"

namespace turbo::http2 {
namespace {

constexpr size_t kMaxSentHeadBytes = size_t{128} << 10;
// Answers to PING and SETTINGS that may wait for the peer to read.
constexpr size_t kMaxWaitingAcks = 1000;
// nghttp2 counts a CONTINUATION anew for each piece its frame head comes in. FrameWatch counts them
// right and earlier.
constexpr size_t kNeverReachedContinuations = 1000;
// The FloodGuard counts resets, and says so to the handler.
constexpr uint64_t kNeverReachedResets = uint64_t{1} << 62;

void check(int result) { TURBO_CHECK(result == 0, "nghttp2 refused what every session asks"); }

struct DeleteOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

std::unique_ptr<nghttp2_option, DeleteOption> make_option(const SessionOptions& options) {
  nghttp2_option* option = nullptr;
  check(nghttp2_option_new(&option));
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, kMaxWaitingAcks);
  nghttp2_option_set_max_settings(option, FrameWatch::kMaxSettings);
  nghttp2_option_set_stream_reset_rate_limit(option, kNeverReachedResets, kNeverReachedResets);
  nghttp2_option_set_max_continuations(option, kNeverReachedContinuations);
  nghttp2_option_set_max_send_header_block_length(option, kMaxSentHeadBytes);
  nghttp2_option_set_max_deflate_dynamic_table_size(option, options.encoder_table_bytes);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
  return std::unique_ptr<nghttp2_option, DeleteOption>(option);
}

// The settings of one side, at most as many as a frame of ours ever has.
class Settings {
 public:
  void add(int32_t id, uint32_t value) { entries_[count_++] = {id, value}; }
  void submit(nghttp2_session* session) const {
    check(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries_.data(), count_));
  }

 private:
  std::array<nghttp2_settings_entry, 8> entries_{};
  size_t count_ = 0;
};

}  // namespace

NGHTTP2Pointer make_nghttp2(Role role, const SessionOptions& options, void* user) {
  const auto option = make_option(options);
  const auto make =
      role == Role::kServer ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  nghttp2_session* session = nullptr;
  check(make(&session, nghttp2_callbacks(), user, option.get(), nghttp2_memory()));
  return NGHTTP2Pointer(session);
}

void greet(nghttp2_session* session, Role role, const SessionOptions& options) {
  Settings settings;
  if (role == Role::kServer) {
    settings.add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
    if (options.enable_connect_protocol) {
      settings.add(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
    }
  } else {
    settings.add(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  }
  settings.add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window_bytes);
  settings.add(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
               static_cast<uint32_t>(options.head.max_bytes));
  if (options.decoder_table_bytes != NGHTTP2_DEFAULT_HEADER_TABLE_SIZE) {
    settings.add(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options.decoder_table_bytes);
  }
  // Makes nghttp2 schedule by RFC 9218.
  settings.add(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1);
  settings.submit(session);
  check(nghttp2_session_set_local_window_size(
      session, NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(options.connection_window_bytes)));
}

}  // namespace turbo::http2
