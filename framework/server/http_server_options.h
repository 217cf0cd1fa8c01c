// HTTPServerOptions: every limit and timeout of the HTTP server, with its default and its reason.
//
// Owner:   a value; the server keeps a copy.
// Threads: read by all loops, changed by none.
// Errors:  none.
// Limits:  these are they.
// Cost:    none.
#ifndef TURBO_SERVER_HTTP_SERVER_OPTIONS_H_
#define TURBO_SERVER_HTTP_SERVER_OPTIONS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "framework/base/clock.h"
#include "framework/http/request_parser.h"
#include "framework/http2/session.h"
#include "framework/net/tcp_server.h"
#include "framework/tls/handshake_pacer.h"
#include "framework/tls/server_context.h"

namespace turbo {

struct HTTP2Options {
  // Over TLS by ALPN, if the context offers "h2"; over plain HTTP by the preface. A context of a
  // server that has it off may not offer it.
  bool enabled = true;
  // Over plain HTTP also by "Upgrade: h2c" (RFC 7540 3.2), which curl asks for. Turn it off behind
  // a proxy that passes Upgrade on and is relied on to look at every request.
  bool h2c_upgrade = true;
  // Heads and trailers are limited by HTTPServerOptions::limits, whatever is said here.
  http2::SessionOptions session;
  // Exchange::output_is_high(), a stream: with a client that shuts its windows each holds so much.
  size_t stream_output_high_bytes = 64 << 10;
  // Bodies that are collected for a connection's streams, all together: some times what the one
  // request of an HTTP/1 connection may hold. The request that passes it is refused with 503.
  size_t max_collected_bytes = 64 << 20;

  // A connection with streams of which nothing was heard for this long, up to write_timeout longer,
  // is sent a PING; and when for keepalive_timeout nothing comes at all it is ended with all its
  // streams, since some of them may have no time limit. Balancers and address translators, which
  // forget silent connections after four minutes and more, see it as well. Without streams
  // idle_timeout ends it. 0: never.
  Duration keepalive_interval = std::chrono::minutes(2);
  Duration keepalive_timeout = std::chrono::seconds(20);
  // A client's PING that follows another sooner, though nothing was asked or answered in between,
  // is a strike; one strike more than these ends the connection with ENHANCE_YOUR_CALM,
  // "too_many_pings". 0: PINGs are free, up to session.flood. Servers of RPC, whose clients can be
  // told to ping without need, take five minutes.
  Duration min_ping_interval = Duration::zero();
  uint32_t max_ping_strikes = 2;
  // So long after it was told to end for max_connection_age a connection is cut, with the streams
  // that still run. 0: they may take their time.
  Duration max_connection_age_grace = Duration::zero();
};

struct HTTPServerOptions {
  http::RequestParserLimits limits;
  TCPServerOptions tcp;
  HTTP2Options http2;

  // The Server field; empty: none.
  std::string server_name = "turbo";

  // From the first byte of a head, or from accept, to its last: absolute, so that a byte a second
  // does not help (slowloris).
  Duration header_timeout = std::chrono::seconds(10);
  // In each such time at least so much of a request body, or its end, must arrive: some 270 bytes a
  // second, so that a byte now and then does not help (slow POST).
  Duration body_timeout = std::chrono::seconds(30);
  size_t min_body_bytes = 8192;
  // From accept to the end of a TLS handshake. The head then has until both times together have
  // passed.
  Duration handshake_timeout = std::chrono::seconds(10);
  // Of each loop.
  tls::HandshakePacerOptions handshakes;
  // A kept-alive connection without a request; for this long to twice as long if an answer waits
  // of which nothing leaves. Does not count while a request is being handled.
  Duration idle_timeout = std::chrono::seconds(75);
  // From a complete request, or for a streamed body each time its handler pauses it, to the first
  // byte of the answer: then 503, and the handler is destroyed. Long enough for a long poll; 0: no
  // limit.
  Duration handler_timeout = std::chrono::minutes(5);
  // For this long to twice as long an answer that is being streamed, or the last one of a
  // connection, may wait without a byte of it leaving (slow read).
  Duration write_timeout = std::chrono::seconds(60);
  // How long, and how many bytes, a refused request is still read and dropped, so that the client
  // can read the answer before the connection ends.
  Duration linger_timeout = std::chrono::seconds(5);
  uint64_t linger_bytes = 16 << 20;

  // One recv. A whole pipeline of small requests fits; idle connections hold none of it.
  size_t read_chunk_bytes = 16384;
  // The requests of one pipeline answered before other connections have their turn. Those behind
  // wait, unparsed, in what one recv brought.
  uint32_t max_pipelined_requests = 64;
  // A connection is told to end ("Connection: close") with this request, and with the first that
  // comes after it was found idle at this age: so clients spread anew over servers and loops. Over
  // HTTP/2 also, up to write_timeout late, while streams last. Each connection's age is up to a
  // tenth more or less, at random, since many may begin at once. 0: no limit.
  uint32_t max_requests_per_connection = 1'000'000;
  Duration max_connection_age = std::chrono::hours(1);
  // While more output than this waits for the client, its further requests are not read.
  size_t output_high_bytes = 256 << 10;
  // An answer that is streamed faster than the client takes it: the connection, or HTTP/2's stream,
  // is cut when more is added to this much. One piece of any size is sent.
  size_t max_output_bytes = 64 << 20;
};

// What one address speaks.
struct HTTPListenOptions {
  ListenOptions socket;
  // TLS; null: plain HTTP. Plain HTTP sent to a TLS port is answered by a close.
  std::shared_ptr<const tls::ServerContext> tls;
  // With `tls`: plain HTTP is served as well, the first byte of a connection decides, and may take
  // header_timeout to come.
  bool plain_too = false;
};

// Plain numbers, summed over the loops.
struct HTTPServerCounters {
  uint64_t requests = 0;
  uint64_t errors = 0;    // answered by the server itself: malformed, too large, too late
  uint64_t timeouts = 0;  // connections and streams ended by a timeout
  uint64_t failed_handshakes = 0;
  uint64_t refused_connections = 0;  // closed at once, at max_connections or that of an address
  // HTTP/2 answers reset because nothing of them left for write_timeout.
  uint64_t stalled_streams = 0;
  // HTTP/2 connections ended for each kind of abuse, by http2::Abuse.
  std::array<uint64_t, http2::kAbuseCount> http2_abuses{};
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP_SERVER_OPTIONS_H_
