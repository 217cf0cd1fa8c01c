// Response: what a handler says. It ends by itself when the handler does, or earlier by finish().
//
// Owner:   the exchange, as Request.
// Threads: the connection's loop.
// Errors:  what would break the response apart (HTTP-9) or mislead a browser is a mistake of the
//          program: set_header(), add_header(), add_trailer(), send_informational(), set_cookie()
//          and redirect() throw std::invalid_argument; left uncaught that is a 500. So are the
//          framing fields, which the server writes.
// Limits:  64 KiB of header fields.
// Cost:    no allocation in steady state; a Buffer is moved to the socket, never copied.
#ifndef TURBO_WEB_RESPONSE_H_
#define TURBO_WEB_RESPONSE_H_

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "framework/buffer/buffer.h"
#include "framework/http/request_head.h"
#include "framework/http/set_cookie.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/callback.h"
#include "framework/server/exchange.h"
#include "framework/web/context.h"

namespace turbo::web {

class Response {
 public:
  explicit Response(Context& context) : exchange_(context.exchange()), context_(context) {}

  // Default: 200. Throws std::invalid_argument outside of 100 to 999.
  void set_status(int status, std::string_view reason = {});
  int status() const { return exchange_.response().status(); }

  // Replaces the fields of that name; add_header() puts one beside them.
  void set_header(std::string_view name, std::string_view value);
  void add_header(std::string_view name, std::string_view value);
  // Adds fields that were laid out before, for answers that have many in common.
  void add_headers(const http::ResponseHead& fields);
  void clear_header(std::string_view name) { exchange_.response().remove(name); }
  // Adds a field behind the body, any time before the end. What has to be known before the body
  // (http::may_be_trailer()) is refused. The answer is chunked then over HTTP/1.1; where nothing
  // can carry trailers they are dropped, see Exchange::add_trailer().
  void add_trailer(std::string_view name, std::string_view value);
  // As set so far.
  std::optional<std::string_view> header(std::string_view name) const {
    return exchange_.response().find(name);
  }

  // ---- cookies ----
  // A second call for a name adds a second cookie, which browsers take for the one that counts.
  void set_cookie(const http::SetCookie& cookie);
  // Signs the value, in text that any cookie can carry, for Request::signed_cookie(). Give it
  // http_only, secure and max_age as it deserves.
  void set_signed_cookie(const http::SetCookie& cookie);
  // Has the browser drop it. Path and domain are those it was set with.
  void clear_cookie(std::string_view name, std::string_view path = "/",
                    std::string_view domain = {});
  // For a form's hidden field _xsrf, or a script's header X-XSRF-Token; sets the cookie if the
  // client has none. See ApplicationOptions::check_xsrf.
  std::string xsrf_token();

  // ---- body ----
  // Adds to the body. Nothing leaves before the end or flush().
  void write(std::string_view bytes) { exchange_.write(bytes); }
  void write(Buffer bytes) { exchange_.write(std::move(bytes)); }
  // Writes the value as application/json. Throws if a string in it is not UTF-8.
  void write_json(const nlohmann::json& value);

  // Sends an interim response at once, such as 103 (Early Hints) with Link fields for what the page
  // will need, while the handler still works on it. See Exchange::send_informational().
  void send_informational(int status, std::span<const http::Field> fields);

  // Sends what there is now; the rest follows in pieces (chunked). A coroutine that awaits what it
  // returns goes on at once, or, while more than output_high_bytes wait for the client, when they
  // have left:
  //
  //   auto flushed = response.flush();
  //   co_await flushed;
  auto flush();
  // The same for callbacks: whether to wait, and what to call then, once, one at a time.
  bool output_is_high() const { return exchange_.output_is_high(); }
  void when_output_left(Callback callback) { exchange_.when_output_left(std::move(callback)); }
  // Declares the length of a body that is streamed, so that it needs no chunks. Writing more or
  // less cuts the connection.
  void set_content_length(uint64_t bytes) { exchange_.set_content_length(bytes); }
  // Adds a part of a file to the body, by sendfile where possible. After set_content_length(). The
  // descriptor may be closed at once.
  void write_file(int file, off_t offset, uint64_t bytes) {
    exchange_.write_file(file, offset, bytes);
  }
  // write_file() copies nothing; see Exchange::sends_files().
  bool sends_files() const { return exchange_.sends_files(); }
  // Gives this answer an ETag, see ApplicationOptions::etags. Before it is flushed.
  void enable_etag();

  // ---- endings ----
  // Sends the rest. Later writes are dropped.
  void finish() {
    exchange_.finish();
    if (context_.finishes_later()) [[unlikely]]
      context_.on_finished_later();
  }
  bool finished() const { return exchange_.finished(); }

  // Sends the client elsewhere: 301, 302, 303, 307 or 308 (303 answers a POST with a page to GET).
  // `url` is sent as given and must be encoded: visible ASCII, no backslash. Whether a place the
  // client itself named may be gone to is for the handler to know.
  void redirect(std::string_view url, int status = 302);

  // Answers with the error page in force instead of what was set and written so far; `message` is
  // shown, `fields` are those the status calls for (401, 405, 429, 503).
  void send_error(int status, std::string_view message = {},
                  std::span<const http::Field> fields = {});

  const ApplicationOptions& options() const { return context_.options(); }

 private:
  friend class RequestHandler;
  class Flushed;
  // What awaiting it yields: nothing. A client that goes away ends the task instead.
  struct OutputLeft {
    static OutputLeft cancelled() { return {}; }
  };
  void finish_later();

  Exchange& exchange_;
  Context& context_;
};

// What flush() returns: may be awaited or not.
class Response::Flushed {
 public:
  explicit Flushed(Exchange& exchange) : exchange_(exchange) {}

  auto operator co_await() const {
    return make_async_operation<OutputLeft>(
        exchange_.loop(),
        [&exchange = exchange_](auto resume) {
          if (!exchange.output_is_high()) return resume(OutputLeft());
          exchange.when_output_left(
              [resume = std::move(resume)]() mutable { resume(OutputLeft()); });
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
