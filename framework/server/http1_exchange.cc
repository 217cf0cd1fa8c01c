#include "framework/server/http1_exchange.h"

#include <utility>

#include "framework/server/http1_connection.h"
#include "framework/server/server_shard.h"

namespace turbo {

using http::BodyFraming;

void HTTP1Exchange::next_request() {
  Exchange::restart();
  parser_.restart();
  close_ = false;
  has_head_ = continue_settled_ = false;
}

void HTTP1Exchange::recycle() {
  next_request();
  ListNode<CompletionQueueTag>::unlink();
  input_.clear();
  connection_ = nullptr;
}

Address HTTP1Exchange::peer_address() const { return connection_->stream().peer_address(); }

const tls::Session* HTTP1Exchange::tls() const { return tls::session_of(connection_->stream()); }

IOLoop& HTTP1Exchange::loop() const { return connection_->stream().loop(); }

void HTTP1Exchange::transmit(std::string_view small, Buffer&& large, Last last) {
  Buffer& out = connection_->output();
  if (!head_sent()) {
    http::ResponseFraming framing = choose_framing(small.size() + large.size(), last);
    if (framing_ == BodyFraming::kNone) [[unlikely]]
      drop_content_fields_of_304();
    if (last == Last::kNo) connection_->note_streaming();
    // A small body goes with the head: one piece for one write.
    bool body_with_head = sends_body() && framing_ != BodyFraming::kChunked;
    response().serialize(framing, out, body_with_head ? small : std::string_view());
    if (body_with_head) small = {};
  }
  if (framing_ == BodyFraming::kChunked) {
    send_chunk(small, std::move(large), last, out);
  } else if (sends_body()) {
    if (!small.empty()) out.append(small);
    if (!large.empty()) out.append(std::move(large));
  }
  connection_->output_added();
}

void HTTP1Exchange::send_chunk(std::string_view small, Buffer large, Last last, Buffer& out) {
  if (!sends_body()) return;
  large.prepend(small);
  http::append_chunk(std::move(large), out);
  if (last == Last::kNo) return;
  const http::ResponseHead* trailers = trailers_to_send();
  http::append_last_chunk(out, trailers == nullptr ? std::string_view() : trailers->field_lines());
}

// 1xx, 204 and 304 have no body and no length (RFC 9110 6.4.1); HEAD has none but tells the length.
bool HTTP1Exchange::sends_body() const {
  return framing_ != BodyFraming::kNone && head().method != http::Method::kHead;
}

BodyFraming HTTP1Exchange::framing_of_body(Last last) {
  int status = response().status();
  if (status < 200 || status == 204 || status == 304) return BodyFraming::kNone;
  // A client of HTTP/1.0 does not know chunks (HTTP-5), nor trailers.
  const bool chunks = head().minor_version != 0;
  const bool whole = last == Last::kYes && (trailers_to_send() == nullptr || !chunks);
  if (whole || content_length().has_value()) return BodyFraming::kLength;
  return chunks ? BodyFraming::kChunked : BodyFraming::kClose;
}

http::ResponseFraming HTTP1Exchange::choose_framing(uint64_t length, Last last) {
  framing_ = framing_of_body(last);
  ServerShard& shard = connection_->shard();
  // A client that waits for "100 Continue" may or may not send the body after a final answer, so
  // where the next request begins is unknown (RFC 9110 10.1.1).
  bool body_in_doubt = head().expect_continue && !received();
  // Nor does a client take 1xx for an answer: it would take the next one for this request's.
  bool no_answer = response().status() < 200;
  if (framing_ == BodyFraming::kClose || !head().keep_alive || body_in_doubt || no_answer ||
      shard.draining()) {
    close_ = true;
  }
  http::ResponseFraming framing;
  framing.body = framing_;
  framing.length = length_of_body(length);
  if (close_) {
    framing.connection = "close";
  } else if (head().minor_version == 0) {
    framing.connection = "keep-alive";
  }
  const http::CommonLines& common = shard.common_lines();
  framing.common = common.lines();
  framing.server_bytes = common.server_bytes();
  return framing;
}

void HTTP1Exchange::transmit_informational(const http::ResponseHead& interim) {
  if (head().minor_version == 0) return;
  interim.serialize({.body = BodyFraming::kNone}, connection_->output());
  connection_->output_added();
}

bool HTTP1Exchange::transmit_file(int file, off_t offset, uint64_t bytes) {
  return connection_->stream().write_file(file, offset, bytes).accepted();
}

bool HTTP1Exchange::output_is_high() const { return connection_->output_is_high(); }

bool HTTP1Exchange::sends_files() const { return connection_->stream().sends_files(); }

void HTTP1Exchange::on_output_wait() { connection_->tell_when_output_left(); }

void HTTP1Exchange::on_input_wanted() { wake(); }

void HTTP1Exchange::abort() { connection_->abort(); }

void HTTP1Exchange::on_done() {
  if (!connection_->processing()) wake();
}

// The connection goes on from the loop: the caller may be the handler's task, which the next
// request destroys.
void HTTP1Exchange::wake() { loop().schedule(static_cast<Completion&>(*this)); }

void HTTP1Exchange::complete() { connection_->exchange_woke(); }

}  // namespace turbo
