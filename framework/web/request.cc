#include "framework/web/request.h"

#include <stdexcept>
#include <utility>

#include "framework/http/content_type.h"
#include "framework/http/form_urlencoded.h"
#include "framework/http/percent.h"
#include "framework/web/http_error.h"
#include "framework/web/json.h"
#include "framework/web/xsrf.h"

namespace turbo::web {
namespace {

http::URLEncodedLimits limits_of(const ApplicationOptions& options) {
  http::URLEncodedLimits limits;
  limits.max_parameters = options.max_arguments;
  return limits;
}

[[noreturn]] void refuse(int status, std::string_view kind, const http::ParseError& error) {
  throw HTTPError(status, std::string(kind).append(": ").append(error.reason));
}

Arguments parse_query(std::string_view text, const ApplicationOptions& options) {
  http::ParseError error;
  auto parameters = http::parse_url_encoded(text, error, limits_of(options));
  if (!parameters.has_value()) refuse(400, "query", error);
  return Arguments(*std::move(parameters), "query argument");
}

Arguments parse_form(const Buffer& body, const ApplicationOptions& options) {
  const http::URLEncodedLimits limits = limits_of(options);
  http::URLEncodedParser parser(limits);
  for (std::string_view piece : body) {
    if (!parser.feed(piece)) break;
  }
  auto parameters = parser.finish();
  if (!parameters.has_value()) refuse(parser.error().status, "form", parser.error());
  return Arguments(*std::move(parameters), "form field");
}

Arguments decode_path(const http::RouteMatch& match) {
  http::Parameters::Builder builder;
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    const http::PathParameter& each = match.parameters[i];
    std::optional<std::string> value = http::percent_decode(each.value);
    if (!value.has_value()) {
      throw HTTPError(400, "path argument '" + std::string(each.name) + "': malformed");
    }
    builder.add(each.name, *value);
  }
  return Arguments(builder.build(), "path argument");
}

std::string media_type_of(const Request& request) {
  auto type = http::parse_content_type(request.header("Content-Type").value_or(""));
  return type.has_value() ? std::move(type->media_type) : std::string();
}

bool is_json(std::string_view media_type) {
  return media_type == "application/json" || media_type.ends_with("+json");
}

// RFC 9110 9.2.1.
bool is_safe(http::Method method) {
  return method == http::Method::kGet || method == http::Method::kHead ||
         method == http::Method::kOptions;
}

}  // namespace

std::string_view Request::raw_path_parameter(std::string_view name) const {
  const http::RouteMatch& match = context_.match();
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    if (match.parameters[i].name == name) return match.parameters[i].value;
  }
  return {};
}

std::string Request::path_parameter(std::string_view name) const {
  return http::percent_decode(raw_path_parameter(name)).value_or("");
}

const Arguments& Request::query() const {
  std::optional<Arguments>& query = context_.rare().query;
  if (!query.has_value()) query.emplace(parse_query(query_string(), options()));
  return *query;
}

const Arguments& Request::path_arguments() const {
  std::optional<Arguments>& path = context_.rare().path;
  if (!path.has_value()) path.emplace(decode_path(context_.match()));
  return *path;
}

const Arguments& Request::form() const {
  std::optional<Arguments>& form = context_.rare().form;
  if (form.has_value()) return *form;
  const Buffer& body = exchange().body();
  if (!body.empty() && media_type_of(*this) != "application/x-www-form-urlencoded") {
    throw HTTPError(415, "a form of type application/x-www-form-urlencoded is expected");
  }
  return form.emplace(parse_form(body, options()));
}

nlohmann::json Request::json() const {
  if (!is_json(media_type_of(*this))) {
    throw HTTPError(415, "a body of type application/json is expected");
  }
  const Buffer& body = exchange().body();
  if (body.size() > options().max_json_bytes) throw HTTPError(413, "the JSON is too large");
  return parse_json(body.to_string(), options().max_json_depth);
}

http::Client Request::client() const {
  return http::find_client(headers(), peer_address(), tls() != nullptr, options().trusted_proxies);
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

std::optional<std::string> Request::signed_cookie(std::string_view name,
                                                  std::chrono::seconds max_age) const {
  const std::optional<ValueSigner>& signer = options().cookie_signer;
  if (!signer.has_value()) throw std::logic_error("signed cookies need options.cookie_signer");
  std::optional<std::string_view> text = cookie(name);
  if (!text.has_value()) return std::nullopt;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return signer->open(name, *text, now, max_age);
}

std::string_view Request::xsrf_cookie_name() const { return over_tls() ? "__Host-_xsrf" : "_xsrf"; }

void Request::check_xsrf(std::string_view submitted) const {
  std::optional<std::string_view> token = cookie(xsrf_cookie_name());
  if (!token.has_value()) throw HTTPError(403, "the XSRF cookie is missing");
  if (!xsrf_tokens_match(*token, submitted)) {
    throw HTTPError(403, "the XSRF token is missing or wrong");
  }
}

void Request::check_xsrf() const {
  if (is_safe(method())) return;
  if (auto token = header("X-XSRF-Token")) return check_xsrf(*token);
  std::string_view token;
  try {
    token = form().last("_xsrf").value_or("");
  } catch (const HTTPError&) {
    // No form, or a malformed one: no token, whatever else it is.
  }
  check_xsrf(token);
}

}  // namespace turbo::web
