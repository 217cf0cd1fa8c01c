#include "framework/web/arguments.h"

#include <array>
#include <charconv>
#include <cmath>

#include "framework/base/utf8.h"
#include "framework/http/request_head.h"
#include "framework/web/http_error.h"

namespace turbo::web {
namespace {

// All of the text, and nothing before it.
template <class Number>
bool read_whole(std::string_view text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

bool is_one_of(std::string_view text, const std::array<std::string_view, 4>& words) {
  for (std::string_view word : words) {
    if (http::equals_ignore_case(text, word)) return true;
  }
  return false;
}

}  // namespace

Arguments::Arguments(http::Parameters parameters, std::string_view kind)
    : all_(std::move(parameters)), kind_(kind) {
  for (http::Parameter each : all_) {
    if (!is_utf8(each.name)) {
      throw HTTPError(400, "the name of a " + std::string(kind_) + " is not UTF-8");
    }
    if (!is_utf8(each.value)) refuse("not UTF-8", each.name);
  }
}

bool Arguments::read_number(std::string_view text, int64_t& value) {
  return read_whole(text, value);
}

bool Arguments::read_number(std::string_view text, uint64_t& value) {
  return read_whole(text, value);
}

bool Arguments::read_number(std::string_view text, double& value) {
  return read_whole(text, value) && std::isfinite(value);
}

bool Arguments::read_bool(std::string_view text, bool& value) {
  value = is_one_of(text, {"1", "true", "on", "yes"});
  return value || is_one_of(text, {"0", "false", "off", "no"});
}

void Arguments::refuse(std::string_view problem, std::string_view name) const {
  std::string message(kind_);
  message.append(" '").append(name).append("': ").append(problem);
  throw HTTPError(400, std::move(message));
}

}  // namespace turbo::web
