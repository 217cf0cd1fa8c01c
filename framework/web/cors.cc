#include "framework/web/cors.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "framework/http/method.h"

namespace turbo::web {

namespace {

bool is_origin(std::string_view text) {
  const size_t authority = text.find("://");
  if (authority == std::string_view::npos || authority == 0) return false;
  const std::string_view host = text.substr(authority + 3);
  return !host.empty() && host.find('/') == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && (c < 'A' || c > 'Z'); });
}

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!is_token(name)) throw std::invalid_argument("no method or header: " + name);
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

// The options as they are sent.
class Policy {
 public:
  explicit Policy(CORSOptions options)
      : origins_(std::move(options.origins)),
        methods_(list_of(options.methods)),
        headers_(list_of(options.headers)),
        exposed_(list_of(options.exposed_headers)),
        max_age_(std::to_string(options.max_age.count())),
        credentials_(options.credentials) {
    any_ = std::find(origins_.begin(), origins_.end(), "*") != origins_.end();
    if (any_ && (credentials_ || origins_.size() > 1)) {
      throw std::invalid_argument("\"*\" stands alone, and without credentials");
    }
    for (const std::string& origin : origins_) {
      if (!any_ && !is_origin(origin)) throw std::invalid_argument("no origin: " + origin);
    }
    if (origins_.empty()) throw std::invalid_argument("CORS for no origin");
  }

  static bool is_preflight(const Request& request) {
    return request.method() == http::Method::kOptions && request.header("Origin") &&
           request.header("Access-Control-Request-Method");
  }

  void answer_preflight(Request& request, Response& response) const {
    response.set_status(204);
    if (!any_) {
      response.add_header("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
    }
    if (allowed(request)) {
      response.set_header("Access-Control-Allow-Methods", methods_);
      if (!headers_.empty()) response.set_header("Access-Control-Allow-Headers", headers_);
      response.set_header("Access-Control-Max-Age", max_age_);
    }
    response.finish();
  }

  // What depends on the origin, for caches to know even when none is sent.
  void add_fields(const Request& request, Response& response) const {
    if (!any_) response.add_header("Vary", "Origin");
    const std::optional<std::string_view> origin = allowed(request);
    if (!origin) return;
    response.set_header("Access-Control-Allow-Origin", *origin);
    if (credentials_) response.set_header("Access-Control-Allow-Credentials", "true");
    if (exposed_.empty() || is_preflight(request)) return;
    response.set_header("Access-Control-Expose-Headers", exposed_);
  }

 private:
  // The request's origin, if it is one of ours. "*" whatever the request: the answer is the same
  // for all then, and caches need not be told to ask again.
  std::optional<std::string_view> allowed(const Request& request) const {
    if (any_) return "*";
    const std::optional<std::string_view> origin = request.header("Origin");
    if (!origin) return std::nullopt;
    const bool listed = std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
    return listed ? origin : std::nullopt;
  }

  const std::vector<std::string> origins_;
  const std::string methods_;
  const std::string headers_;
  const std::string exposed_;
  const std::string max_age_;
  const bool credentials_;
  bool any_ = false;
};

}  // namespace

Middleware cors(CORSOptions options) {
  auto policy = std::make_shared<const Policy>(std::move(options));
  Middleware middleware;
  middleware.before = [policy](Request& request, Response& response) {
    if (Policy::is_preflight(request)) policy->answer_preflight(request, response);
  };
  middleware.after = [policy](Request& request, Response& response) {
    policy->add_fields(request, response);
  };
  return middleware;
}

}  // namespace turbo::web
