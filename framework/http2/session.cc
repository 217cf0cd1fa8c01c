#include "framework/http2/session.h"

#include "absl/status/statusor.h"
#include "framework/http2/native_session.h"
#include "framework/http2/nghttp2_session.h"

namespace turbo::http2 {
namespace {

std::unique_ptr<Session> make_session(Role role, SessionHandler& handler,
                                      const SessionOptions& options) {
  if (options.codec == Codec::kNative) {
    return std::make_unique<NativeSession>(role, handler, options);
  }
  return std::make_unique<NGHTTP2Session>(role, handler, options);
}

template <class Made>
absl::StatusOr<std::unique_ptr<Session>> upgraded(std::unique_ptr<Made> session,
                                                  std::string_view settings, bool is_head,
                                                  Stream& stream) {
  absl::Status status = session->upgrade(settings, is_head, stream);
  if (!status.ok()) return status;
  return std::unique_ptr<Session>(std::move(session));
}

}  // namespace

std::unique_ptr<Session> make_server_session(SessionHandler& handler,
                                             const SessionOptions& options) {
  return make_session(Role::kServer, handler, options);
}

std::unique_ptr<Session> make_client_session(SessionHandler& handler,
                                             const SessionOptions& options) {
  return make_session(Role::kClient, handler, options);
}

absl::StatusOr<std::unique_ptr<Session>> make_upgraded_session(SessionHandler& handler,
                                                               const SessionOptions& options,
                                                               std::string_view settings,
                                                               bool is_head, Stream& stream) {
  if (options.codec == Codec::kNative) {
    return upgraded(std::make_unique<NativeSession>(Role::kServer, handler, options), settings,
                    is_head, stream);
  }
  return upgraded(std::make_unique<NGHTTP2Session>(Role::kServer, handler, options), settings,
                  is_head, stream);
}

}  // namespace turbo::http2
