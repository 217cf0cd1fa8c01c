#include "framework/server/http2_exchange.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"

#include "framework/base/views.h"
#include "framework/http/scan.h"
#include "framework/server/http2_connection.h"
#include "framework/server/misdirected.h"
#include "framework/server/server_shard.h"

namespace turbo {

using http2::ErrorCode;

namespace {

// What a handler may say of an HTTP/1 connection and no HTTP/2 answer may have (RFC 9113 8.2.2);
// ResponseHead refuses the rest of them.
bool is_of_connection(std::string_view name) {
  switch (name.size()) {
    case 7:
      return http::equals_ignore_case(name, "upgrade");
    case 10:
      return http::equals_ignore_case(name, "keep-alive");
    case 16:
      return http::equals_ignore_case(name, "proxy-connection");
    default:
      return false;
  }
}

void append_fields(const http::ResponseHead& head, std::vector<http::Field>& out) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    const http::Field field = head.field(i);
    if (!is_of_connection(field.name)) out.push_back(field);
  }
}

constexpr size_t kMaxLengthDigits = 20;

}  // namespace

void HTTP2Exchange::bind(HTTP2Connection& connection) {
  connection_ = &connection;
  max_body_bytes_ = options_.limits.max_body_bytes;
}

void HTTP2Exchange::recycle() {
  if (received_ > 0) [[unlikely]]
    forget_body();
  Exchange::restart();
  Stream::restart();
  ListNode<WaitTag>::unlink();
  ListNode<CompletionQueueTag>::unlink();
  connection_ = nullptr;
  trailers_ = {};
  output_.clear();
  taken_ = taken_before_ = all_before_ = 0;
  body_rate_.restart();
  expects_more_ = busy_ = dispatched_ = input_ended_ = output_ended_ = sent_ = closed_ =
      continue_settled_ = false;
}

[[gnu::noinline]] void HTTP2Exchange::forget_body() {
  loop().cancel(next_turn_);
  connection_->release_collected(collected_);
  connection_->release_held_back(held_back_);
  received_ = dropped_ = collected_ = held_back_ = 0;
}

Address HTTP2Exchange::peer_address() const { return connection_->stream().peer_address(); }

const tls::Session* HTTP2Exchange::tls() const { return tls::session_of(connection_->stream()); }

IOLoop& HTTP2Exchange::loop() const { return connection_->shard().loop(); }

// ---- the head ----

void HTTP2Exchange::on_head(bool ends) {
  connection_->shard().counters().requests.add();
  begin(ends);
}

void HTTP2Exchange::begin(bool ends) {
  busy_ = true;
  read_head(ends);
  if (refuse_head()) return;
  dispatched_ = true;
  connection_->shard().dispatcher().on_head(*this);
  if (!ends && !finished() && request_.content_length.value_or(0) > max_body_bytes_) {
    return refuse(413, "The body is too large.");
  }
  if (body_streamed()) dispatch();
  if (!ends) settle();  // else on_end() follows, and does
}

void HTTP2Exchange::read_head(bool ends) {
  const http2::Head& head = Stream::head();
  request_.major_version = 2;
  request_.minor_version = 0;
  request_.method = http::parse_method(head.method);
  request_.method_token = head.method;
  request_.target = head.path;
  const size_t question = std::min(head.path.find('?'), head.path.size());
  request_.path = head.path.substr(0, question);
  request_.query = head.path.substr(std::min(question + 1, head.path.size()));
  request_.host = head.authority;
  request_.content_length = head.content_length;
  request_.unknown_length = !ends && !head.content_length.has_value();
  request_.fields = head.fields;
  request_.expect_continue = false;
  note_fields();
}

void HTTP2Exchange::note_fields() {
  for (const http::Field& field : request_.fields) {
    if (field.name == "expect") note_expect(field.value);
    if (field.name == "host" && request_.host.empty()) request_.host = field.value;
  }
}

void HTTP2Exchange::note_expect(std::string_view value) {
  http::for_each_element(value, [this](std::string_view expectation) {
    if (expectation.empty()) return;
    const bool continues = http::equals_ignore_case(expectation, "100-continue");
    request_.expect_continue |= continues;
    expects_more_ |= !continues;
  });
}

