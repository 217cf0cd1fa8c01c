#include "framework/web/redirect_handler.h"

#include <algorithm>
#include <stdexcept>

#include "framework/http/percent.h"

namespace turbo::web {

namespace {

bool may_be_sent(std::string_view url) {
  return std::all_of(url.begin(), url.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

// Where the path begins; npos without one.
size_t path_of(std::string_view url) {
  if (!url.empty() && url[0] == '/') return url.substr(0, 2) == "//" ? std::string_view::npos : 0;
  const size_t authority = url.find("://");
  if (authority == std::string_view::npos) return authority;
  return url.find('/', authority + 3);
}

bool has_dot_segment(std::string_view path) {
  while (true) {
    const size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

RedirectTarget::RedirectTarget(std::string_view url, int status) : status_(status) {
  const size_t path = path_of(url);
  if (path == std::string_view::npos || !may_be_sent(url)) {
    throw std::invalid_argument("no place to redirect to: " + std::string(url));
  }
  if (!is_redirection(status)) throw std::invalid_argument("no status of a redirection");
  parts_.push_back({std::string(url.substr(0, path)), '\0'});
  std::string_view rest = url.substr(path);
  while (!rest.empty()) {
    parts_.back().text += '/';
    const size_t end = std::min(rest.find_first_of("/?#", 1), rest.size());
    const std::string_view segment = rest.substr(1, end - 1);
    const bool parameter = segment.size() > 1 && (segment[0] == ':' || segment[0] == '*');
    if (parameter) parts_.push_back({std::string(segment.substr(1)), segment[0]});
    if (parameter) parts_.push_back({});
    if (!parameter) parts_.back().text += segment;
    rest.remove_prefix(end);
    if (rest.empty() || rest[0] == '/') continue;
    parts_.back().text += rest;
    break;
  }
}

std::optional<std::string> RedirectTarget::location(Request& request) const {
  std::string place;
  for (const Part& part : parts_) {
    if (part.kind == '\0') {
      place += part.text;
      continue;
    }
    const auto value = http::percent_decode(request.raw_path_parameter(part.text));
    const bool one_segment = part.kind == ':';
    if (!value || (value->empty() && one_segment) || has_dot_segment(*value)) return std::nullopt;
    place += http::percent_encode(*value,
                                  one_segment ? http::URLPart::kPathSegment : http::URLPart::kPath);
  }
  if (place.compare(0, 2, "//") == 0) return std::nullopt;
  if (!request.query_string().empty()) {
    const size_t fragment = std::min(place.find('#'), place.size());
    const char* sign = place.find('?') < fragment ? "&" : "?";
    place.insert(fragment, sign + std::string(request.query_string()));
  }
  return place;
}

void RedirectHandler::redirect() {
  const std::optional<std::string> place = target_.location(request());
  if (!place) return response().send_error(404);
  set_status(target_.status());
  set_header("Location", *place);
}

}  // namespace turbo::web
