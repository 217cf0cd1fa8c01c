#include "framework/server/h2c_upgrade.h"

#include <string_view>

#include "absl/strings/escaping.h"
#include "framework/base/views.h"
#include "framework/http/scan.h"

namespace turbo {

namespace {

constexpr size_t kMaxSettingsText = 1366;  // 1 KiB in base64
constexpr size_t kSettingBytes = 6;

// The field is there once.
std::optional<std::string_view> only(const http::RequestHead& request, std::string_view name) {
  std::optional<std::string_view> value;
  for (const http::Field& field : request.fields) {
    if (!http::equals_ignore_case(field.name, name)) continue;
    if (value.has_value()) return std::nullopt;
    value = field.value;
  }
  return value;
}

bool lists(const http::RequestHead& request, std::string_view name, std::string_view wanted) {
  bool found = false;
  for (const http::Field& field : request.fields) {
    if (!http::equals_ignore_case(field.name, name)) continue;
    http::for_each_element(field.value, [&](std::string_view element) {
      found |= http::equals_ignore_case(element, wanted);
    });
  }
  return found;
}

}  // namespace

std::optional<std::string> h2c_settings(const http::RequestHead& request) {
  if (!lists(request, "Upgrade", "h2c") || !lists(request, "Connection", "HTTP2-Settings")) {
    return std::nullopt;
  }
  const std::optional<std::string_view> text = only(request, "HTTP2-Settings");
  std::string settings;
  if (!text.has_value() || text->size() > kMaxSettingsText ||
      !absl::WebSafeBase64Unescape(to_absl(*text), &settings) ||
      settings.size() % kSettingBytes != 0) {
    return std::nullopt;
  }
  return settings;
}

}  // namespace turbo