// Before the dispatcher sees it.
bool HTTP2Exchange::refuse_head() {
  if (Stream::head().too_large) {
    refuse(431, "The request's header fields are too large.");
  } else if (request_.target.size() > options_.limits.max_target_bytes) {
    refuse(414, "The request's target is too long.");
  } else if (expects_more_) {
    refuse(417, "An expectation other than 100-continue.");
  } else if (request_.method == http::Method::kUnknown ||
             request_.method == http::Method::kConnect) {
    refuse(501, "This server does not know the request's method.");
  } else if (connection_->has_certificates() && misdirected(connection_->stream(), request_.host)) {
    refuse(421, "This connection shows the certificate of another host.");
  }
  return finished();
}

void HTTP2Exchange::copy_head(const http::RequestHead& request) {
  http2::HeadBlock& block = received_head();
  std::string path(request.path);  // the target may be an absolute one
  if (!request.query.empty() || request.target.back() == '?')
    path.append("?").append(request.query);
  block.start(connection_->shard().session_options().head);
  block.add(":method", request.method_token);
  block.add(":scheme", "http");
  block.add(":authority", request.host);
  block.add(":path", path);
  for (const http::Field& field : request.fields) {
    const std::string name = absl::AsciiStrToLower(to_absl(field.name));
    const bool of_connection = name == "connection" || name == "upgrade" || name == "host" ||
                               name == "http2-settings" || name == "te" || name == "keep-alive";
    if (!of_connection) block.add(name, field.value);
  }
  block.finish();
}

// HTTP/1 has counted the request.
void HTTP2Exchange::on_upgraded() {
  begin(true);
  on_end({});
}

// ---- the body's way in ----

void HTTP2Exchange::on_data(Buffer piece) {
  const size_t bytes = piece.size();
  busy_ = true;
  body_rate_.add(bytes);
  received_ += bytes;
  if (!wants_body()) return drop_body(bytes);
  if (body_streamed()) {
    held_back_ += bytes;
    connection_->hold_back(bytes);
  } else {
    connection_->session().consume(*this, bytes);
    collected_ += bytes;
    if (!connection_->collect(bytes)) return refuse(503, "Too many large requests at once.");
  }
  if (received_ > max_body_bytes_) return refuse(413, "The body is too large.");
  add_piece(std::move(piece));
}

void HTTP2Exchange::drop_body(size_t bytes) {
  connection_->session().consume(*this, bytes);
  dropped_ += bytes;
  settle();
}

void HTTP2Exchange::add_piece(Buffer piece) {
  const absl::Status added = add_body(std::move(piece), options_.read_chunk_bytes / 4);
  if (!added.ok()) return refuse_body(added);
  if (body_streamed()) deliver_body();
  consume_taken();
  // Others have their turn before the rest of a body that swells.
  if (body_has_more() && !body_paused()) {
    loop().cancel(next_turn_);
    next_turn_ = loop().call_later(Duration::zero(), [this] { go_on_with_body(); });
  }
  if (input_ended_ && !body_ended() && !body_has_more()) return finish_body();
  settle();
}

void HTTP2Exchange::go_on_with_body() {
  busy_ = true;
  wants_body() ? add_piece(Buffer()) : settle();
}

// What a streaming handler has not read yet holds the client back.
void HTTP2Exchange::consume_taken() {
  const bool taken = (body().empty() && !body_has_more()) || done();
  if (!taken || held_back_ == 0) return;
  const size_t bytes = std::exchange(held_back_, 0);
  connection_->release_held_back(bytes);
  connection_->session().consume(*this, bytes);
  connection_->output_added();
}

void HTTP2Exchange::on_end(std::span<const http::Field> trailers) {
  busy_ = true;
  trailers_ = trailers;
  input_ended_ = true;
  body_has_more() ? settle() : finish_body();
}

void HTTP2Exchange::finish_body() {
  if (wants_body()) {
    if (absl::Status whole = check_body_end(); !whole.ok()) return refuse_body(whole);
  }
  end_body();
  body_streamed() ? deliver_body() : dispatch();
  settle();
}

void HTTP2Exchange::dispatch() {
  if (!finished()) connection_->shard().dispatcher().on_request(*this);
}

void HTTP2Exchange::refuse_body(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) return refuse(413, "The body is too large.");
  refuse(400, "The body's content coding is damaged.");
}

void HTTP2Exchange::refuse(int status, std::string_view reason) {
  ServerShard& shard = connection_->shard();
  shard.counters().errors.add();
  if (!dispatched_) shard.dispatcher().on_refused(*this, status);
  send_error(status, reason);  // nothing, if the exchange was answered before
  dismiss();                   // the answer does not come from the handler
  settle();
}

