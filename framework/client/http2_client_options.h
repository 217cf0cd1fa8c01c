// HTTP2ClientOptions: every limit and timeout of a client's HTTP/2 connection, with its default.
//
// Owner:   a value; outlives the connections made from it.
// Threads: any, once no more is set.
// Errors:  none.
// Limits:  these are them.
// Cost:    none.
#ifndef TURBO_CLIENT_HTTP2_CLIENT_OPTIONS_H_
#define TURBO_CLIENT_HTTP2_CLIENT_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "framework/base/clock.h"
#include "framework/http2/session.h"
#include "framework/tls/client_context.h"

namespace turbo {

// A server that answers is asked now and then whether it is still there, where TCP alone would find
// out after many minutes.
struct HTTP2Keepalive {
  // A PING after so long without a byte from the server. Servers end connections that ask too often
  // (gRPC's: more than every five minutes); a channel asks them half as often then.
  Duration interval = std::chrono::minutes(5);
  // No byte for so long after it: the connection is given up.
  Duration timeout = std::chrono::seconds(20);
  // Also while no stream is open.
  bool without_streams = false;
};

struct HTTP2ClientOptions {
  // Null: plain, and the server is known to speak HTTP/2 (RFC 9113 3.3). Else made with
  // ClientOptions::alpn = {"h2"}.
  std::shared_ptr<const tls::ClientContext> tls;
  // Verified, and sent as SNI; empty: the address is.
  std::string server_name;

  // Until the server's SETTINGS have come, TCP and TLS included.
  Duration connect_timeout = std::chrono::seconds(20);
  // Without a stream for so long the connection ends. Nothing: it stays.
  std::optional<Duration> idle_timeout = std::chrono::minutes(30);
  // Off: TCP finds out, some time.
  std::optional<HTTP2Keepalive> keepalive;
  // For what is said last to leave, and the server to take it.
  Duration linger_timeout = std::chrono::seconds(5);

  // Streams that wait until the server lets more be open.
  size_t max_queued_streams = 10000;
  // One recv.
  size_t read_chunk_bytes = 16384;

  // The windows are what all streams together may have received and not consumed: one that reads
  // slowly has its own closed before it can use up the connection's. Trailers may have what a head
  // may: gRPC's answers say the same in either.
  http2::SessionOptions session = {.connection_window_bytes = 8 << 20,
                                   .trailers = http2::HeadLimits()};
};

}  // namespace turbo

#endif  // TURBO_CLIENT_HTTP2_CLIENT_OPTIONS_H_
