#include "framework/web/authentication.h"

#include <algorithm>
#include <stdexcept>

#include "framework/crypto/text_codec.h"
#include "framework/http/request_head.h"
#include "framework/web/endpoint.h"

namespace turbo::web {

namespace {

struct AuthenticatedUser {
  std::string name;
};

// What stands behind the scheme in the only Authorization field. Two would be read differently by
// whoever is in front.
std::optional<std::string_view> authorization(const Request& request, std::string_view scheme) {
  std::optional<std::string_view> value;
  for (const http::Field& field : request.headers()) {
    if (!http::equals_ignore_case(field.name, "Authorization")) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  if (!value || value->size() <= scheme.size() || (*value)[scheme.size()] != ' ' ||
      !http::equals_ignore_case(value->substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  value->remove_prefix(std::min(value->find_first_not_of(' ', scheme.size()), value->size()));
  return value;
}

bool holds_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

}  // namespace

std::optional<BasicCredentials> basic_credentials(const Request& request) {
  const std::optional<std::string_view> encoded = authorization(request, "Basic");
  if (!encoded) return std::nullopt;
  const std::optional<std::string> decoded = base64_decode(*encoded);
  if (!decoded || holds_control_byte(*decoded)) return std::nullopt;
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::optional<std::string_view> bearer_token(const Request& request) {
  const std::optional<std::string_view> token = authorization(request, "Bearer");
  if (!token) return std::nullopt;
  const auto end = std::find_if_not(token->begin(), token->end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
  const bool padded = std::all_of(end, token->end(), [](char c) { return c == '='; });
  return end != token->begin() && padded ? token : std::nullopt;
}

std::string_view authenticated_user(const Request& request) {
  const AuthenticatedUser* const user = request.attributes().find<AuthenticatedUser>();
  return user == nullptr ? std::string_view() : user->name;
}

std::string_view authenticated_user_of(Exchange& exchange) {
  // Somebody else may have answered: an RPC service on the same port.
  auto* const invocation = dynamic_cast<Invocation*>(exchange.attachment());
  return invocation == nullptr ? std::string_view() : authenticated_user(invocation->request());
}

void note_authenticated(Request& request, const BasicCredentials& credentials) {
  request.attributes().emplace<AuthenticatedUser>(credentials.user);
}

Challenge::Challenge(Scheme scheme, std::string_view realm) : scheme_(scheme) {
  if (holds_control_byte(realm) || realm.find_first_of("\"\\") != std::string_view::npos) {
    throw std::invalid_argument("a realm that cannot be quoted");
  }
  field_.append(scheme == Scheme::kBasic ? "Basic" : "Bearer").append(" realm=\"").append(realm);
  field_.append(scheme == Scheme::kBasic ? "\", charset=\"UTF-8\"" : "\"");
}

// RFC 6750 3.1: who sent no token is told of no error.
void Challenge::refuse(Request& request, Response& response) const {
  const bool told = scheme_ == Scheme::kBearer && bearer_token(request).has_value();
  const std::string value = told ? field_ + ", error=\"invalid_token\"" : field_;
  const http::Field challenge{"WWW-Authenticate", value};
  response.send_error(401, {}, {&challenge, 1});
}

}  // namespace turbo::web
