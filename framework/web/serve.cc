#include "framework/web/serve.h"

#include <signal.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "framework/net/listener.h"
#include "framework/server/http_server.h"
#include "framework/shard/shard_set.h"

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

// SO_REUSEPORT lets a second program of the same user listen on the same port, and the kernel would
// deal the connections out to both. A socket without it is refused where anybody listens.
absl::Status check_is_free(const Address& address) {
  if (!address.is_ip()) return absl::OkStatus();
  ListenOptions alone;
  alone.reuse_port = false;
  return listen_on(address, alone).status();
}

}  // namespace

absl::Status serve(Application& application, ServeOptions options) {
  if (absl::Status free = check_is_free(options.address); !free.ok()) return free;
  // This loop waits for signals; the shards' loops serve.
  IOLoop loop;
  ShardSetOptions shard_options;
  shard_options.shards = options.loops;
  ShardSet shards(shard_options);
  if (absl::Status started = shards.start(); !started.ok()) return started;
  HTTPServer server(loops_of(shards), application, std::move(options.http));
  if (absl::Status ready = stop_on_signals(loop, server, options.drain_timeout); !ready.ok()) {
    return ready;
  }
  absl::StatusOr<Address> bound = server.listen(options.address);
  if (!bound.ok()) return bound.status();
  if (options.on_listening) options.on_listening(*bound, shards.size());
  loop.start();
  shards.stop();
  shards.join();
  return absl::OkStatus();
}

}  // namespace turbo::web
