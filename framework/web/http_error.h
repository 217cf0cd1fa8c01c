// HTTPError: an error answer, thrown from anywhere inside a handler. Failure: what error pages are
// told.
//
//   if (user == nullptr) throw web::HTTPError(404, "no such user");
//   throw web::HTTPError(503, {}, "the database is away");              // the log alone says why
//   throw web::HTTPError(401).with_header("WWW-Authenticate", "Basic realm=\"x\"");
//   throw web::Finish();                                                // not an error: enough
//   said
//
// Owner:   values.
// Threads: any.
// Errors:  a status outside of 400 to 599, or a field that would break the response apart, is a
//          mistake of the program: std::invalid_argument, which is answered with 500.
// Limits:  none.
// Cost:    a C++ exception: some microseconds, for what should be rare.
#ifndef TURBO_WEB_HTTP_ERROR_H_
#define TURBO_WEB_HTTP_ERROR_H_

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace turbo::web {

class HTTPError : public std::exception {
 public:
  // `message` is shown to the client, escaped; `log_message` is not, and stands for it in the log.
  explicit HTTPError(int status, std::string message = {}, std::string log_message = {});

  // A field of the answer, for the statuses that call for one: 401, 405, 429, 503.
  HTTPError with_header(std::string name, std::string value) &&;

  int status() const { return status_; }
  const std::string& message() const { return message_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  bool has_log_message() const { return has_log_message_; }
  // For the log.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  int status_;
  bool has_log_message_;
  std::string message_;
  std::string what_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

// Ends the handler from wherever it is thrown; what was written until then is the answer.
class Finish final : public std::exception {
 public:
  const char* what() const noexcept override { return "the handler has finished early"; }
};

struct Failure {
  int status = 500;
  // What the client may know; empty for exceptions that are no HTTPError, unless
  // ApplicationOptions::debug is set. Not escaped.
  std::string_view message;
  // Null if nothing was thrown: an unknown path, send_error().
  std::exception_ptr exception;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_HTTP_ERROR_H_
