// Request: what a handler may ask about the request it answers.
//
//   int page = request.query().get<int>("page", 1);
//   std::string name = request.form().get<std::string>("name");
//   nlohmann::json order = request.json();               // framework/web/json.h
//
// Owner:   the exchange; valid, views included, until the handler (its task, if it is a coroutine)
//          has ended.
// Threads: the connection's loop.
// Errors:  what is absent is nullopt or empty. What is malformed is thrown as an HTTPError, which
//          answers 400, 413 or 415 if nobody catches it.
// Limits:  the server's, and those of ApplicationOptions.
// Cost:    views. Arguments are parsed when first asked for, once.
#ifndef TURBO_WEB_REQUEST_H_
#define TURBO_WEB_REQUEST_H_

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/buffer/buffer.h"
#include "framework/http/cookies.h"
#include "framework/http/forwarded.h"
#include "framework/http/request_head.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/callback.h"
#include "framework/server/exchange.h"
#include "framework/tls/session.h"
#include "framework/web/arguments.h"
#include "framework/web/context.h"

namespace turbo::web {

class Request {
 public:
  explicit Request(Context& context) : context_(context) {}

  const http::RequestHead& head() const { return exchange().head(); }
  http::Method method() const { return head().method; }
  // The path as sent, percent-encoded, and what stands behind '?'.
  std::string_view path() const { return head().path; }
  std::string_view query_string() const { return head().query; }
  // Where the client wanted to go, port included; HTTP/2 has no field Host.
  std::string_view host() const { return head().host; }

  // The path's part that matched ":name" or "*name", decoded; empty if the pattern has no such name
  // or the encoding is malformed.
  std::string path_parameter(std::string_view name) const;
  // The same as it was sent, percent-encoded.
  std::string_view raw_path_parameter(std::string_view name) const;

  // The arguments of the query and of the path.
  const Arguments& query() const;
  const Arguments& path_arguments() const;
  // The fields of a body of type application/x-www-form-urlencoded. None for an empty body; 415 for
  // one of another type. The body stays.
  const Arguments& form() const;
  // A body of type application/json, or a relative (+json). 415 for another type: browsers send
  // what other sites wrote as text/plain without asking (cross-site request forgery).
  nlohmann::json json() const;

  // The first field of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const { return head().find(name); }
  std::span<const http::Field> headers() const { return head().fields; }

  // The value of the first cookie of that name, as sent.
  std::optional<std::string_view> cookie(std::string_view name) const;
  // The value of a cookie that ApplicationOptions::cookie_signer signed, at most `max_age` ago;
  // nullopt if it is absent, old or not ours.
  std::optional<std::string> signed_cookie(
      std::string_view name, std::chrono::seconds max_age = ValueSigner::kMaxAge) const;
  // Goes through the cookies in the order sent.
  http::CookieReader cookies() const;

  // True if the body comes without the Content-Encoding that its field tells of.
  bool body_is_decompressed() const { return exchange().body_is_decompressed(); }
  // The whole body, unless the route streams it. It may be moved out, to be written somewhere
  // without a copy.
  Buffer& body() { return exchange().body(); }
  // The next piece of the body, of any size; empty: its end. A piece may be a single byte, and
  // keeps the block it came in (16 KiB): who collects pieces copies the short ones together
  // (Buffer::append(std::string_view)). A body that was not streamed is one piece. Not called
  // again: the client goes away, or the server has to refuse the body; the handler's task is
  // destroyed then.
  //
  //   auto read = request.read_body();
  //   absl::StatusOr<Buffer> piece = co_await read;
  auto read_body() {
    Exchange& exchange = this->exchange();
    return make_async_operation<absl::StatusOr<Buffer>>(
        loop(), [&exchange](auto resume) { exchange.read_body(std::move(resume)); },
        [&exchange] { exchange.cancel_read_body(); });
  }
  // The same with a callback.
  void read_body(BodyCallback callback) { exchange().read_body(std::move(callback)); }
  // Fields behind a chunked body, once it has ended.
  std::span<const http::Field> trailers() const { return exchange().trailers(); }

  // What middleware has left for the handler.
  Attributes& attributes() { return context_.rare().attributes; }
  const Attributes& attributes() const { return context_.rare().attributes; }

  // Calls back once, when the client has ended its side of the connection, or all of it, before the
  // answer was finished. One at a time; handler classes override on_connection_close() instead.
  // It must not be called when what it refers to has gone: ignore_client() forgets it.
  void on_client_gone(Callback callback) { exchange().on_peer_shut(std::move(callback)); }
  void ignore_client() { exchange().ignore_peer_shut(); }

  // ---- XSRF ----
  // Whether a form is one of our own pages: compares `submitted`, its field _xsrf, with the XSRF
  // cookie, and throws HTTPError 403. ApplicationOptions::check_xsrf does it for all routes, but
  // cannot for multipart forms and streamed bodies without the header X-XSRF-Token: a route that
  // reads those sets RouteOptions::check_xsrf to false and calls this.
  void check_xsrf(std::string_view submitted) const;
  // As ApplicationOptions::check_xsrf: for methods that change something, the header or the field.
  void check_xsrf() const;
  // "_xsrf", or "__Host-_xsrf", which no other host can set, if over_tls().
  std::string_view xsrf_cookie_name() const;

  // Who is connected: the client, or the last proxy before us.
  Address peer_address() const { return exchange().peer_address(); }
  // The client's own address, as far as ApplicationOptions::trusted_proxies tell it; else the
  // peer's. The port is 0 if no proxy told it.
  Address client_address() const { return client().address; }
  // "https" or "http", by what the client speaks to the first trusted proxy, or to us.
  std::string_view scheme() const { return client().scheme; }
  // The client's certificate, the name it asked for, the protocol; null over plain HTTP.
  const tls::Session* tls() const { return exchange().tls(); }
  // The client speaks TLS: with us, with a proxy that is trusted and says so (scheme()), or with
  // the one ApplicationOptions::behind_tls tells of.
  bool over_tls() const { return options().behind_tls || scheme() == "https"; }
  // The loop the handler runs on.
  IOLoop& loop() const { return exchange().loop(); }
  const ApplicationOptions& options() const { return context_.options(); }

 private:
  Exchange& exchange() const { return context_.exchange(); }
  http::Client client() const;

  Context& context_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_REQUEST_H_