// ---- output ----

void HTTP2Exchange::transmit(std::string_view small, Buffer&& large, Last last) {
  if (closed_) return;
  if (!head_sent()) respond(last, small.size() + large.size());
  if (has_no_body()) return;
  if (output_piles_up()) return abort();
  if (last == Last::kYes && large.empty() && output_.empty()) {
    output_.append_view(small);  // nothing is written there any more
  } else {
    if (!small.empty()) output_.append(small);
    if (!large.empty()) output_.append(std::move(large));
  }
  output_ended_ = last == Last::kYes;
  connection_->session().resume(*this);
  connection_->output_added();
}

void HTTP2Exchange::respond(Last last, uint64_t length) {
  const http::ResponseHead& head = response();
  if (wait() == Wait::kHandling && ListNode<WaitTag>::linked()) leave_wait(Wait::kStreaming);
  // No answer to a request is one (RFC 9110 15.2).
  if (head.status() < 200) return abort();
  drop_content_fields_of_304();
  ServerShard& shard = connection_->shard();
  std::vector<http::Field>& fields = sent_fields_;
  fields.clear();
  const http::CommonLines& common = shard.common_lines();
  if (!common.server().empty() && !head.has_server()) fields.push_back({"server", common.server()});
  if (!head.has_date()) fields.push_back({"date", common.date()});
  append_fields(head, fields);
  // What trailers follow has no length here, as over HTTP/1.1.
  const bool trailers_follow = Exchange::trailers_to_send() != nullptr;
  const bool known = (last == Last::kYes && !trailers_follow) || content_length().has_value();
  std::array<char, kMaxLengthDigits> digits;
  if (known && head.status() != 204 && head.status() != 304) {
    char* const end =
        std::to_chars(digits.data(), digits.data() + digits.size(), length_of_body(length)).ptr;
    fields.push_back({"content-length", {digits.data(), static_cast<size_t>(end - digits.data())}});
  }
  const bool empty = last == Last::kYes && length == 0 && !trailers_follow;
  connection_->session().respond(
      *this, head.status(), fields,
      has_no_body() || empty ? http2::Body::kNone : http2::Body::kFollows);
  connection_->output_added();
}

void HTTP2Exchange::transmit_informational(const http::ResponseHead& interim) {
  if (closed_) return;
  sent_fields_.clear();
  append_fields(interim, sent_fields_);
  connection_->session().inform(*this, interim.status(), sent_fields_);
  connection_->output_added();
}

bool HTTP2Exchange::transmit_file(int file, off_t offset, uint64_t bytes) {
  if (closed_) return true;
  if (!output_.append_file(file, offset, bytes)) return false;
  connection_->session().resume(*this);
  connection_->output_added();
  return true;
}

HTTP2Exchange::Ready HTTP2Exchange::body_ready() {
  return {static_cast<size_t>(std::min<uint64_t>(output_.size(), SIZE_MAX)), output_ended_};
}

bool HTTP2Exchange::take_body(size_t bytes, Buffer& out) {
  taken_ += bytes;
  connection_->body_taken(bytes);
  const bool good = output_.take(bytes, out);
  if (waits_for_output() && output_.empty()) wake();
  return good;
}

std::span<const http::Field> HTTP2Exchange::trailers_to_send() {
  const http::ResponseHead* trailers = Exchange::trailers_to_send();
  if (trailers == nullptr) return {};
  sent_fields_.clear();
  append_fields(*trailers, sent_fields_);
  return sent_fields_;
}

bool HTTP2Exchange::output_is_high() const {
  return output_.memory_bytes() > options_.http2.stream_output_high_bytes ||
         output_.files() > kMaxUnsentFiles;
}

// One piece may be of any size.
bool HTTP2Exchange::output_piles_up() const {
  return output_.memory_bytes() > options_.max_output_bytes;
}

void HTTP2Exchange::abort() {
  if (!closed_) reset(ErrorCode::kInternalError);
}

// ---- the end ----

void HTTP2Exchange::on_sent() {
  sent_ = true;
  if (!body_ended()) settle();
}

void HTTP2Exchange::on_closed(ErrorCode, bool by_peer) {
  closed_ = true;
  // All was said: the exchange stays until its handler lets go of it.
  if (sent_ && input_ended_ && !by_peer && !done()) return ListNode<WaitTag>::unlink();
  peer_gone();
  connection_->forget(*this);
}

