#include "framework/harness/cookie_jar.h"

#include "framework/http/request_head.h"

namespace turbo {
namespace {

// Takes "name=value" up to the next ';'.
struct Part {
  std::string_view name;
  std::string_view value;
};

Part take_part(std::string_view& field) {
  const size_t end = field.find(';');
  std::string_view part = field.substr(0, end);
  field.remove_prefix(end == field.npos ? field.size() : end + 1);
  while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
  const size_t equals = part.find('=');
  if (equals == part.npos) return {part, {}};
  return {part.substr(0, equals), part.substr(equals + 1)};
}

bool deletes(const Part& attribute) {
  if (http::equals_ignore_case(attribute.name, "Max-Age")) {
    return attribute.value == "0" || attribute.value.substr(0, 1) == "-";
  }
  return http::equals_ignore_case(attribute.name, "Expires") &&
         attribute.value.find("01 Jan 1970") != attribute.value.npos;
}

}  // namespace

void CookieJar::take(std::string_view field) {
  const Part cookie = take_part(field);
  if (cookie.name.empty()) return;
  bool deleted = false;
  while (!field.empty()) deleted |= deletes(take_part(field));
  if (deleted) {
    values_.erase(std::string(cookie.name));
  } else {
    set(std::string(cookie.name), std::string(cookie.value));
  }
}

std::string CookieJar::field() const {
  std::string field;
  for (const auto& [name, value] : values_) {
    if (!field.empty()) field += "; ";
    field.append(name).append("=").append(value);
  }
  return field;
}

}  // namespace turbo
