// Response: what a handler says. It ends by itself when the handler does, or earlier by finish().
//
// Owner:   the exchange, as Request.
// Threads: the connection's loop.
// Errors:  set_header() and add_header() throw std::invalid_argument for names and values that
//          would break the response apart (HTTP-9) and for the framing fields, which the server
//          writes; left uncaught that is a 500.
// Limits:  64 KiB of header fields.
// Cost:    no allocation in steady state; a Buffer is moved to the socket, never copied.
#ifndef TURBO_WEB_RESPONSE_H_
#define TURBO_WEB_RESPONSE_H_

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/async_operation.h"
#include "framework/server/exchange.h"

namespace turbo::web {

class Response {
 public:
  explicit Response(Exchange& exchange) : exchange_(exchange) {}

  // Default: 200. Throws std::invalid_argument outside of 100 to 999.
  void set_status(int status, std::string_view reason = {});
  int status() const { return exchange_.response().status(); }

  // Replaces the fields of that name; add_header() puts one beside them (Set-Cookie).
  void set_header(std::string_view name, std::string_view value);
  void add_header(std::string_view name, std::string_view value);
  void clear_header(std::string_view name) { exchange_.response().remove(name); }

  // Adds to the body. Nothing leaves before the end or flush().
  void write(std::string_view bytes) { exchange_.write(bytes); }
  void write(Buffer bytes) { exchange_.write(std::move(bytes)); }

  // Sends what there is now; the rest follows in pieces (chunked). A coroutine that awaits what it
  // returns goes on at once, or, while more than output_high_bytes wait for the client, when they
  // have left:
  //
  //   auto flushed = response.flush();
  //   co_await flushed;
  auto flush();
  // Declares the length of a body that is streamed, so that it needs no chunks. Writing more or
  // less cuts the connection.
  void set_content_length(uint64_t bytes) { exchange_.set_content_length(bytes); }
  // Adds a part of a file to the body, by sendfile where possible. After set_content_length(). The
  // descriptor may be closed at once.
  void write_file(int file, off_t offset, uint64_t bytes) {
    exchange_.write_file(file, offset, bytes);
  }
  // Sends the rest. Later writes are dropped.
  void finish() { exchange_.finish(); }
  bool finished() const { return exchange_.finished(); }

  // Answers with a short page about the status instead of what was written so far.
  void send_error(int status, std::string_view detail = {}) {
    exchange_.send_error(status, detail);
  }

 private:
  class Flushed;
  Exchange& exchange_;
};

// What flush() returns: may be awaited or not.
class Response::Flushed {
 public:
  explicit Flushed(Exchange& exchange) : exchange_(exchange) {}

  auto operator co_await() const {
    return make_async_operation<absl::Status>(
        exchange_.loop(),
        [&exchange = exchange_](auto resume) {
          if (!exchange.output_is_high()) return resume(absl::OkStatus());
          exchange.when_output_left(
              [resume = std::move(resume)]() mutable { resume(absl::OkStatus()); });
        },
        [] {});
  }

 private:
  Exchange& exchange_;
};

inline auto Response::flush() {
  exchange_.flush();
  return Flushed(exchange_);
}

}  // namespace turbo::web

#endif  // TURBO_WEB_RESPONSE_H_
