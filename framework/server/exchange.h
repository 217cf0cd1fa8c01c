// Exchange: one request and its response, whatever HTTP version carries them.
//
// A dispatcher reads the request, fills response() and the body, and ends with finish(). It may do
// so later: hold() keeps the exchange until release(), and the connection waits.
//
//   exchange.response().set_status(200);
//   exchange.write("Hello, World!");
//   exchange.finish();
//
// Owner:   its connection, from a per-loop stock; recycled after the answer. When the peer goes
//          away it is recycled early: the attachment, and with it a running task, is destroyed.
// Threads: its loop's.
// Errors:  what is written after finish() or after the peer has gone is dropped.
// Limits:  the body is bounded by the server's max_body_bytes before a dispatcher sees it.
// Cost:    no allocation once the stock is warm; bodies are moved, never copied.
#ifndef TURBO_SERVER_EXCHANGE_H_
#define TURBO_SERVER_EXCHANGE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "framework/base/address.h"
#include "framework/buffer/buffer.h"
#include "framework/http/request_head.h"
#include "framework/http/response_head.h"
#include "framework/loop/io_loop.h"
#include "framework/tls/session.h"

namespace turbo {

// What a dispatcher keeps with an exchange: a matched route, a handler, a task.
class ExchangeAttachment {
 public:
  virtual ~ExchangeAttachment() = default;
};

class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  // ---- request ----
  // Views are valid until the exchange is recycled.
  virtual const http::RequestHead& head() const = 0;
  // The whole body; empty in on_head(). May be moved from.
  Buffer& body() { return body_; }
  virtual Address peer_address() const = 0;
  // What was agreed on with the client, whose certificate may be in it; null over plain HTTP.
  virtual const tls::Session* tls() const = 0;
  virtual IOLoop& loop() const = 0;

  // ---- response ----
  http::ResponseHead& response() { return response_; }
  // Adds to the body. Nothing leaves before flush() or finish().
  void write(std::string_view bytes);
  void write(Buffer bytes);
  // Drops the body written so far and not yet flushed.
  void clear_body() {
    small_size_ = 0;
    output_.clear();
  }
  // Sends the head, if it has not left, and what was written since. From now on the length is
  // unknown: the body is chunked, or ended by the connection for HTTP/1.0.
  void flush();
  // Sends the rest. Further calls do nothing.
  void finish();
  // Drops fields and body set so far, answers with a short page about `status` and finishes.
  // `detail` is escaped and shown; `fields` are the ones the status calls for (405: Allow). When
  // the head has left already the connection is cut instead, so that nobody takes half for the
  // whole.
  void send_error(int status, std::string_view detail = {},
                  std::span<const http::Field> fields = {});

  bool head_sent() const { return phase_ != Phase::kOpen; }
  bool finished() const { return phase_ == Phase::kFinished; }

  // ---- later ----
  // Keeps the exchange after on_request() returned, and after finish(), until release().
  void hold() { ++holds_; }
  void release();

  // Destroyed when the exchange is recycled; replaces an earlier one.
  void attach(std::unique_ptr<ExchangeAttachment> attachment) {
    attachment_ = std::move(attachment);
  }
  ExchangeAttachment* attachment() const { return attachment_.get(); }

 protected:
  enum class Last : bool { kNo, kYes };
  // The protocol's part: frames the bytes of `small`, then those of `large`, behind the head (sent
  // first, if it has not been) and sends.
  virtual void transmit(std::string_view small, Buffer&& large, Last last) = 0;
  // Cuts the connection (HTTP/1) or the stream (HTTP/2).
  virtual void abort() = 0;
  // Finished and not held any more: the next exchange may begin.
  virtual void on_done() = 0;

  Exchange() = default;
  bool done() const { return finished() && holds_ == 0; }
  // Back to the state of a new exchange; keeps memory.
  void restart();
  // Destroys what the dispatcher attached: the peer is gone.
  void cancel();

 private:
  enum class Phase : uint8_t { kOpen, kStreaming, kFinished };

  void send(Last last) {
    transmit({small_.data(), std::exchange(small_size_, 0)}, std::move(output_), last);
  }

  // The first bytes of an answer wait here: small answers are copied behind their head, and need no
  // block of their own.
  static constexpr size_t kSmallBytes = 512;

  Buffer body_;
  Buffer output_;  // follows what is in small_
  http::ResponseHead response_;
  std::unique_ptr<ExchangeAttachment> attachment_;
  uint32_t holds_ = 0;
  Phase phase_ = Phase::kOpen;
  size_t small_size_ = 0;
  std::array<char, kSmallBytes> small_;
};

}  // namespace turbo

#endif  // TURBO_SERVER_EXCHANGE_H_
