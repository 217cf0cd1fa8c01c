#include "framework/server/server_shard.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "framework/base/log.h"
#include "framework/net/socket_transport.h"

namespace turbo {

namespace {

// RFC 9113 counts 32 bytes more for each field, and the request line's parts are fields.
http2::SessionOptions make_session_options(const HTTPServerOptions& options) {
  const http::RequestParserLimits& limits = options.limits;
  constexpr size_t kFieldBytes = 32;
  constexpr size_t kPseudoFields = 5;
  http2::SessionOptions session = options.http2.session;
  session.head.max_fields = limits.max_header_count + kPseudoFields;
  session.head.max_bytes = limits.max_header_bytes + kFieldBytes * session.head.max_fields;
  session.trailers.max_fields = limits.max_trailer_count;
  session.trailers.max_bytes = limits.max_trailer_bytes + kFieldBytes * limits.max_trailer_count;
  return session;
}

}  // namespace

ServerShard::ServerShard(IOLoop& loop, Service& service, const HTTPServerOptions& options)
    : loop_(loop),
      options_(options),
      dispatcher_(service.make_dispatcher(loop)),
      common_lines_(options.server_name),
      handshakes_(loop, options.handshakes),
      session_options_(make_session_options(options)),
      http1_exchanges_(options),
      http2_exchanges_(options),
      random_(static_cast<uint32_t>(loop.time().time_since_epoch().count())) {}

ServerShard::~ServerShard() {
  loop_.cancel(deadline_timer_);
  loop_.cancel(drain_timer_);
  waiting_.take_all([](Waiter& connection) { delete &connection; });
}

// The socket is known to be connected and non-blocking: nothing has to be asked of the kernel.
void ServerShard::serve(AcceptedConnection accepted, const HTTPListenOptions& port) {
  serve(std::make_unique<SocketTransport>(std::move(accepted.socket)), std::move(accepted.token),
        port);
}

void ServerShard::serve(std::unique_ptr<Transport> plain, ConnectionToken token,
                        const HTTPListenOptions& port) {
  if (draining_) return;
  if (connections_++ == 0) {
    deadline_timer_ = loop_.call_every(kDeadlineCheck, [this] { check_deadlines(); });
  }
  // Owned by the list it enters in start(), and by the loop after remove().
  auto* connection = new HTTP1Connection(*this, std::move(plain), std::move(token), port);
  connection->start();
}

std::unique_ptr<Transport> ServerShard::make_tls(const tls::ServerContext& context,
                                                 std::unique_ptr<Transport> plain, Buffer input) {
  return std::make_unique<tls::TLSTransport>(
      std::move(plain), context.new_engine(), std::move(input),
      tls::TLSTransportOptions{.handshake_timeout = options_.handshake_timeout,
                               .pacer = &handshakes_});
}

// Whoever scans the network causes these, so a line a minute must do.
void ServerShard::handshake_failed(const absl::Status& why) {
  counters_.failed_handshakes.add();
  static LogLimiter limiter(std::chrono::minutes(1));
  if (auto held = limiter.admit()) log_limited(LogLevel::kWarning, why.ToString(), *held);
}

HTTP2Connection& ServerShard::go_on_with_http2(std::unique_ptr<Transport> transport,
                                               ConnectionToken token,
                                               const HTTPListenOptions& port) {
  ++connections_;
  // Owned as the one in serve().
  return *new HTTP2Connection(*this, std::move(transport), std::move(token), port);
}

IOStreamOptions ServerShard::stream_options() const {
  IOStreamOptions stream;
  stream.read_chunk_size = options_.read_chunk_bytes;
  // A refused write would leave a hole between answers; connections keep their own limits.
  stream.max_write_buffer_size = SIZE_MAX;
  // A client may end its sending side behind its last request and still wait for the answer.
  stream.allow_half_open = true;
  return stream;
}

TimePoint ServerShard::end_of_age() {
  const Duration age = options_.max_connection_age;
  const TimePoint now = loop_.time();
  if (age == Duration::zero() || age > (TimePoint::max() - now) / 2) return TimePoint::max();
  std::uniform_int_distribution<Duration::rep> jitter(-age.count() / 10, age.count() / 10);
  return now + age + Duration(jitter(random_));
}

void ServerShard::remove(ServerConnection& connection) {
  connection.ListNode<WaitTag>::unlink();
  loop_.delete_later(std::unique_ptr<Deletable>(&connection));
  if (--connections_ > 0) return;
  loop_.cancel(std::exchange(deadline_timer_, TimerHandle()));
  if (draining_) report_empty();
}

// Both that output stalls and that nothing comes is looked for then.
Duration ServerShard::time_of_streams() const {
  const Duration write = options_.write_timeout;
  const Duration silence = options_.http2.keepalive_interval;
  if (write == Duration::zero() || silence == Duration::zero()) return std::max(write, silence);
  return std::min(write, silence);
}

Duration ServerShard::timeout_of(Wait wait) const {
  switch (wait) {
    case Wait::kIdle:
      return options_.idle_timeout;
    case Wait::kStreaming:
    case Wait::kDrain:
      return options_.write_timeout;
    case Wait::kStreams:
      return time_of_streams();
    case Wait::kPong:
      return options_.http2.keepalive_timeout;
    case Wait::kHandshake:
      return options_.handshake_timeout + options_.header_timeout;
    case Wait::kHead:
      return options_.header_timeout;
    case Wait::kBody:
      return options_.body_timeout;
    case Wait::kLinger:
      return options_.linger_timeout;
    case Wait::kHandling:
      return options_.handler_timeout;
  }
  return Duration::zero();
}

void ServerShard::check_deadlines() {
  for (size_t i = 0; i < kWaitCount; ++i) {
    const auto wait = static_cast<Wait>(i);
    const Duration timeout = timeout_of(wait);
    if (timeout == Duration::zero()) continue;
    waiting_.check(wait, loop_.time() - timeout);
    waiting_streams_.check(wait, loop_.time() - timeout);
  }
}

void ServerShard::drain(Duration deadline, Callback on_empty) {
  on_empty_.push_back(std::move(on_empty));
  loop_.cancel(drain_timer_);
  drain_timer_ = loop_.call_later(deadline, [this] {
    waiting_.take_all([](Waiter& waiter) { static_cast<ServerConnection&>(waiter).end(); });
  });
  if (!std::exchange(draining_, true)) {
    dispatcher_->on_drain();
    loop_.schedule(static_cast<Completion&>(*this));
  }
  if (connections_ == 0) report_empty();
}

// A connection may look idle because its request waits in the socket: the loop polls first, and
// what that brought has been handled when this is called the second time.
void ServerShard::complete() {
  if (!std::exchange(has_polled_, true)) {
    return loop_.schedule(static_cast<Completion&>(*this));
  }
  waiting_.for_each([](Waiter& waiter) { static_cast<ServerConnection&>(waiter).drain(); });
}

// Later, from the loop: a callback may destroy this shard, and the caller may be one of its
// methods.
void ServerShard::report_empty() {
  for (Callback& on_empty : std::exchange(on_empty_, {})) loop_.add_callback(std::move(on_empty));
}

}  // namespace turbo