void HTTP2Exchange::peer_gone() {
  if (!finished()) tell_peer_shut();
}

// From the loop: the caller may be the handler's task, which the end of the exchange destroys.
void HTTP2Exchange::wake() { loop().schedule(static_cast<Completion&>(*this)); }

void HTTP2Exchange::on_done() {
  if (!busy_) wake();
}

void HTTP2Exchange::complete() {
  busy_ = true;
  deliver_body();
  consume_taken();
  if (waits_for_output() && output_.empty()) tell_output_left();
  if (connection_->input_ended()) tell_peer_shut();
  if (body_has_more() && !body_paused()) return go_on_with_body();
  settle();
}

// ---- time ----

// What the exchange waits for, after anything has happened.
void HTTP2Exchange::settle() {
  busy_ = false;
  if (closed_) {
    if (done()) connection_->forget(*this);
    return;
  }
  if (done()) return settle_done();
  if (!body_ended() && !body_paused() && wants_body()) return wait_for_body();
  leave_wait(head_sent() ? Wait::kStreaming : Wait::kHandling);
}

void HTTP2Exchange::settle_done() {
  dismiss();
  consume_taken();
  // The rest of the request is not wanted (RFC 9113 8.1). Some clients lose the answer when they
  // are told so in the middle of it, so a small rest may come.
  const uint64_t limit = sent_ ? options_.http2.session.stream_window_bytes : options_.linger_bytes;
  const bool asked_first = sent_ && request_.expect_continue && received_ == 0;
  if (!body_ended() && (dropped_ > limit || asked_first)) {
    reset(sent_ ? ErrorCode::kNoError : ErrorCode::kCancel);
  }
  leave_wait(sent_ ? Wait::kLinger : Wait::kDrain);
}

void HTTP2Exchange::reset(ErrorCode why) {
  connection_->session().reset(*this, why);
  connection_->output_added();
}

void HTTP2Exchange::leave_wait(Wait next) {
  if (keeps_own_time()) return ListNode<WaitTag>::unlink();
  const bool waiting = ListNode<WaitTag>::linked();
  if (waiting && wait() == next) return;
  if (waiting && wait() == Wait::kBody) body_rate_.paused(loop().time() - since());
  connection_->shard().set_wait(*this, next);
}

void HTTP2Exchange::wait_for_body() {
  if (request_.expect_continue && !std::exchange(continue_settled_, true) && !head_sent() &&
      received_ == 0) {
    connection_->session().inform(*this, 100, {});
    connection_->output_added();
  }
  if (keeps_own_time()) return ListNode<WaitTag>::unlink();
  const bool waiting = wait() == Wait::kBody && ListNode<WaitTag>::linked();
  switch (body_rate_.wait(options_, waiting)) {
    case BodyRate::Next::kNewWait:
      return connection_->shard().set_wait(*this, Wait::kBody);
    case BodyRate::Next::kSameWait:
      return;
    case BodyRate::Next::kTooLate:
      connection_->shard().counters().timeouts.add();
      return refuse(408, "The request took too long to arrive.");
  }
}

void HTTP2Exchange::on_deadline() {
  if (wait() == Wait::kLinger) return reset(ErrorCode::kNoError), leave_wait(Wait::kDrain);
  ServerShard& shard = connection_->shard();
  const bool answering = wait() == Wait::kDrain || wait() == Wait::kStreaming || head_sent();
  const bool ours =
      wait() == Wait::kBody ? connection_->holds_client_back() : answering && !stalls();
  if (ours) return shard.set_wait(*this, wait());
  shard.counters().timeouts.add();
  if (wait() == Wait::kBody) return refuse(408, "The request took too long to arrive.");
  if (!answering) return refuse(503, "The server took too long to answer.");
  shard.counters().stalled_streams.add();
  shard.set_wait(*this, Wait::kDrain);
  reset(ErrorCode::kCancel);
}

// The client holds its window shut. A handler may pause in its answer, other streams may come
// first, and use up the window that all share, and that nothing at all leaves is the connection's
// business.
bool HTTP2Exchange::stalls() {
  const bool moved = std::exchange(taken_before_, taken_) != taken_;
  const uint64_t all = connection_->bodies_taken();
  const bool others_moved = std::exchange(all_before_, all) != all;
  if (moved || !output_waits()) return false;
  const http2::Session& session = connection_->session();
  return session.window_shut(*this) || (session.window_shut() && !others_moved);
}

}  // namespace turbo
