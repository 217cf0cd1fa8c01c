#include "framework/web/serve.h"

#include <signal.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/base/log.h"
#include "framework/base/views.h"
#include "framework/net/listener.h"
#include "framework/server/http_server.h"
#include "framework/shard/shard_set.h"
#include "framework/web/authentication.h"

namespace turbo::web {

namespace {

std::vector<IOLoop*> loops_of(ShardSet& shards) {
  std::vector<IOLoop*> loops;
  for (size_t i = 0; i < shards.size(); ++i) loops.push_back(&shards.loop(i));
  return loops;
}

// The first signal drains the server. A second one means that its sender will not wait.
absl::Status stop_on_signals(IOLoop& loop, HTTPServer& server, Duration drain_timeout) {
  auto draining = std::make_shared<bool>(false);
  for (int signo : {SIGINT, SIGTERM}) {
    absl::Status added =
        loop.add_signal_handler(signo, [&loop, &server, draining, drain_timeout](int signo) {
          if (std::exchange(*draining, true)) ::_exit(128 + signo);
          server.stop(drain_timeout, [&loop] { loop.stop(); });
        });
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

void take_over(const absl::StatusOr<bool>& changed) {
  if (!changed.ok()) {
    log(LogLevel::kError, "the TLS certificates stay as they were: " +
                              std::string(to_std(changed.status().message())));
  } else if (*changed) {
    log(LogLevel::kInfo, "new TLS certificates are in use");
  }
}

void reopen(AccessLog& access_log) {
  absl::Status opened = access_log.reopen();
  if (!opened.ok()) log(LogLevel::kError, opened.ToString() + "; the old file stays in use");
}

// On the loop that waits for signals, where nobody is kept waiting by files. Either may be null.
absl::Status watch_files(IOLoop& loop, std::shared_ptr<tls::ServerContext> context,
                         Duration interval, AccessLog* access_log) {
  if (context == nullptr && access_log == nullptr) return absl::OkStatus();
  if (context != nullptr && interval > Duration::zero()) {
    loop.call_every(interval, [context] { take_over(context->reload_if_changed()); });
  }
  return loop.add_signal_handler(SIGHUP, [context = std::move(context), access_log](int) {
    if (access_log != nullptr) reopen(*access_log);
    if (context == nullptr) return;
    absl::Status reloaded = context->reload();
    take_over(reloaded.ok() ? absl::StatusOr<bool>(true) : reloaded);
  });
}

absl::StatusOr<std::unique_ptr<AccessLog>> open_access_log(
    const std::optional<AccessLogOptions>& options) {
  if (!options) return std::unique_ptr<AccessLog>();
  AccessLogOptions complete = *options;
  if (complete.user_of == nullptr) complete.user_of = &authenticated_user_of;
  return AccessLog::open(std::move(complete));
}

// SO_REUSEPORT lets a second program of the same user listen on the same port, and the kernel would
// deal the connections out to both. A socket without it is refused where anybody listens. It does
// not listen itself, or a client that comes too early would be taken on and cut.
absl::Status check_is_free(const Address& address) {
  if (!address.is_ip()) return absl::OkStatus();
  ListenOptions alone;
  alone.reuse_port = false;
  return bind_to(address, alone).status();
}

}  // namespace

absl::Status serve(Service& service, ServeOptions options) {
  if (absl::Status free = check_is_free(options.address); !free.ok()) return free;
  absl::StatusOr<std::unique_ptr<AccessLog>> access_log = open_access_log(options.access_log);
  if (!access_log.ok()) return access_log.status();
  // This loop waits for signals; the shards' loops serve.
  IOLoop loop;
  ShardSetOptions shard_options;
  shard_options.shards = options.loops;
  ShardSet shards(shard_options);
  if (absl::Status started = shards.start(); !started.ok()) return started;
  std::optional<LoggedService> logged;
  if (*access_log != nullptr) logged.emplace(service, **access_log);
  HTTPServer server(loops_of(shards), logged ? *logged : service, std::move(options.http));
  if (absl::Status ready = stop_on_signals(loop, server, options.drain_timeout); !ready.ok()) {
    return ready;
  }
  absl::Status watching =
      watch_files(loop, options.tls, options.tls_check_interval, access_log->get());
  if (!watching.ok()) return watching;
  absl::StatusOr<Address> bound =
      server.listen(options.address, {.tls = options.tls, .plain_too = options.plain_too});
  if (!bound.ok()) return bound.status();
  if (options.on_listening) options.on_listening(*bound, shards.size());
  loop.start();
  shards.stop();
  shards.join();
  return absl::OkStatus();
}

}  // namespace turbo::web
