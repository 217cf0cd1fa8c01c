#include "framework/web/response.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "framework/base/views.h"
#include "framework/web/etag_filter.h"
#include "framework/web/json.h"
#include "framework/web/request.h"
#include "framework/web/xsrf.h"

namespace turbo::web {

namespace {

void throw_unless_ok(const absl::Status& status) {
  if (!status.ok()) throw std::invalid_argument(std::string(to_std(status.message())));
}

// Browsers take a backslash for a slash, which makes "/\other.example" another site's address.
bool may_stand_in_location(char c) { return c > ' ' && c < 0x7F && c != '\\'; }

}  // namespace

void Response::set_status(int status, std::string_view reason) {
  if (status < 100 || status > 999) throw std::invalid_argument("a status has three digits");
  exchange_.response().set_status(status, reason);
}

// Flat, so that no status travels through memory: a quarter of the instructions of a call.
[[gnu::flatten]] void Response::set_header(std::string_view name, std::string_view value) {
  throw_unless_ok(exchange_.response().set(name, value));
}

void Response::add_header(std::string_view name, std::string_view value) {
  throw_unless_ok(exchange_.response().add(name, value));
}

void Response::add_headers(const http::ResponseHead& fields) {
  throw_unless_ok(exchange_.response().add(fields));
}

void Response::add_trailer(std::string_view name, std::string_view value) {
  throw_unless_ok(exchange_.add_trailer(name, value));
}

void Response::send_informational(int status, std::span<const http::Field> fields) {
  throw_unless_ok(exchange_.send_informational(status, fields));
}

void Response::set_cookie(const http::SetCookie& cookie) {
  absl::StatusOr<std::string> field = http::format_set_cookie(cookie);
  throw_unless_ok(field.status());
  add_header("Set-Cookie", *field);
}

void Response::set_signed_cookie(const http::SetCookie& cookie) {
  const std::optional<ValueSigner>& signer = options().cookie_signer;
  if (!signer.has_value()) throw std::logic_error("signed cookies need options.cookie_signer");
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string text = signer->sign(cookie.name, cookie.value, now);
  http::SetCookie with_signature = cookie;
  with_signature.value = text;
  set_cookie(with_signature);
}

void Response::clear_cookie(std::string_view name, std::string_view path, std::string_view domain) {
  http::SetCookie gone;
  gone.name = name;
  gone.path = path;
  gone.domain = domain;
  gone.max_age = std::chrono::seconds(0);
  gone.expires = std::chrono::sys_seconds();
  gone.secure = name.starts_with("__");  // or browsers would not obey (__Host-, __Secure-)
  set_cookie(gone);
}

std::string Response::xsrf_token() {
  const Request request(context_);
  const std::string_view name = request.xsrf_cookie_name();
  std::string& made = context_.rare().xsrf_token;
  if (made.empty()) {
    const std::string_view sent = request.cookie(name).value_or("");
    if (is_xsrf_token(sent)) return mask_xsrf_token(sent);
    made = make_xsrf_token();
    http::SetCookie cookie;
    cookie.name = name;
    cookie.value = made;
    cookie.path = "/";
    cookie.secure = request.over_tls();
    cookie.same_site = http::SameSite::kLax;
    set_cookie(cookie);
  }
  return mask_xsrf_token(made);
}

void Response::write_json(const nlohmann::json& value) {
  std::string text = value.dump();
  set_header("Content-Type", "application/json");
  write(Buffer::from_string(std::move(text)));
}

void Response::enable_etag() { exchange_.add_output_filter(make_etag_filter()); }

void Response::finish_later() {
  if (finished() || context_.finishes_later()) return;
  context_.rare().finishes_later = true;
  exchange_.hold();
}

void Response::redirect(std::string_view url, int status) {
  constexpr int kStatuses[] = {301, 302, 303, 307, 308};
  if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses)) {
    throw std::invalid_argument("a redirect is 301, 302, 303, 307 or 308");
  }
  if (url.empty() || !std::all_of(url.begin(), url.end(), may_stand_in_location)) {
    throw std::invalid_argument("a redirect to what is no encoded URL");
  }
  set_status(status);
  set_header("Location", url);
  exchange_.clear_body();
  finish();
}

void Response::send_error(int status, std::string_view message,
                          std::span<const http::Field> fields) {
  if (status < 400 || status > 599) throw std::invalid_argument("an error is 400 to 599");
  context_.answer_failure({status, message, nullptr}, fields);
}

}  // namespace turbo::web
