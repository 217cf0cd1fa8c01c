// CORS: which pages of other origins may ask this server by script (Fetch standard, section 3.2).
//
//   app.use(web::cors({.origins = {"https://app.example.com"}, .headers = {"Content-Type"}}));
//
// Preflights are answered with 204, for paths and methods that do not exist too. All other answers,
// errors included, get the fields that let the page read them. Origins that are not listed get no
// field: the browser keeps the answer from the page. The request is answered all the same, so this
// is no protection against forged requests.
//
// Use it before authentication: preflights carry no credentials.
//
// Owner:   the application.
// Threads: as middleware.
// Errors:  credentials together with "*", "null", which anybody can be, and what is no origin or
//          header throw std::invalid_argument.
// Limits:  none; origins are compared one by one.
// Cost:    no allocation.
#ifndef TURBO_WEB_CORS_H_
#define TURBO_WEB_CORS_H_

#include <chrono>
#include <string>
#include <vector>

#include "framework/web/middleware.h"

namespace turbo::web {

struct CORSOptions {
  // "https://example.com:8443", as browsers write them: lower case, no slash behind. {"*"}: all.
  std::vector<std::string> origins;
  std::vector<std::string> methods = {"GET", "HEAD", "POST"};
  // Fields a page may send beside those that are always allowed.
  std::vector<std::string> headers;
  // Fields of the answer a page may see beside those it always does.
  std::vector<std::string> exposed_headers;
  // Cookies and certificates may come along, and the page sees the answer.
  bool credentials = false;
  // How long browsers remember a preflight. Chrome remembers two hours at most.
  std::chrono::seconds max_age = std::chrono::minutes(10);
};

Middleware cors(CORSOptions options);

}  // namespace turbo::web

#endif  // TURBO_WEB_CORS_H_
