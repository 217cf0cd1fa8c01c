// serve(): runs an Application, or any other Service, until SIGINT or SIGTERM, on all cores. main()
// in one line.
//
//   return web::serve(app).ok() ? 0 : 1;
//
// Owner:   the caller's thread waits inside; the shards' threads do the work.
// Threads: called on the main thread, before the program starts threads of its own (signals).
// Errors:  a status that says what could not be started; OK after a clean stop.
// Limits:  a drain lasts at most drain_timeout; a second signal ends the process at once.
// Cost:    that of ShardSet and HTTPServer.
#ifndef TURBO_WEB_SERVE_H_
#define TURBO_WEB_SERVE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/server/dispatcher.h"
#include "framework/server/http_server_options.h"
#include "framework/tls/server_context.h"
#include "framework/web/access_log.h"

namespace turbo::web {

struct ServeOptions {
  Address address = Address::any_ipv4(8080);
  size_t loops = 0;  // 0: one for each usable core
  HTTPServerOptions http;
  // TLS; null: plain HTTP. With `plain_too` both, as the first byte of a connection tells.
  std::shared_ptr<tls::ServerContext> tls;
  bool plain_too = false;
  // How often the files behind `tls` are looked at. Changed ones are taken over without touching a
  // connection; a bad one is logged and the old stays. SIGHUP does it at once. 0: only SIGHUP.
  Duration tls_check_interval = std::chrono::seconds(10);
  // A line for each request; see access_log.h. SIGHUP opens the file again.
  std::optional<AccessLogOptions> access_log;
  Duration drain_timeout = std::chrono::seconds(10);
  // Called once clients can connect, with the address bound and the number of loops.
  absl::AnyInvocable<void(const Address& bound, size_t loops)> on_listening;
};

// `service` outlives the call: an Application, or rpc::Services with one for what is no call.
[[nodiscard]] absl::Status serve(Service& service, ServeOptions options = {});

}  // namespace turbo::web

#endif  // TURBO_WEB_SERVE_H_
