#include "framework/web/request.h"

#include "framework/http/percent.h"

namespace turbo::web {

std::string Request::path_parameter(std::string_view name) const {
  for (uint32_t i = 0; i < route_.parameter_count; ++i) {
    const http::PathParameter& parameter = route_.parameters[i];
    if (parameter.name == name) return http::percent_decode(parameter.value).value_or("");
  }
  return {};
}

http::CookieReader Request::cookies() const {
  return http::CookieReader(header("Cookie").value_or(""));
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  http::CookieReader reader = cookies();
  while (std::optional<http::Cookie> cookie = reader.next()) {
    if (cookie->name == name) return cookie->value;
  }
  return std::nullopt;
}

}  // namespace turbo::web
