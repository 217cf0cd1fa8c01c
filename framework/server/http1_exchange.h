// HTTP1Exchange: an Exchange carried by an HTTP/1 connection, and the parser that reads it.
//
// Owner:   the connection while a request is in hand, else the ServerShard's stock.
// Threads: its loop's.
// Errors:  the parser's; the connection answers them.
// Limits:  the parser's.
// Cost:    recycled with the memory it has grown; an idle connection has none.
#ifndef TURBO_SERVER_HTTP1_EXCHANGE_H_
#define TURBO_SERVER_HTTP1_EXCHANGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "framework/http/request_parser.h"
#include "framework/server/exchange.h"
#include "framework/server/http_server_options.h"

namespace turbo {

class HTTP1Connection;

class HTTP1Exchange final : public Exchange, private Completion {
 public:
  explicit HTTP1Exchange(const HTTPServerOptions& options) : parser_(options.limits) {}
  // What is attached may look at the request as it is destroyed, so it goes before the parser.
  ~HTTP1Exchange() override { cancel(); }

  // ---- for the connection ----
  void bind(HTTP1Connection& connection) { connection_ = &connection; }
  // The connection ends without an answer, or before all of it.
  using Exchange::tell_peer_shut;
  http::RequestParser& parser() { return parser_; }
  // Bytes received and not yet parsed.
  Buffer& input() { return input_; }
  using Exchange::add_body;
  using Exchange::body_has_more;
  using Exchange::body_paused;
  using Exchange::body_streamed;
  using Exchange::check_body_end;
  using Exchange::deliver_body;
  using Exchange::done;
  using Exchange::tell_output_left;
  using Exchange::waits_for_output;
  using Exchange::wants_body;
  using Exchange::watches_peer;
  // Ready for the next request of the same connection, unparsed input included.
  void next_request();
  // Ready for another connection.
  void recycle();
  // The response says, or has said, that the connection ends after it.
  bool closes() const { return close_; }
  void close_after() { close_ = true; }
  // The last byte of the request has arrived.
  void note_received() { end_body(); }
  bool received() const { return body_ended(); }
  // The dispatcher has seen the head; the body is arriving, or the handler is at work.
  bool has_head() const { return has_head_; }
  void note_head() { has_head_ = true; }
  // The client waits to be told to send the body (RFC 9110 10.1.1). True once.
  bool owes_continue() {
    return head().expect_continue && !std::exchange(continue_settled_, true) && !head_sent() &&
           input_.empty();
  }

  const http::RequestHead& head() const override { return parser_.head(); }
  std::span<const http::Field> trailers() const override { return parser_.trailers(); }
  void set_max_body_bytes(uint64_t bytes) override { parser_.set_max_body_bytes(bytes); }
  uint64_t max_body_bytes() const override { return parser_.max_body_bytes(); }
  bool output_is_high() const override;
  bool sends_files() const override;
  Address peer_address() const override;
  const tls::Session* tls() const override;
  IOLoop& loop() const override;

 private:
  void transmit(std::string_view small, Buffer&& large, Last last) override;
  void transmit_informational(const http::ResponseHead& interim) override;
  bool transmit_file(int file, off_t offset, uint64_t bytes) override;
  void on_input_wanted() override;
  void on_output_wait() override;
  void abort() override;
  void on_done() override;
  void complete() override;

  void send_chunk(std::string_view small, Buffer large, Last last, Buffer& out);
  http::BodyFraming framing_of_body(Last last);
  http::ResponseFraming choose_framing(uint64_t length, Last last);
  bool sends_body() const;
  void wake();

  HTTP1Connection* connection_ = nullptr;
  http::RequestParser parser_;
  Buffer input_;
  http::BodyFraming framing_ = http::BodyFraming::kLength;
  bool close_ = false;
  bool has_head_ = false;
  bool continue_settled_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP1_EXCHANGE_H_
