#include "framework/base/status.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "framework/base/views.h"

namespace turbo {
namespace {

std::string describe(int error) {
  // The variants that never translate and never write to shared memory.
  const char* text = strerrordesc_np(error);
  const char* name = strerrorname_np(error);
  if (text == nullptr || name == nullptr) return "unknown error " + std::to_string(error);
  return std::string(text) + " (" + name + ")";
}

}  // namespace

absl::Status errno_status(int error, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += describe(error);
  return make_status(
      error == ETIMEDOUT ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kUnavailable,
      message);
}

absl::Status make_status(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, to_absl(message));
}

}  // namespace turbo
