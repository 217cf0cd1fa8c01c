// HTTP1Exchange: an Exchange carried by an HTTP/1 connection, and the parser that reads it.
//
// Owner:   the connection while a request is in hand, else the ServerShard's stock.
// Threads: its loop's.
// Errors:  the parser's; the connection answers them.
// Limits:  the parser's.
// Cost:    recycled with the memory it has grown; an idle connection has none.
#ifndef TURBO_SERVER_HTTP1_EXCHANGE_H_
#define TURBO_SERVER_HTTP1_EXCHANGE_H_

#include "framework/http/request_parser.h"
#include "framework/server/exchange.h"

namespace turbo {

class HTTP1Connection;

class HTTP1Exchange final : public Exchange, private Completion {
 public:
  explicit HTTP1Exchange(const http::RequestParserLimits& limits) : parser_(limits) {}
  // What is attached may look at the request as it is destroyed, so it goes before the parser.
  ~HTTP1Exchange() override { cancel(); }

  // ---- for the connection ----
  void bind(HTTP1Connection& connection) { connection_ = &connection; }
  http::RequestParser& parser() { return parser_; }
  // Bytes received and not yet parsed.
  Buffer& input() { return input_; }
  using Exchange::done;
  // Ready for the next request of the same connection, unparsed input included.
  void next_request();
  // Ready for another connection.
  void recycle();
  // The response says, or has said, that the connection ends after it.
  bool closes() const { return close_; }
  void close_after() { close_ = true; }
  // The last byte of the request has arrived.
  void note_received() { received_ = true; }
  // The head has been read, the body is arriving.
  bool in_body() const { return in_body_; }
  void note_head() { in_body_ = true; }

  const http::RequestHead& head() const override { return parser_.head(); }
  Address peer_address() const override;
  const tls::Session* tls() const override;
  IOLoop& loop() const override;

 private:
  void transmit(std::string_view small, Buffer&& large, Last last) override;
  void abort() override;
  void on_done() override;
  void complete() override;

  void send_chunk(std::string_view small, Buffer large, Last last, Buffer& out);
  http::BodyFraming framing_of_body(Last last);
  http::ResponseFraming choose_framing(uint64_t length, Last last);
  bool sends_body() const;

  HTTP1Connection* connection_ = nullptr;
  http::RequestParser parser_;
  Buffer input_;
  http::BodyFraming framing_ = http::BodyFraming::kLength;
  bool close_ = false;
  bool in_body_ = false;
  bool received_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP1_EXCHANGE_H_
