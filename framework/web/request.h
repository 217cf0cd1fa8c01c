// Request: what a handler may ask about the request it answers.
//
// Owner:   the exchange; valid, views included, until the handler (its task, if it is a coroutine)
//          has ended.
// Threads: the connection's loop.
// Errors:  what is absent is nullopt or empty; malformed percent-encoding counts as absent.
// Limits:  the server's.
// Cost:    views; decoded values are strings.
#ifndef TURBO_WEB_REQUEST_H_
#define TURBO_WEB_REQUEST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/buffer/buffer.h"
#include "framework/http/cookies.h"
#include "framework/http/request_head.h"
#include "framework/http/router.h"
#include "framework/loop/async_operation.h"
#include "framework/server/exchange.h"
#include "framework/tls/session.h"
#include "framework/web/attributes.h"

namespace turbo::web {

class Request {
 public:
  Request(Exchange& exchange, const http::RouteMatch& route) : exchange_(exchange), route_(route) {}

  http::Method method() const { return exchange_.head().method; }
  // The path as sent, percent-encoded, and what stands behind '?'.
  std::string_view path() const { return exchange_.head().path; }
  std::string_view query() const { return exchange_.head().query; }
  std::string_view host() const { return exchange_.head().host; }

  // The path's part that matched ":name" or "*name", decoded; empty if the pattern has no such
  // name.
  std::string path_parameter(std::string_view name) const;

  // The first field of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const {
    return exchange_.head().find(name);
  }
  std::span<const http::Field> headers() const { return exchange_.head().fields; }

  // The value of the first cookie of that name, as sent.
  std::optional<std::string_view> cookie(std::string_view name) const;
  // Goes through the cookies in the order sent.
  http::CookieReader cookies() const;

  // True if the body comes without the Content-Encoding that its field tells of.
  bool body_is_decompressed() const { return exchange_.body_is_decompressed(); }
  // The whole body. It may be moved out, to be written somewhere without a copy.
  Buffer& body() { return exchange_.body(); }
  // The next piece of the body, of any size; empty: its end. A body that was not streamed is one
  // piece. Not called again: the client goes away, or the server has to refuse the body; the
  // handler's task is destroyed then.
  //
  //   auto read = request.read_body();
  //   absl::StatusOr<Buffer> piece = co_await read;
  auto read_body() {
    return make_async_operation<absl::StatusOr<Buffer>>(
        loop(), [this](auto resume) { exchange_.read_body(std::move(resume)); },
        [this] { exchange_.cancel_read_body(); });
  }
  // The same with a callback.
  void read_body(BodyCallback callback) { exchange_.read_body(std::move(callback)); }

  // What middleware has left for the handler.
  Attributes& attributes() { return attributes_; }
  const Attributes& attributes() const { return attributes_; }

  Address peer_address() const { return exchange_.peer_address(); }
  // The client's certificate, the name it asked for, the protocol; null over plain HTTP.
  const tls::Session* tls() const { return exchange_.tls(); }
  // The loop the handler runs on.
  IOLoop& loop() const { return exchange_.loop(); }

 private:
  Exchange& exchange_;
  const http::RouteMatch& route_;
  Attributes attributes_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_REQUEST_H_
