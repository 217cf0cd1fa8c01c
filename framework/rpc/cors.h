// CORS for calls: which pages of other origins may call this server by script (Fetch standard,
// section 3.2). Calls from pages of the server's own origin need none of it.
//
//   services.set_cors({.origins = {"https://app.example.com"}});
//
// Preflights for methods that are called by gRPC-Web or as JSON are answered with 204; all others
// are the HTTP service's. Whatever fields a page wants to send are allowed, as metadata is the
// program's business. The answers to calls, errors included, get the fields that let the page read
// them, the status among them. What is answered before there is a call, as 415, has none.
//
// Origins that are not listed get no field: the browser keeps the answer from the page, and does
// not let it make a call by gRPC-Web or with a JSON body, which want a preflight. A call without a
// body that an HTTP annotation allows is made all the same.
//
// Owner:   CORSPolicy: the Services.
// Threads: any; it does not change.
// Errors:  "*" beside others or together with credentials, "null", which anybody can be, and what
// is
//          no origin or field: TURBO_CHECK.
// Limits:  none; origins are compared one by one.
// Cost:    two or three fields an answer.
#ifndef TURBO_RPC_CORS_H_
#define TURBO_RPC_CORS_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/http/request_head.h"
#include "framework/server/exchange.h"

namespace turbo::rpc {

struct CORSOptions {
  // "https://example.com:8443", as browsers write them: lower case, no slash behind. {"*"}: all.
  std::vector<std::string> origins;
  // Metadata of answers that pages may see beside the status.
  std::vector<std::string> exposed_metadata;
  // Cookies and certificates may come along, and the page sees the answer.
  bool credentials = false;
  // How long browsers remember a preflight. Chrome remembers two hours at most.
  std::chrono::seconds max_age = std::chrono::minutes(10);
};

class CORSPolicy {
 public:
  explicit CORSPolicy(CORSOptions options);

  // The method whose preflight this is; nothing: it is none.
  static std::optional<std::string_view> preflight_of(const http::RequestHead& request);

  void answer_preflight(Exchange& exchange) const;
  // What an answer says to a page of another origin.
  void add_fields(Exchange& exchange) const;

 private:
  std::optional<std::string_view> allowed_origin(const http::RequestHead& request) const;
  // True: the page may read the answer.
  bool add_origin(Exchange& exchange) const;

  const std::vector<std::string> origins_;
  const bool any_;
  const bool credentials_;
  const std::string exposed_;
  const std::string max_age_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CORS_H_
