#include "framework/rpc/cors.h"

#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/metadata.h"

namespace turbo::rpc {

namespace {

bool is_origin(std::string_view text) {
  const size_t authority = text.find("://");
  if (authority == std::string_view::npos || authority == 0) return false;
  const std::string_view host = text.substr(authority + 3);
  return !host.empty() && host.find('/') == std::string_view::npos &&
         std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c < '\x7f' && (c < 'A' || c > 'Z'); });
}

bool is_any(const std::vector<std::string>& origins) {
  return origins.size() == 1 && origins[0] == "*";
}

std::string exposed_list(const std::vector<std::string>& metadata) {
  std::string list = "grpc-status, grpc-message, grpc-status-details-bin";
  for (const std::string& key : metadata) {
    const bool valid = Metadata().add(key, "").ok();
    TURBO_CHECK(valid, "CORSOptions::exposed_metadata has what is no metadata's key");
    list.append(", ").append(key);
  }
  return list;
}

// Our own words, or the client's, which the server has checked.
void set(Exchange& exchange, std::string_view name, std::string_view value) {
  exchange.response().set(name, value).IgnoreError();
}

}  // namespace

CORSPolicy::CORSPolicy(CORSOptions options)
    : origins_(std::move(options.origins)),
      any_(is_any(origins_)),
      credentials_(options.credentials),
      exposed_(exposed_list(options.exposed_metadata)),
      max_age_(std::to_string(options.max_age.count())) {
  TURBO_CHECK(any_ || (!origins_.empty() && std::ranges::all_of(origins_, is_origin)),
              "CORSOptions::origins wants \"*\" alone, or origins as \"https://example.com\"");
  TURBO_CHECK(!any_ || !credentials_, "CORSOptions: \"*\" stands without credentials");
}

std::optional<std::string_view> CORSPolicy::preflight_of(const http::RequestHead& request) {
  if (request.method != http::Method::kOptions || !request.find("origin")) return std::nullopt;
  return request.find("access-control-request-method");
}

void CORSPolicy::answer_preflight(Exchange& exchange) const {
  exchange.response().set_status(204);
  const http::RequestHead& request = exchange.head();
  if (add_origin(exchange)) {
    set(exchange, "access-control-allow-methods", *preflight_of(request));
    if (const auto fields = request.find("access-control-request-headers")) {
      set(exchange, "access-control-allow-headers", *fields);
    }
    set(exchange, "access-control-max-age", max_age_);
  }
  exchange.response()
      .add("vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
      .IgnoreError();
  exchange.finish();
}

void CORSPolicy::add_fields(Exchange& exchange) const {
  if (add_origin(exchange)) set(exchange, "access-control-expose-headers", exposed_);
}

// That it depends on the origin is for caches to know even when there is none.
bool CORSPolicy::add_origin(Exchange& exchange) const {
  if (!any_) exchange.response().add("vary", "Origin").IgnoreError();
  const std::optional<std::string_view> origin = allowed_origin(exchange.head());
  if (!origin.has_value()) return false;
  set(exchange, "access-control-allow-origin", *origin);
  if (credentials_) set(exchange, "access-control-allow-credentials", "true");
  return true;
}

// "*" whatever the request: the answer is the same for all then.
std::optional<std::string_view> CORSPolicy::allowed_origin(const http::RequestHead& request) const {
  if (any_) return "*";
  const std::optional<std::string_view> origin = request.find("origin");
  if (!origin.has_value() || std::ranges::find(origins_, *origin) == origins_.end()) {
    return std::nullopt;
  }
  return origin;
}

}  // namespace turbo::rpc
