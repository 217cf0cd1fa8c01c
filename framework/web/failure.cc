#include "framework/web/failure.h"

#include <chrono>
#include <utility>

#include "framework/base/log.h"
#include "framework/buffer/buffer.h"
#include "framework/server/error_page.h"

namespace turbo::web {
namespace {

// An HTTPError below 500 without a log message says nothing the access log does not.
bool is_worth_a_line(const Failure& failure) {
  if (failure.exception == nullptr) return false;
  if (failure.status >= 500) return true;
  try {
    std::rethrow_exception(failure.exception);
  } catch (const HTTPError& error) {
    return error.has_log_message();
  } catch (...) {
    return true;
  }
}

}  // namespace

void write_failure_page(Request& request, Response& response, const Failure& failure) {
  const auto& page = request.options().error_page;
  if (page != nullptr) return page(request, response, failure);
  response.set_header("Content-Type", "text/html; charset=utf-8");
  Buffer body;
  append_error_page(failure.status, failure.message, body);
  response.write(std::move(body));
}

void log_failure(const Failure& failure, std::string_view path) {
  if (!is_worth_a_line(failure)) return;
  const bool ours = failure.status >= 500;
  static LogLimiter failures(std::chrono::seconds(1));
  static LogLimiter refusals(std::chrono::seconds(1));
  auto held = (ours ? failures : refusals).admit();
  if (!held.has_value()) return;
  std::string message = ours ? "a handler failed: " : "a handler refused a request: ";
  message.append(describe(failure.exception)).append(" (").append(path).append(")");
  log_limited(ours ? LogLevel::kError : LogLevel::kWarning, message, *held);
}

std::string describe(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace turbo::web
