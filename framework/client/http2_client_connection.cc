#include "framework/client/http2_client_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/tls/ssl_io_stream.h"

namespace turbo {

using http2::ErrorCode;

namespace {

// Frames are made for one write at a time.
constexpr size_t kPullBytes = 64 << 10;

absl::Status unavailable(std::string_view what) {
  return make_status(absl::StatusCode::kUnavailable, what);
}

// Whatever the network does has one code, since all of it can be tried again.
absl::Status as_told(absl::Status why) {
  if (why.ok() || absl::IsUnauthenticated(why) || absl::IsCancelled(why)) return why;
  if (absl::IsOutOfRange(why)) return unavailable("the server closed the connection");
  return absl::UnavailableError(why.message());
}

}  // namespace

// ---- the stream's side ----

// While a connection ends, its session has gone and some streams have yet to be told.
bool HTTP2ClientStream::in_session() const {
  return id() != 0 && connection_ != nullptr && connection_->session_ != nullptr;
}

void HTTP2ClientStream::consume(size_t bytes) {
  if (!in_session()) return;
  connection_->session_->consume(*this, bytes);
  connection_->output_added();
}

void HTTP2ClientStream::resume() {
  if (!in_session()) return;
  connection_->session_->resume(*this);
  connection_->output_added();
}

void HTTP2ClientStream::reset(ErrorCode why) {
  if (connection_ == nullptr) return;
  if (id() == 0) return connection_->withdraw(*this, why);
  if (!in_session()) return;
  connection_->session_->reset(*this, why);
  connection_->output_added();
}

// Nothing is left of another connection, which may have died with the stream in it.
void HTTP2ClientStream::begin() {
  restart();
  withdrawn_for_ = ErrorCode::kNoError;
}

void HTTP2ClientStream::on_closed(ErrorCode why, bool by_peer) {
  connection_->on_stream_closed(*this, why, by_peer);
}

// ---- connecting ----

HTTP2ClientConnection::HTTP2ClientConnection(IOLoop& loop, Handler& handler,
                                             const HTTP2ClientOptions& options)
    : loop_(loop),
      handler_(handler),
      options_(options),
      keepalive_interval_(options.keepalive.value_or(HTTP2Keepalive()).interval) {}

HTTP2ClientConnection::~HTTP2ClientConnection() {
  loop_.cancel(timer_);
  session_.reset();
  for (StreamList* list : {&open_, &queued_, &withdrawn_}) {
    while (!list->empty()) list->pop_front().connection_ = nullptr;
  }
}

void HTTP2ClientConnection::connect(const Address& server) {
  TURBO_CHECK(phase_ == Phase::kNew, "a connection is made once");
  phase_ = Phase::kConnecting;
  end_within(options_.connect_timeout);
  TransportWrapper wrap;
  if (options_.tls != nullptr) {
    wrap = tls::client(options_.tls,
                       {.server_name = options_.server_name, .timeout = options_.connect_timeout});
  }
  stream_ = std::make_unique<IOStream>(
      -1, std::move(wrap), &loop_, IOStreamOptions{.read_chunk_size = options_.read_chunk_bytes});
  stream_->connect(server, {.deadline = options_.connect_timeout},
                   [this](absl::Status connected) { on_connected(connected); });
}

void HTTP2ClientConnection::start(std::unique_ptr<Transport> transport) {
  TURBO_CHECK(phase_ == Phase::kNew, "a connection is made once");
  end_within(options_.connect_timeout);
  stream_ = std::make_unique<IOStream>(
      std::move(transport), &loop_, IOStreamOptions{.read_chunk_size = options_.read_chunk_bytes});
  greet();
}

void HTTP2ClientConnection::on_connected(const absl::Status& connected) {
  if (phase_ != Phase::kConnecting) return;
  if (!connected.ok()) return end(connected);
  const tls::Session* const tls = tls::session_of(*stream_);
  if (tls != nullptr && tls->alpn() != "h2") {
    return end(unavailable("the server does not speak HTTP/2 over TLS (ALPN)"));
  }
  greet();
}

void HTTP2ClientConnection::greet() {
  phase_ = Phase::kGreeting;
  stream_->set_nodelay(true);
  session_ = http2::make_client_session(*this, options_.session);
  output_added();
  stream_->read_some(*this);
}

void HTTP2ClientConnection::greeted() {
  phase_ = Phase::kReady;
  received_at_ = idle_since_ = loop_.time();
  ends_at_ = TimePoint::max();
  set_timer();
  handler_.on_ready(*this);
}

// ---- streams ----

bool HTTP2ClientConnection::has_room() const {
  return session_->open_streams() < session_->max_peer_streams();
}

absl::Status HTTP2ClientConnection::open(HTTP2ClientStream& stream) {
  TURBO_CHECK(stream.connection_ == nullptr, "the stream is open already");
  if (!accepts()) return unavailable("the connection takes no more requests");
  if (ready() && queued_count_ == 0 && has_room()) {
    stream.begin();
    return send_request(stream);
  }
  if (queued_count_ >= options_.max_queued_streams) {
    return make_status(absl::StatusCode::kResourceExhausted, "too many requests wait");
  }
  stream.begin();
  stream.connection_ = this;
  queued_.push_back(stream);
  ++queued_count_;
  return absl::OkStatus();
}

absl::Status HTTP2ClientConnection::send_request(HTTP2ClientStream& stream) {
  stream.connection_ = this;
  open_.push_back(stream);
  http2::RequestFields fields;
  const http2::Body body = stream.fill_request(fields);
  absl::Status sent = session_->request(stream, fields, body);
  output_added();
  if (sent.ok()) return sent;
  // The session has ended in this turn, or has no more ids, of which there are a billion.
  stream.ListNode<HTTP2ClientStreamTag>::unlink();
  stream.connection_ = nullptr;
  leave();
  return sent;
}

void HTTP2ClientConnection::send_queued() {
  while (ready() && queued_count_ > 0 && has_room()) {
    HTTP2ClientStream& stream = queued_.pop_front();
    --queued_count_;
    absl::Status sent = send_request(stream);
    if (!sent.ok()) finish(stream, {.refused = true, .lost = std::move(sent)});
  }
}

void HTTP2ClientConnection::withdraw(HTTP2ClientStream& stream, ErrorCode why) {
  if (stream.withdrawn_for_ != ErrorCode::kNoError) return;
  stream.withdrawn_for_ = why == ErrorCode::kNoError ? ErrorCode::kCancel : why;
  stream.ListNode<HTTP2ClientStreamTag>::unlink();
  --queued_count_;
  withdrawn_.push_back(stream);
  output_added();
}

void HTTP2ClientConnection::tell_withdrawn() {
  while (!withdrawn_.empty()) {
    HTTP2ClientStream& stream = withdrawn_.pop_front();
    finish(stream, {.code = stream.withdrawn_for_});
  }
}

void HTTP2ClientConnection::refuse_queued(const absl::Status& why) {
  StreamList refused;
  refused.splice_back(queued_);
  while (!refused.empty()) {
    HTTP2ClientStream& stream = refused.pop_front();
    --queued_count_;  // one by one: whoever is told may withdraw another
    finish(stream, {.code = ErrorCode::kRefusedStream, .refused = true, .lost = why});
  }
}

void HTTP2ClientConnection::on_stream_closed(HTTP2ClientStream& stream, ErrorCode why,
                                             bool by_peer) {
  stream.ListNode<HTTP2ClientStreamTag>::unlink();
  if (open_.empty()) idle_since_ = loop_.time();
  if (why == ErrorCode::kNoError) served_ = true;
  output_added();  // another may have its turn
  finish(stream, {.code = why, .by_server = by_peer, .refused = why == ErrorCode::kRefusedStream});
}

void HTTP2ClientConnection::finish(HTTP2ClientStream& stream, const StreamEnd& end) {
  stream.connection_ = nullptr;
  stream.on_finished(end);
}

// ---- bytes ----

// What had been read when the connection ended is told all the same.
void HTTP2ClientConnection::on_input(Buffer data) {
  if (phase_ == Phase::kEnded) return;
  received_at_ = loop_.time();
  pinging_ = false;
  session_->receive(std::move(data), received_at_);
  if (phase_ == Phase::kGreeting && session_->greeted()) greeted();
  output_added();
  stream_->read_some(*this);
}

void HTTP2ClientConnection::on_input_end(absl::Status why) {
  if (phase_ != Phase::kEnded) end(failure_.ok() ? std::move(why) : failure_);
}

void HTTP2ClientConnection::output_added() { loop_.schedule(static_cast<Completion&>(*this)); }

void HTTP2ClientConnection::complete() {
  if (phase_ == Phase::kEnded) return;
  if (closing_) return end(absl::CancelledError("the connection was closed"));
  tell_withdrawn();
  if (session_ == nullptr) return;
  send_queued();
  send_output();
  end_if_over();
}

void HTTP2ClientConnection::send_output() {
  const size_t waiting = stream_->write_buffer_size();
  if (waiting < kPullBytes) session_->send(stream_->output(), kPullBytes - waiting);
  if (!stream_->writing()) return;
  stream_->appended();
  if (session_->wants_send()) wait_for_output();
}

void HTTP2ClientConnection::wait_for_output() {
  if (std::exchange(waits_for_output_, true)) return;
  stream_->write(Buffer(), [this](absl::Status written) {
    waits_for_output_ = false;
    if (written.ok()) complete();  // else the stream has ended, and its end is told
  });
}

// ---- time ----

// One timer, which comes early rather than be moved by all that happens.
void HTTP2ClientConnection::set_timer() {
  loop_.cancel(timer_);
  const TimePoint next = next_check();
  if (next != TimePoint::max()) timer_ = loop_.call_at(next, [this] { on_timer(); });
}

void HTTP2ClientConnection::end_within(Duration time) {
  ends_at_ = std::min(ends_at_, saturating_add(loop_.time(), time));
  set_timer();
}

void HTTP2ClientConnection::on_timer() {
  const TimePoint now = loop_.time();
  if (now >= ends_at_) {
    const bool connecting = phase_ < Phase::kReady;
    if (failure_.ok()) {
      failure_ = unavailable(connecting ? "the server did not greet in time"
                                        : "the connection was not drained in time");
    }
    return end(failure_);
  }
  if (pinging_ && now >= pong_due_) {
    return end(unavailable("the server did not answer a keepalive PING"));
  }
  if (is_idle() && now - idle_since_ >= *options_.idle_timeout) {
    return drain(options_.linger_timeout);
  }
  if (!pinging_ && keeps_alive() && now - received_at_ >= keepalive_interval_) ping();
  set_timer();
}

void HTTP2ClientConnection::ping() {
  pinging_ = true;
  pong_due_ = saturating_add(loop_.time(), options_.keepalive->timeout);
  session_->ping();
  output_added();
}

bool HTTP2ClientConnection::is_idle() const {
  return ready() && open_.empty() && queued_count_ == 0 && options_.idle_timeout.has_value();
}

bool HTTP2ClientConnection::keeps_alive() const {
  return phase_ >= Phase::kReady && options_.keepalive.has_value() &&
         (options_.keepalive->without_streams || !open_.empty());
}

// What happens meanwhile makes it later, never sooner.
TimePoint HTTP2ClientConnection::next_check() const {
  TimePoint next = ends_at_;
  if (phase_ < Phase::kReady) return next;
  const TimePoint now = loop_.time();
  if (ready() && options_.idle_timeout.has_value()) {
    next = std::min(next, saturating_add(is_idle() ? idle_since_ : now, *options_.idle_timeout));
  }
  if (!options_.keepalive.has_value()) return next;
  if (pinging_) return std::min(next, pong_due_);
  const TimePoint quiet_since = keeps_alive() ? received_at_ : now;
  return std::min(next, saturating_add(quiet_since, keepalive_interval_));
}

// ---- ending ----

void HTTP2ClientConnection::drain(Duration deadline) {
  if (phase_ == Phase::kEnded) return;
  if (phase_ < Phase::kReady) return close();
  session_->go_away(ErrorCode::kNoError);
  leave();
  end_within(deadline);
  output_added();
}

void HTTP2ClientConnection::close() {
  closing_ = true;
  output_added();
}

void HTTP2ClientConnection::leave() {
  if (phase_ >= Phase::kLeaving) return;
  phase_ = Phase::kLeaving;
  handler_.on_leaving(*this, failure_);
  refuse_queued(failure_);
}

void HTTP2ClientConnection::on_go_away(ErrorCode why, http2::StreamID last) {
  if (last > 0 && !open_.empty()) served_ = true;
  told_to_calm_ |= why == ErrorCode::kEnhanceYourCalm;
  if (why != ErrorCode::kNoError) {
    failure_ = unavailable(
        std::string("the server ended the connection: ").append(http2::error_name(why)));
  }
  leave();
}

void HTTP2ClientConnection::on_abuse(http2::Abuse abuse) {
  failure_ = unavailable(std::string("the server sent too many ").append(http2::abuse_name(abuse)));
}

// When all is said, and has left.
void HTTP2ClientConnection::end_if_over() {
  if (!session_->over()) return;
  const bool graceful = phase_ == Phase::kLeaving && open_.empty();
  if (!graceful && failure_.ok()) failure_ = unavailable("the server broke the protocol");
  if (!stream_->writing()) return end(failure_);
  leave();
  end_within(options_.linger_timeout);
  wait_for_output();
}

void HTTP2ClientConnection::end(absl::Status why) {
  phase_ = Phase::kEnded;
  loop_.cancel(timer_);
  if (stream_ != nullptr) stream_->close();
  session_.reset();
  why = as_told(std::move(why));
  refuse_queued(why);
  tell_withdrawn();
  StreamList lost;
  lost.splice_back(open_);
  while (!lost.empty()) {
    HTTP2ClientStream& stream = lost.pop_front();
    finish(stream, {.refused = stream.unsent(), .lost = why});
  }
  handler_.on_ended(*this, why);
}

}  // namespace turbo
