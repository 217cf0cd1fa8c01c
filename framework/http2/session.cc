#include "framework/http2/session.h"

#include "absl/status/statusor.h"
#include "framework/http2/nghttp2_session.h"

namespace turbo::http2 {

std::unique_ptr<Session> make_server_session(SessionHandler& handler,
                                             const SessionOptions& options) {
  return std::make_unique<NGHTTP2Session>(Role::kServer, handler, options);
}

std::unique_ptr<Session> make_client_session(SessionHandler& handler,
                                             const SessionOptions& options) {
  return std::make_unique<NGHTTP2Session>(Role::kClient, handler, options);
}

absl::StatusOr<std::unique_ptr<Session>> make_upgraded_session(SessionHandler& handler,
                                                               const SessionOptions& options,
                                                               std::string_view settings,
                                                               bool is_head, Stream& stream) {
  auto session = std::make_unique<NGHTTP2Session>(Role::kServer, handler, options);
  absl::Status status = session->upgrade(settings, is_head, stream);
  if (!status.ok()) return status;
  return std::unique_ptr<Session>(std::move(session));
}

}  // namespace turbo::http2
