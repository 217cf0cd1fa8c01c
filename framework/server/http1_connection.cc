#include "framework/server/http1_connection.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "framework/server/h2c_upgrade.h"
#include "framework/server/http1_exchange.h"
#include "framework/server/misdirected.h"
#include "framework/server/server_shard.h"

namespace turbo {

namespace {

std::unique_ptr<Transport> transport_for(ServerShard& shard, std::unique_ptr<Transport> plain,
                                         const HTTPListenOptions& port) {
  if (port.tls == nullptr || port.plain_too) return plain;
  return shard.make_tls(*port.tls, std::move(plain), Buffer());
}

}  // namespace

HTTP1Connection::HTTP1Connection(ServerShard& shard, std::unique_ptr<Transport> plain,
                                 ConnectionToken token, const HTTPListenOptions& port)
    : shard_(shard),
      port_(port),
      stream_(transport_for(shard, std::move(plain), port), &shard.loop(), shard.stream_options()),
      token_(std::move(token)),
      ages_at_(shard.end_of_age()),
      requests_left_(shard.options().max_requests_per_connection),
      has_certificates_(port.tls != nullptr && port.tls->options().certificates.size() > 1),
      undecided_(shard.options().http2.enabled || port.plain_too) {}

// The shard may be gone by now, the loop is not.
HTTP1Connection::~HTTP1Connection() { stream_.loop().cancel(next_turn_); }

void HTTP1Connection::start() {
  stream_.set_nodelay(true);
  shard_.set_wait(*this, stream_.connecting() ? Wait::kHandshake : Wait::kHead);
  read();
}

void HTTP1Connection::read() { stream_.read_some(*this); }

[[gnu::always_inline]] inline void HTTP1Connection::take_exchange() {
  exchange_ = shard_.http1_exchanges().take();
  exchange_->bind(*this);
}

void HTTP1Connection::on_input(Buffer data) {
  if (closing_ || undecided_) [[unlikely]]
    return closing_ ? drop(std::move(data)) : choose_protocol(std::move(data));
  if (exchange_ == nullptr) take_exchange();
  exchange_->input().append(std::move(data));
  if (busy()) [[unlikely]]
    return;  // it waits behind the request in hand
  process(Next::kGoOn);
}

[[gnu::noinline]] void HTTP1Connection::drop(Buffer data) {
  dropped_ += data.size();
  dropped_ > shard_.options().linger_bytes ? end() : read();
}

// By the first bytes of a connection, or by what the handshake agreed on.
[[gnu::noinline]] void HTTP1Connection::choose_protocol(Buffer data) {
  const tls::Session* session = tls::session_of(stream_);
  // No method begins with the first byte of TLS.
  if (port_.plain_too && session == nullptr && exchange_ == nullptr &&
      data.front()[0] == tls::kFirstByte) {
    return start_tls(std::move(data));
  }
  if (exchange_ == nullptr) take_exchange();
  exchange_->input().append(std::move(data));
  if (!shard_.options().http2.enabled) return go_on_with_http1();
  if (session != nullptr) {
    return session->alpn() == "h2" ? go_on_with_http2() : go_on_with_http1();
  }
  Buffer& input = exchange_->input();
  const size_t seen = std::min(input.size(), http2::kPreface.size());
  if (input.linearize(seen) != http2::kPreface.substr(0, seen)) return go_on_with_http1();
  seen == http2::kPreface.size() ? go_on_with_http2() : read();
}

void HTTP1Connection::start_tls(Buffer data) {
  stream_.unread(std::move(data));
  auto wrap = [this](std::unique_ptr<Transport> plain, Buffer input, std::string_view) {
    return shard_.make_tls(*port_.tls, std::move(plain), std::move(input));
  };
  stream_.start_tls(std::move(wrap), [](absl::Status) {});  // the read is told of a failure
  shard_.set_wait(*this, Wait::kHandshake);
  read();
}

void HTTP1Connection::go_on_with_http1() {
  undecided_ = false;
  process(Next::kGoOn);
}

// All that came so far belongs to another connection object.
void HTTP1Connection::go_on_with_http2() {
  std::unique_ptr<Transport> transport = stream_.release_transport();
  if (transport == nullptr) return end();
  Buffer input = std::move(exchange_->input());
  shard_.go_on_with_http2(std::move(transport), std::move(token_), port_).start(std::move(input));
  end();
}

// An upgrade to HTTP/2 (RFC 7540 3.2). Without it the request is answered as it is: whoever asks
// for it has to expect that.
[[gnu::noinline]] bool HTTP1Connection::upgrade() {
  const http::RequestHead& request = exchange_->head();
  const std::optional<std::string> settings = h2c_settings(request);
  const bool possible = settings.has_value() && shard_.options().http2.enabled &&
                        shard_.options().http2.h2c_upgrade && tls::session_of(stream_) == nullptr &&
                        request.minor_version == 1 && !request.has_body();
  if (!possible) return false;
  std::unique_ptr<Transport> transport = stream_.release_transport();
  if (transport == nullptr) return false;  // earlier answers wait
  shard_.go_on_with_http2(std::move(transport), std::move(token_), port_)
      .start_upgraded(request, *settings, std::move(exchange_->input()));
  end();
  return true;
}

// The peer sends no more. What was answered still has to reach it; then the stream, shut on both
// sides, ends.
void HTTP1Connection::on_input_end(absl::Status why) {
  if (ended_) return;  // our own end() came first
  const tls::Session* session = tls::session_of(stream_);
  if (session != nullptr && session->protocol().empty()) shard_.handshake_failed(why);
  if (stream_.closed()) return end();
  if (exchange_ != nullptr && busy()) return exchange_->tell_peer_shut();
  if (!stream_.writing()) return end();
  drop_exchange();  // half a request
  closing_ = true;
  set_wait_for_output();
  stream_.set_close_callback([this](absl::Status) { end(); });
  stream_.shutdown_write();
}

void HTTP1Connection::process(Next next) {
  processing_ = true;
  turn_requests_ = 0;
  while (next == Next::kGoOn) next = advance();
  processing_ = false;
  if (aborted_) return end();
  send_output();
  if (next == Next::kRead) wait_for_input();
}

HTTP1Connection::Next HTTP1Connection::advance() {
  http::RequestParser& parser = exchange_->parser();
  Buffer& input = exchange_->input();
  if (parser.idle() && !input.empty() && output_is_high()) {
    drain_output();
    return Next::kWait;
  }
  switch (parser.next(input)) {
    case http::RequestParser::Event::kNeedMore:
      return Next::kRead;
    case http::RequestParser::Event::kHead:
      return on_head();
    case http::RequestParser::Event::kBody:
      return on_body();
    case http::RequestParser::Event::kEnd:
      return on_end();
    case http::RequestParser::Event::kError:
      return refuse_input(parser.error().status, parser.error().reason);
  }
  return Next::kWait;
}

HTTP1Connection::Next HTTP1Connection::on_head() {
  shard_.counters().requests.add();
  if (exchange_->head().method == http::Method::kUnknown) {
    return refuse(501, "This server does not know the request's method.");
  }
  if (has_certificates_ && misdirected(stream_, exchange_->head().host)) [[unlikely]] {
    return refuse(421, "This connection shows the certificate of another host.");
  }
  if (exchange_->head().upgrade && upgrade()) [[unlikely]]
    return Next::kWait;
  if (--requests_left_ == 0) exchange_->close_after();
  exchange_->note_head();
  shard_.dispatcher().on_head(*exchange_);
  if (aborted_) return Next::kWait;
  if (exchange_->finished() && exchange_->closes()) return close_gently();
  if (!exchange_->head().has_body()) return on_request();  // what kEnd would lead to
  body_rate_.restart();
  dropped_ = 0;
  return exchange_->body_streamed() ? on_streaming_request() : Next::kGoOn;
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::on_streaming_request() {
  if (!exchange_->finished()) shard_.dispatcher().on_request(*exchange_);
  return after_handler();
}

HTTP1Connection::Next HTTP1Connection::on_body() {
  Buffer piece = exchange_->parser().take_body();
  body_rate_.add(piece.size());
  if (!exchange_->wants_body()) return drop_body(piece.size());
  return add_body(std::move(piece));
}

HTTP1Connection::Next HTTP1Connection::add_body(Buffer piece) {
  const absl::Status added =
      exchange_->add_body(std::move(piece), shard_.options().read_chunk_bytes / 4);
  if (!added.ok()) return refuse_body(added);
  if (exchange_->body_streamed()) return go_on_with_handler();
  return exchange_->body_has_more() ? yield(&HTTP1Connection::go_on_with_body) : Next::kGoOn;
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::go_on_with_body() {
  return exchange_->wants_body() ? add_body(Buffer()) : Next::kGoOn;
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::refuse_body(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) return refuse(413, "The body is too large.");
  return refuse(400, "The body's content coding is damaged.");
}

// An exchange that has been answered needs the body no more, but the next request stands behind it.
HTTP1Connection::Next HTTP1Connection::drop_body(size_t bytes) {
  dropped_ += bytes;
  return dropped_ > shard_.options().linger_bytes ? close_gently() : Next::kGoOn;
}

HTTP1Connection::Next HTTP1Connection::on_end() {
  if (exchange_->wants_body()) {
    if (absl::Status whole = exchange_->check_body_end(); !whole.ok()) return refuse_body(whole);
  }
  if (!exchange_->body_streamed()) return on_request();
  exchange_->note_received();
  return go_on_with_handler();
}

[[gnu::always_inline]] inline HTTP1Connection::Next HTTP1Connection::on_request() {
  exchange_->note_received();
  if (!exchange_->finished()) shard_.dispatcher().on_request(*exchange_);
  if (aborted_) return Next::kWait;
  return exchange_->done() ? finish_exchange() : wait_for_handler();
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::go_on_with_handler() {
  exchange_->deliver_body();
  return after_handler();
}

HTTP1Connection::Next HTTP1Connection::after_handler() {
  if (aborted_) return Next::kWait;
  const bool received = exchange_->received();
  if (!exchange_->done()) {
    if (received || exchange_->body_paused()) return wait_for_handler();
    return exchange_->body_has_more() ? yield(&HTTP1Connection::go_on_with_body) : Next::kGoOn;
  }
  if (received) return finish_exchange();
  return exchange_->closes() ? close_gently() : Next::kGoOn;  // the rest of the body is dropped
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::wait_for_handler() {
  const Wait next = exchange_->head_sent() ? Wait::kStreaming : Wait::kHandling;
  end_wait_for_body();
  if (wait() != next) shard_.set_wait(*this, next);
  watch_close();
  if (exchange_->watches_peer() && !stream_.reading()) read();
  return Next::kWait;
}

// Nothing is read meanwhile, so no read is told. Once set it stays: end() may be called twice.
void HTTP1Connection::watch_close() {
  if (std::exchange(watches_close_, true)) return;
  stream_.set_close_callback([this](absl::Status) { end(); });
}

void HTTP1Connection::exchange_woke() {
  if (aborted_) return end();
  if (!exchange_->has_head()) return;  // it was the request before that wanted something
  shard_.loop().cancel(next_turn_);    // this is one
  processing_ = true;
  process(go_on_with_handler());
}

// Inline, as on_request(): a call of each costs what they do.
[[gnu::always_inline]] inline HTTP1Connection::Next HTTP1Connection::finish_exchange() {
  if (exchange_->closes() || shard_.draining()) return close_gently();
  if (exchange_->input().empty()) {
    shard_.http1_exchanges().put(std::move(exchange_));
    return Next::kRead;
  }
  exchange_->next_request();
  // The next request has its own times.
  if (wait() == Wait::kHead || wait() == Wait::kBody) shard_.set_wait(*this, Wait::kIdle);
  return ++turn_requests_ < shard_.options().max_pipelined_requests
             ? Next::kGoOn
             : yield(&HTTP1Connection::go_on_with_requests);
}

// Others have their turn before the rest of a long pipeline, or of a body that swells.
[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::yield(Next (HTTP1Connection::*go_on)()) {
  end_wait_for_body();
  shard_.set_wait(*this, Wait::kHandling);
  next_turn_ = shard_.loop().call_later(Duration::zero(), [this, go_on] {
    processing_ = true;
    process((this->*go_on)());
  });
  return Next::kWait;
}

// What has not become a request has no head to look at.
HTTP1Connection::Next HTTP1Connection::refuse_input(int status, std::string_view reason) {
  if (!exchange_->has_head()) exchange_->parser().clear_head();
  return refuse(status, reason);
}

[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::refuse(int status,
                                                                std::string_view reason) {
  shard_.counters().errors.add();
  exchange_->close_after();
  if (!exchange_->has_head()) shard_.dispatcher().on_refused(*exchange_, status);
  exchange_->send_error(status, reason);  // nothing, if the exchange was answered before
  return aborted_ ? Next::kWait : close_gently();
}

// Ends our side and reads what the peer still sends: closing at once would make the kernel send a
// reset, and the peer might lose the answer (RFC 9112 9.6).
[[gnu::noinline]] HTTP1Connection::Next HTTP1Connection::close_gently() {
  send_output();
  closing_ = true;
  dropped_ = 0;
  drop_exchange();
  if (stream_.writing()) {
    // A large answer takes the time it takes; only then the peer has little left to finish.
    set_wait_for_output();
    stream_.write(Buffer(), [this](absl::Status written) {
      written.ok() ? shard_.set_wait(*this, Wait::kLinger) : end();
    });
  } else {
    shard_.set_wait(*this, Wait::kLinger);
  }
  stream_.shutdown_write();
  if (!stream_.reading()) read();
  return Next::kWait;
}

void HTTP1Connection::wait_for_input() {
  // An exchange that has seen nothing but an empty line counts it; the connection is idle.
  if (exchange_ == nullptr || exchange_->parser().idle()) {
    if (wait() != Wait::kHead || exchange_ == nullptr) become_idle();
  } else if (exchange_->has_head()) {
    if (!wait_for_body()) return;
  } else if (wait() != Wait::kHead) {
    shard_.set_wait(*this, Wait::kHead);  // absolute: later pieces do not renew it
  }
  if (!stream_.reading()) read();
}

// False: the client has had its time.
bool HTTP1Connection::wait_for_body() {
  if (exchange_->owes_continue()) {
    output().append("HTTP/1.1 100 Continue\r\n\r\n");
    send_output();
  }
  switch (body_rate_.wait(shard_.options(), wait() == Wait::kBody)) {
    case BodyRate::Next::kNewWait:
      shard_.set_wait(*this, Wait::kBody);
      return true;
    case BodyRate::Next::kSameWait:
      return true;
    case BodyRate::Next::kTooLate:
      on_late_body();
      return false;
  }
  return true;
}

void HTTP1Connection::end_wait_for_body() {
  if (wait() == Wait::kBody) body_rate_.paused(shard_.loop().time() - since());
}

[[gnu::noinline]] void HTTP1Connection::on_late_body() {
  shard_.counters().timeouts.add();
  process(refuse_input(408, "The request took too long to arrive."));
}

// A connection that is idle again and again within one deadline check keeps its place in the list:
// the check could not tell the difference, and moving it would be a cost of every request.
void HTTP1Connection::become_idle() {
  bool just_now =
      wait() == Wait::kIdle && shard_.loop().time() - since() < ServerShard::kDeadlineCheck;
  bytes_sent_ = 0;
  if (just_now) return;
  shard_.set_wait(*this, Wait::kIdle);
  if (since() >= ages_at_) requests_left_ = 1;
}

void HTTP1Connection::output_added() {
  if (!processing_) send_output();
}

// A dispatcher that streams faster than the peer takes it is stopped by the stream's end, which is
// told later: it may be the caller.
void HTTP1Connection::send_output() {
  if (closing_) [[unlikely]]
    return;
  // Files wait on their disks.
  if (stream_.output().size() > shard_.options().max_output_bytes && output_piles_up())
      [[unlikely]] {
    return stream_.close();
  }
  if (stream_.writing()) stream_.appended();
}

// True if too much waited before this turn added to it: one answer may be of any size.
bool HTTP1Connection::output_piles_up() {
  const uint64_t sent = stream_.bytes_sent();
  const uint64_t before = std::exchange(output_end_, sent + stream_.write_buffer_size());
  return before > sent && before - sent > shard_.options().max_output_bytes;
}

bool HTTP1Connection::output_is_high() const {
  return stream_.write_buffer_size() > shard_.options().output_high_bytes ||
         stream_.unsent_files() > Exchange::kMaxUnsentFiles;
}

[[gnu::noinline]] void HTTP1Connection::drain_output() {
  send_output();
  set_wait_for_output();
  stream_.write(Buffer(), [this](absl::Status written) {
    if (!written.ok()) return end();
    process(Next::kGoOn);
  });
}

void HTTP1Connection::set_wait_for_output() {
  bytes_sent_ = 0;
  shard_.set_wait(*this, Wait::kDrain);
}

void HTTP1Connection::note_streaming() {
  if (wait() == Wait::kHandling) shard_.set_wait(*this, Wait::kStreaming);
}

void HTTP1Connection::tell_when_output_left() {
  stream_.write(Buffer(), [this](absl::Status written) {
    // Only for who still waits: the stream has one callback, which may be drain_output()'s by now.
    if (!written.ok() || exchange_ == nullptr || !exchange_->waits_for_output()) return;
    // More was written since.
    if (stream_.writing()) return tell_when_output_left();
    exchange_->tell_output_left();
  });
}

// True while a slow reader takes something between two deadlines.
bool HTTP1Connection::output_moves() {
  uint64_t before = std::exchange(bytes_sent_, stream_.bytes_sent());
  return stream_.writing() && before != bytes_sent_;
}

void HTTP1Connection::on_deadline() {
  const bool may_move =
      wait() == Wait::kIdle || wait() == Wait::kDrain || wait() == Wait::kStreaming;
  if (may_move && output_moves()) return shard_.set_wait(*this, wait());
  // A handler may pause in its answer, or work on after it: only what does not leave counts.
  const bool answered =
      wait() == Wait::kStreaming || (wait() == Wait::kHandling && exchange_->head_sent());
  if (answered && !stream_.writing()) return shard_.set_wait(*this, Wait::kStreaming);
  if (wait() == Wait::kHandling && exchange_->keeps_own_time()) {
    return shard_.set_wait(*this, Wait::kHandling);
  }
  shard_.counters().timeouts.add();
  if (wait() == Wait::kHandling) {
    return process(refuse(503, "The server took too long to answer."));
  }
  // Who has sent nothing is not owed an answer.
  bool spoke = exchange_ != nullptr && (wait() == Wait::kHead || wait() == Wait::kBody);
  if (!spoke) return end();
  process(refuse_input(408, "The request took too long to arrive."));
}

void HTTP1Connection::drain() {
  bool in_hand = exchange_ != nullptr && wait() != Wait::kIdle;
  if (in_hand || closing_) return;
  if (!stream_.writing()) return end();
  close_gently();
}

// Before its answer has ended, or with it.
void HTTP1Connection::drop_exchange() {
  if (exchange_ == nullptr) return;
  shard_.loop().cancel(next_turn_);
  if (!exchange_->finished()) exchange_->tell_peer_shut();
  shard_.http1_exchanges().put(std::move(exchange_));
}

void HTTP1Connection::end() {
  if (ended_) return;
  ended_ = true;
  drop_exchange();
  stream_.close();
  shard_.remove(*this);
}

}  // namespace turbo
