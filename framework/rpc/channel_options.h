// ChannelOptions: how a channel connects, whom it trusts, what its calls may cost.
//
// Owner:   a value; the channel keeps a copy.
// Threads: any.
// Errors:  what is wrong in it is Channel::status().
// Limits:  these are them.
// Cost:    none.
#ifndef TURBO_RPC_CHANNEL_OPTIONS_H_
#define TURBO_RPC_CHANNEL_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "framework/base/clock.h"
#include "framework/client/http2_client_options.h"
#include "framework/dns/resolver.h"
#include "framework/loop/io_loop.h"
#include "framework/net/transport.h"
#include "framework/rpc/backoff.h"
#include "framework/rpc/message_reader.h"
#include "framework/rpc/retry.h"
#include "framework/tls/options.h"

namespace turbo::rpc {

// Which of a name's addresses calls go to.
enum class LoadBalancing : uint8_t {
  kPickFirst,   // the first that answers
  kRoundRobin,  // all that answer, in turns
};

struct ChannelOptions {
  // ---- where to ----
  // Nothing: plain. Else the server is verified as `verify` says; `alpn` is set by the channel.
  std::optional<tls::ClientOptions> tls;
  // Verified instead of the target's host, or of the address from a list.
  std::string tls_server_name;
  // Said as :authority instead of the target's host and port.
  std::string authority;
  LoadBalancing load_balancing = LoadBalancing::kPickFirst;
  ResolverOptions resolver;
  // A name is not looked up again sooner, however often its servers fail.
  Duration min_resolution_interval = std::chrono::seconds(30);

  // Where connections come from, if not from the network; the target is a name then, and no more.
  // For tests: HTTPServer::serve() takes the other end of a make_memory_pair().
  std::function<std::unique_ptr<Transport>(IOLoop&)> connect;

  // ---- connections ----
  // Of one to one address; see http2_client_options.h.
  Duration connect_timeout = std::chrono::seconds(20);
  std::optional<Duration> idle_timeout = std::chrono::minutes(30);
  std::optional<HTTP2Keepalive> keepalive;
  // Between tries to reach an address.
  BackoffOptions backoff;
  // kPickFirst: the next address is tried beside one that has not answered for so long (RFC 8305).
  Duration stagger = std::chrono::milliseconds(250);
  http2::SessionOptions session = HTTP2ClientOptions().session;

  // ---- calls ----
  // Of calls whose context has none. Nothing: they may take for ever.
  std::optional<Duration> default_timeout;
  RetryPolicy retry;
  // Of one call, when its server refuses to begin it.
  uint32_t max_transparent_retries = 3;
  // Bytes of requests kept for another try; a call that has written more is not tried again.
  size_t max_retry_bytes = 256 << 10;
  // Calls that wait on a loop until there is a connection; those that were sent and come back are
  // not refused. / On a connection, for its server to allow more at once.
  size_t max_waiting_calls = 10000;
  size_t max_queued_calls = 10000;

  // Of a context's metadata(), as Metadata::head_bytes() counts; most servers take no more. At most
  // kMostMetadataBytes.
  size_t max_metadata_bytes = 8 << 10;
  static constexpr size_t kMostMetadataBytes = 64 << 10;

  // ---- messages ----
  size_t max_reply_bytes = MessageReader::kDefaultMaxMessageBytes;
  size_t max_request_bytes = size_t{2} << 30;  // the server has a limit of its own
  // write() is answered when no more than the first wait to be sent. Who writes on without waiting
  // for that may have the second.
  size_t write_buffer_bytes = 64 << 10;
  size_t max_unsent_bytes = 64 << 20;
  // Before " grpc-c++-turbo". Printable ASCII.
  std::string user_agent;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CHANNEL_OPTIONS_H_
