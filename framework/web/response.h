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

#include <string_view>
#include <utility>

#include "framework/buffer/buffer.h"
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

  // Sends what there is now; the rest follows in pieces (chunked).
  void flush() { exchange_.flush(); }
  // Sends the rest. Later writes are dropped.
  void finish() { exchange_.finish(); }
  bool finished() const { return exchange_.finished(); }

  // Answers with a short page about the status instead of what was written so far.
  void send_error(int status, std::string_view detail = {}) {
    exchange_.send_error(status, detail);
  }

 private:
  Exchange& exchange_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_RESPONSE_H_
