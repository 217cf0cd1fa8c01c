// ApplicationOptions: what all handlers of an Application share.
//
//   web::ApplicationOptions options;
//   options.cookie_signer = web::ValueSigner::create({{1, secret}}).value();
//   options.error_page = my_error_page;
//   web::Application app(std::move(options));
//
// Owner:   the Application.
// Threads: read by all loops at once; error_page is called on all of them.
// Errors:  none.
// Limits:  each has a default that is safe on the open network.
// Cost:    what is off costs nothing.
#ifndef TURBO_WEB_APPLICATION_OPTIONS_H_
#define TURBO_WEB_APPLICATION_OPTIONS_H_

#include <cstddef>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "framework/http/forwarded.h"
#include "framework/web/compression.h"
#include "framework/web/http_error.h"
#include "framework/web/signed_value.h"

namespace turbo::web {

class Request;
class Response;

struct ApplicationOptions {
  // Error pages tell what was thrown. Never where strangers can ask.
  bool debug = false;

  // Writes the body (and fields) of error answers, those for unknown paths included; the status is
  // set already. Unset: a short page of HTML. Handler classes may override write_error() instead.
  absl::AnyInvocable<void(Request&, Response&, const Failure&) const> error_page;

  // Signs the cookies of Response::set_signed_cookie(). Its secrets are the program's.
  std::optional<ValueSigner> cookie_signer;

  // Answers 403 to POST, PUT, PATCH and DELETE that do not show the token of the XSRF cookie, as
  // the form's field _xsrf or the header X-XSRF-Token. Every form has to cooperate
  // (RequestHandler::xsrf_token()), so it is chosen. Unset: as the application this one is mounted
  // in; false for the outermost.
  std::optional<bool> check_xsrf;

  // Clients speak TLS with a proxy in front, which speaks plain HTTP with us: cookies that are to
  // be had over TLS alone are, and the XSRF cookie has the name no other host can set, as over our
  // own TLS. Not so by default: browsers on plain HTTP do not keep such cookies, so that every form
  // would be refused. Not needed where trusted_proxies tell the scheme.
  bool behind_tls = false;

  // Gives every answer of 200 to GET and HEAD that is not streamed an ETag, a hash of its body, and
  // answers 304 to who has it. It saves the line, not the work: the body is made and hashed all the
  // same. So it is chosen, here or for one answer by Response::enable_etag(). Unset as check_xsrf.
  std::optional<bool> etags;

  // Compresses answers when the client takes it and it pays; off unless asked for, see there.
  CompressionOptions compression;

  // Takes Content-Encoding off request bodies before handlers see them, within max_body_bytes on
  // both sides of it; an unknown coding is 415. Off: handlers get the bytes as sent. A kilobyte may
  // stand for a megabyte, so it is chosen.
  bool decompress_bodies = false;

  // Proxies that are believed about the client: Request::client_address() and scheme(). None unless
  // named: anybody can send such fields.
  http::TrustedProxies trusted_proxies;

  // Arguments of one query or form. Real forms have dozens; the bound keeps the time for a million
  // of them from being spent.
  size_t max_arguments = 1000;

  // Arrays and objects inside each other in a body of JSON: deeper is 400. Each level costs whoever
  // walks the value recursively a piece of stack.
  size_t max_json_depth = 100;
  // Bytes of JSON: a value takes some ten times the memory of its text, so a body within the
  // server's max_body_bytes may still be too much. 413.
  size_t max_json_bytes = 4 << 20;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_APPLICATION_OPTIONS_H_
