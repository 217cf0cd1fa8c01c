// HTTP2Exchange: an Exchange carried by a stream of an HTTP/2 connection.
//
// What comes is consumed, so that the client may send more, as the handler takes it; a body that is
// collected is, as it comes. What goes is kept until the session pulls it.
//
// Owner:   its connection from on_stream() to the stream's end and the handler's, else the
//          ServerShard's stock.
// Threads: its loop's.
// Errors:  a request that cannot be answered is reset.
// Limits:  HTTPServerOptions, the same as for HTTP/1.
// Cost:    recycled with the memory it has grown.
#ifndef TURBO_SERVER_HTTP2_EXCHANGE_H_
#define TURBO_SERVER_HTTP2_EXCHANGE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "framework/base/intrusive_list.h"
#include "framework/http2/session.h"
#include "framework/server/body_rate.h"
#include "framework/server/exchange.h"
#include "framework/server/outgoing_body.h"
#include "framework/server/waiter.h"

namespace turbo {

class HTTP2Connection;
struct HTTP2ExchangeTag;

class HTTP2Exchange final : public Exchange,
                            public http2::Stream,
                            public Waiter,
                            public ListNode<HTTP2ExchangeTag>,
                            private Completion {
 public:
  explicit HTTP2Exchange(const HTTPServerOptions& options) : options_(options) {}
  // What is attached may look at the request as it is destroyed, so it goes before that.
  ~HTTP2Exchange() override { cancel(); }

  // ---- for the connection ----
  void bind(HTTP2Connection& connection);
  // Ready for another connection.
  void recycle();
  // The request of an upgrade, in place of one that comes by the session; then what it leads to.
  void copy_head(const http::RequestHead& request);
  void on_upgraded();
  using Exchange::tell_peer_shut;
  // More of the request, or a wider window.
  bool waits_for_peer() const { return !closed_ && (!input_ended_ || output_waits()); }
  // The client is gone, the exchange will be recycled.
  void peer_gone();

  // ---- Exchange ----
  const http::RequestHead& head() const override { return request_; }
  std::span<const http::Field> trailers() const override { return trailers_; }
  void set_max_body_bytes(uint64_t bytes) override { max_body_bytes_ = bytes; }
  uint64_t max_body_bytes() const override { return max_body_bytes_; }
  bool output_is_high() const override;
  bool sends_files() const override { return false; }
  Address peer_address() const override;
  const tls::Session* tls() const override;
  IOLoop& loop() const override;

  // ---- Waiter ----
  void on_deadline() override;

 private:
  // ---- Exchange ----
  void transmit(std::string_view small, Buffer&& large, Last last) override;
  void transmit_informational(const http::ResponseHead& interim) override;
  bool transmit_file(int file, off_t offset, uint64_t bytes) override;
  void on_input_wanted() override { wake(); }
  void on_output_wait() override { wake(); }
  void abort() override;
  void on_done() override;

  // ---- Stream ----
  void on_head(bool ends) override;
  void on_data(Buffer piece) override;
  void on_end(std::span<const http::Field> trailers) override;
  void on_sent() override;
  void on_closed(http2::ErrorCode why, bool by_peer) override;
  Ready body_ready() override;
  bool take_body(size_t bytes, Buffer& out) override;
  std::span<const http::Field> trailers_to_send() override;

  void complete() override;

  void begin(bool ends);
  void read_head(bool ends);
  void note_fields();
  void note_expect(std::string_view value);
  bool refuse_head();
  void dispatch();
  void refuse(int status, std::string_view reason);
  void refuse_body(const absl::Status& why);
  void drop_body(size_t bytes);
  void forget_body();
  void add_piece(Buffer piece);
  void go_on_with_body();
  void finish_body();
  void consume_taken();
  void settle();
  void settle_done();
  void wait_for_body();
  void leave_wait(Wait next);
  void respond(Last last, uint64_t length);
  bool output_piles_up() const;
  // If only the end of the answer.
  bool output_waits() const { return !output_.empty() || (output_ended_ && !sent_); }
  bool stalls();
  void reset(http2::ErrorCode why);
  void wake();

  const HTTPServerOptions& options_;
  HTTP2Connection* connection_ = nullptr;
  http::RequestHead request_;
  std::span<const http::Field> trailers_;
  std::vector<http::Field> sent_fields_;  // while they are handed over; keeps its memory
  OutgoingBody output_;
  uint64_t max_body_bytes_ = 0;
  uint64_t received_ = 0;      // bytes of the body
  uint64_t dropped_ = 0;       // of them, nobody wanted
  size_t collected_ = 0;       // of them, the connection counts
  size_t held_back_ = 0;       // of them, the handler has yet to read
  uint64_t taken_ = 0;         // bytes of the answer's body, by the session
  uint64_t all_before_ = 0;    // bodies_taken() of the connection, at the last deadline
  uint64_t taken_before_ = 0;  // at the last deadline
  TimerHandle next_turn_;      // goes on with a body that swells
  BodyRate body_rate_;
  bool expects_more_ = false;  // than 100-continue
  bool busy_ = false;          // with an event, which settle() ends
  bool dispatched_ = false;    // the dispatcher has seen the head
  bool input_ended_ = false;   // all of the body has come, if not through the decompressor
  bool output_ended_ = false;  // nothing follows what is in output_
  bool sent_ = false;          // all of the answer
  bool closed_ = false;        // the stream is gone, a handler still holds the exchange
  bool continue_settled_ = false;
};

}  // namespace turbo

#endif  // TURBO_SERVER_HTTP2_EXCHANGE_H_
