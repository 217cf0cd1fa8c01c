#include "framework/web/http_error.h"

#include <stdexcept>
#include <utility>

#include "framework/http/response_head.h"

namespace turbo::web {

namespace {

std::string describe(int status, const std::string& message, std::string log_message) {
  if (!log_message.empty()) return log_message;
  std::string text = std::to_string(status);
  if (!message.empty()) return text + " " + message;
  return text.append(" ").append(http::reason_phrase(status));
}

}  // namespace

HTTPError::HTTPError(int status, std::string message, std::string log_message)
    : status_(status),
      has_log_message_(!log_message.empty()),
      message_(std::move(message)),
      what_(describe(status, message_, std::move(log_message))) {
  if (status < 400 || status > 599) {
    throw std::invalid_argument("an HTTPError has a status from 400 to 599");
  }
}

HTTPError HTTPError::with_header(std::string name, std::string value) && {
  if (!http::ResponseHead().set(name, value).ok()) {
    throw std::invalid_argument("an HTTPError with a header that cannot be sent");
  }
  headers_.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

}  // namespace turbo::web
