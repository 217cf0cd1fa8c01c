#include "framework/server/http2_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "framework/base/log.h"
#include "framework/server/http2_exchange.h"
#include "framework/server/server_shard.h"

namespace turbo {

namespace {

constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

// Frames are made for one write at a time. Large writes cost the least, but a stream that turns
// urgent waits behind them: so much is framed as leaves in about this time.
constexpr Duration kPullTime = std::chrono::milliseconds(10);
constexpr uint32_t kMinPullBytes = 64 << 10;
constexpr uint32_t kMaxPullBytes = 1 << 20;

}  // namespace

HTTP2Connection::HTTP2Connection(ServerShard& shard, std::unique_ptr<Transport> transport,
                                 ConnectionToken token, const HTTPListenOptions& port)
    : shard_(shard),
      stream_(std::move(transport), &shard.loop(), shard.stream_options()),
      token_(std::move(token)),
      ages_at_(shard.end_of_age()),
      requests_left_(shard.options().max_requests_per_connection),
      pull_bytes_(kMinPullBytes),
      has_certificates_(port.tls != nullptr && port.tls->options().certificates.size() > 1) {
  stream_.set_close_callback([this](absl::Status) { end(); });
}

// end() was not called if the shard is destroyed with its connections.
HTTP2Connection::~HTTP2Connection() {
  shard_.loop().cancel(grace_);
  while (!exchanges_.empty()) forget(exchanges_.front());
}

void HTTP2Connection::start(Buffer input) {
  session_ = http2::make_server_session(*this, shard_.session_options());
  go_on(std::move(input));
}

void HTTP2Connection::go_on(Buffer input) {
  shard_.set_wait(*this, Wait::kHead);
  // One that began while others were told.
  if (shard_.draining()) drain();
  output_added();
  input.empty() ? read() : on_input(std::move(input));
}

void HTTP2Connection::start_upgraded(const http::RequestHead& request, std::string_view settings,
                                     Buffer input) {
  stream_.output().append(kSwitching);
  HTTP2Exchange& exchange = static_cast<HTTP2Exchange&>(*on_stream());
  exchange.copy_head(request);
  absl::StatusOr<std::unique_ptr<http2::Session>> session = http2::make_upgraded_session(
      *this, shard_.session_options(), settings, request.method == http::Method::kHead, exchange);
  if (!session.ok()) {
    forget(exchange);
    start(Buffer());
    return go_away(http2::ErrorCode::kProtocolError);
  }
  session_ = *std::move(session);
  exchange.on_upgraded();
  if (std::exchange(going_away_, false)) drain();  // it was told before there was a session
  go_on(std::move(input));
}

// ---- input ----

void HTTP2Connection::read() { stream_.read_some(*this); }

void HTTP2Connection::on_input(Buffer data) {
  if (closing_) return drop(data.size());
  session_->receive(std::move(data), shard_.loop().time());
  output_added();
  read();
}

void HTTP2Connection::drop(size_t bytes) {
  dropped_ += bytes;
  dropped_ > shard_.options().linger_bytes ? end() : read();
}

// The peer sends no more. What it has asked for is still answered.
void HTTP2Connection::on_input_end(absl::Status) {
  if (ended_) return;  // our own end() came first
  if (stream_.closed() || closing_) return end();
  input_ended_ = true;
  for_each_exchange([](HTTP2Exchange& exchange) { exchange.tell_peer_shut(); });
  output_added();
}

// Requests whose end, and answers whose window, will never come now.
void HTTP2Connection::reset_stuck_streams() {
  for_each_exchange([this](HTTP2Exchange& exchange) {
    if (exchange.waits_for_peer()) session_->reset(exchange, http2::ErrorCode::kCancel);
  });
  if (session_->wants_send()) send_output();
}

template <class Visit>
void HTTP2Connection::for_each_exchange(Visit visit) {
  IntrusiveList<HTTP2Exchange, HTTP2ExchangeTag> now;
  now.splice_back(exchanges_);
  while (!now.empty()) {
    HTTP2Exchange& exchange = now.pop_front();
    exchanges_.push_back(exchange);
    visit(exchange);
  }
}

http2::Stream* HTTP2Connection::on_stream() {
  // Those of handlers that work on after their answer are no streams any more.
  if (exchange_count_ >= 2 * shard_.session_options().max_concurrent_streams) return nullptr;
  stream_begun_ = true;
  ++exchange_count_;
  std::unique_ptr<HTTP2Exchange> exchange = shard_.http2_exchanges().take();
  exchange->bind(*this);
  exchanges_.push_back(*exchange);
  if (requests_left_ > 0 && --requests_left_ == 0) drain();
  if (shard_.loop().time() >= ages_at_) grow_old();
  return exchange.release();  // the list owns it
}

void HTTP2Connection::forget(HTTP2Exchange& exchange) {
  --exchange_count_;
  exchange.ListNode<HTTP2ExchangeTag>::unlink();
  if (exchanges_.empty() && !completing_) output_added();  // to wait for something else
  shard_.http2_exchanges().put(std::unique_ptr<HTTP2Exchange>(&exchange));
}

bool HTTP2Connection::collect(size_t bytes) {
  collected_ += bytes;
  return collected_ <= shard_.options().http2.max_collected_bytes;
}

bool HTTP2Connection::holds_client_back() const {
  return held_back_ >= shard_.session_options().connection_window_bytes / 2;
}

// ---- output ----

void HTTP2Connection::output_added() { shard_.loop().schedule(static_cast<Completion&>(*this)); }

void HTTP2Connection::complete() {
  if (ended_ || closing_) return;
  completing_ = true;
  send_output();
  completing_ = false;
  if (input_ended_ && !session_->wants_send()) reset_stuck_streams();
  if (finished()) return close_gently();
  choose_wait();
}

// Handlers that go on after their answer has left are waited for, unless the session was ended
// before its streams.
bool HTTP2Connection::finished() const {
  if (session_->open_streams() > 0) return session_->over();
  return exchanges_.empty() && (session_->over() || input_ended_);
}

void HTTP2Connection::send_output() {
  const size_t waiting = stream_.write_buffer_size();
  if (waiting == 0) adapt_pull();
  if (waiting < pull_bytes_) session_->send(stream_.output(), pull_bytes_ - waiting);
  if (!stream_.writing()) return;
  stream_.appended();
  if (session_->wants_send()) wait_for_output();
}

// All that was framed last has left.
void HTTP2Connection::adapt_pull() {
  const TimePoint now = shard_.loop().time();
  const bool quickly = now - std::exchange(pulled_at_, now) < kPullTime;
  pull_bytes_ =
      quickly ? std::min(2 * pull_bytes_, kMaxPullBytes) : std::max(pull_bytes_ / 2, kMinPullBytes);
}

void HTTP2Connection::wait_for_output() {
  if (std::exchange(waits_for_output_, true)) return;
  stream_.write(Buffer(), [this](absl::Status written) {
    waits_for_output_ = false;
    if (written.ok()) complete();  // else the stream has ended, and its end is told
  });
}

// ---- time ----

// A connection that is idle again and again within one deadline check keeps its place in the list.
void HTTP2Connection::choose_wait() {
  if (keeps_wait_) return;
  const bool begun = std::exchange(stream_begun_, false);
  Wait next = Wait::kStreams;
  bool anew = false;
  if (!session_->greeted() || session_->in_head()) {
    next = Wait::kHead;
    anew = begun;  // else it is the head that was waited for already, and its time is absolute
  } else if (exchanges_.empty()) {
    next = going_away_ ? Wait::kLinger : Wait::kIdle;
    anew = begun && shard_.loop().time() - since() >= ServerShard::kDeadlineCheck;
  }
  if (wait() != next || anew) shard_.set_wait(*this, next);
}

void HTTP2Connection::on_deadline() {
  if (wait() == Wait::kStreams) return on_streams_time();
  if (wait() == Wait::kPong) return on_pong_time();
  const bool leaving = wait() == Wait::kDrain;
  if (leaving && output_moves()) return shard_.set_wait(*this, wait());
  shard_.counters().timeouts.add();
  // What we said does not leave, or nothing was to be heard of it.
  if (leaving || closing_) return end();
  if (session_->in_head()) return go_away(http2::ErrorCode::kEnhanceYourCalm);
  go_away(session_->greeted() ? http2::ErrorCode::kNoError : http2::ErrorCode::kSettingsTimeout);
}

void HTTP2Connection::on_streams_time() {
  if (output_stalls()) {
    shard_.counters().timeouts.add();
    return end();
  }
  shard_.set_wait(*this, Wait::kStreams);
  // Its age counts however busy it is.
  if (!stream_.writing() || shard_.loop().time() >= ages_at_) on_quiet_streams();
}

// Each stream has its own deadline. A client that does not answer the PING of drain() does not keep
// us.
void HTTP2Connection::on_quiet_streams() {
  if (going_away_ && !client_knows_) {
    client_knows_ = true;
    session_->go_away(http2::ErrorCode::kNoError);
    return output_added();
  }
  const TimePoint now = shard_.loop().time();
  if (now >= ages_at_) return grow_old();
  const Duration interval = shard_.options().http2.keepalive_interval;
  // A client that has ended its side can say nothing.
  if (interval == Duration::zero() || input_ended_) return;
  if (now - session_->received_at() < interval) return;
  keeps_wait_ = true;
  shard_.set_wait(*this, Wait::kPong);
  if (!std::exchange(pong_due_, true)) session_->ping();
  output_added();
}

// Whatever came since the PING, if not its answer, is a sign of life.
void HTTP2Connection::on_pong_time() {
  const HTTP2Options& options = shard_.options().http2;
  const Duration silence = shard_.loop().time() - session_->received_at();
  if (silence >= options.keepalive_interval + options.keepalive_timeout) {
    shard_.counters().timeouts.add();
    return end();
  }
  keeps_wait_ = false;
  choose_wait();
}

// True while a slow reader takes something between two deadlines.
bool HTTP2Connection::output_moves() {
  const uint64_t before = std::exchange(bytes_sent_, stream_.bytes_sent());
  return stream_.writing() && before != bytes_sent_;
}

// For write_timeout, which may be several deadlines.
bool HTTP2Connection::output_stalls() {
  const Duration timeout = shard_.options().write_timeout;
  if (output_moves() || !stream_.writing() || timeout == Duration::zero()) {
    stalled_since_ = TimePoint::max();
    return false;
  }
  stalled_since_ = std::min(stalled_since_, since());
  return shard_.loop().time() - stalled_since_ >= timeout;
}

// ---- the end ----

void HTTP2Connection::go_away(http2::ErrorCode why) {
  keeps_wait_ = true;
  shard_.set_wait(*this, Wait::kDrain);
  why == http2::ErrorCode::kNoError ? session_->go_away(why) : session_->terminate(why);
  output_added();
}

// In two phases: requests that are on their way when the client learns of it are still answered.
// That they have come shows in the answer to a PING behind it.
void HTTP2Connection::drain() {
  if (closing_ || std::exchange(going_away_, true)) return;
  if (session_ == nullptr) return;  // an upgrade's first stream
  session_->announce_go_away();
  session_->ping();
  output_added();
}

// Once: what is left then has the time of each stream, or the grace.
void HTTP2Connection::grow_old() {
  ages_at_ = TimePoint::max();
  drain();
  const Duration grace = shard_.options().http2.max_connection_age_grace;
  if (grace > Duration::zero()) grace_ = shard_.loop().call_later(grace, [this] { cut(); });
}

void HTTP2Connection::cut() {
  if (ended_ || closing_) return;
  keeps_wait_ = true;
  shard_.set_wait(*this, Wait::kDrain);
  session_->terminate(http2::ErrorCode::kNoError);
  output_added();
}

void HTTP2Connection::on_ping() {
  const PingGuard::Activity activity = {session_->last_stream(), bodies_taken_};
  if (ping_guard_.admit(shard_.loop().time(), activity, shard_.options().http2)) return;
  session_->terminate(http2::ErrorCode::kEnhanceYourCalm, "too_many_pings");
  on_abuse(http2::Abuse::kPings);
}

// PINGs are answered in order, and none for a sign of life is sent while that of drain() is without
// answer.
void HTTP2Connection::on_pong() {
  if (std::exchange(pong_due_, false)) {
    if (wait() == Wait::kPong) keeps_wait_ = false;
    return;
  }
  if (!going_away_) return;
  session_->go_away(http2::ErrorCode::kNoError);
  output_added();
}

// Whoever scans the network causes these, so a line a minute must do.
void HTTP2Connection::on_abuse(http2::Abuse abuse) {
  shard_.counters().http2_abuses[static_cast<size_t>(abuse)].add();
  keeps_wait_ = true;
  shard_.set_wait(*this, Wait::kDrain);
  static LogLimiter limiter(std::chrono::minutes(1));
  auto held = limiter.admit();
  if (!held) return;
  std::string line = "an HTTP/2 client was cut off for too many ";
  line.append(http2::abuse_name(abuse)).append(" (").append(stream_.peer_address().to_string());
  log_limited(LogLevel::kWarning, line.append(")"), *held);
}

// Ends our side and reads what the peer still sends, so that it can read why. One that has shown
// that it knows sends nothing more.
void HTTP2Connection::close_gently() {
  closing_ = true;
  drop_exchanges();
  if (client_knows_) {
    shard_.set_wait(*this, Wait::kDrain);
    return stream_.close_after_flush(shard_.options().write_timeout);
  }
  shard_.set_wait(*this, stream_.writing() ? Wait::kDrain : Wait::kLinger);
  if (stream_.writing()) {
    stream_.write(Buffer(), [this](absl::Status written) {
      if (written.ok()) shard_.set_wait(*this, Wait::kLinger);
    });
  }
  stream_.shutdown_write();
  if (!ended_ && !input_ended_ && !stream_.reading()) read();
}

void HTTP2Connection::drop_exchanges() {
  while (!exchanges_.empty()) {
    HTTP2Exchange& exchange = exchanges_.front();
    exchange.peer_gone();
    forget(exchange);
  }
}

void HTTP2Connection::end() {
  if (ended_) return;
  ended_ = true;
  drop_exchanges();
  stream_.close();
  shard_.remove(*this);
}

}  // namespace turbo
