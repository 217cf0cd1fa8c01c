#include "framework/web/host_table.h"

#include <algorithm>
#include <array>
#include <string>

#include "framework/base/status.h"

namespace turbo::web {

namespace {

constexpr std::string_view kAnyBelow = "*.";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

bool is_wildcard(std::string_view pattern) {
  return pattern.substr(0, kAnyBelow.size()) == kAnyBelow;
}

// The bytes of names and addresses, those of IPv6 in brackets.
bool is_name(std::string_view name) {
  const bool address = !name.empty() && name.front() == '[' && name.back() == ']';
  if (address) name = name.substr(1, name.size() - 2);
  return !name.empty() && name.front() != '.' && name.back() != '.' &&
         std::all_of(name.begin(), name.end(), [address](char c) {
           return isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
                  (address && c == ':');
         });
}

std::string_view without_port(std::string_view host) {
  const size_t from = !host.empty() && host[0] == '[' ? host.find(']') : 0;
  host = host.substr(0, host.find(':', std::min(from, host.size())));
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

}  // namespace

std::optional<uint32_t> HostTable::find_pattern(std::string_view pattern) const {
  const std::string name = lower(pattern);
  if (is_wildcard(name)) return below_.find(std::string_view(name).substr(kAnyBelow.size()));
  return exact_.find(name);
}

absl::Status HostTable::add(std::string_view pattern, uint32_t number) {
  const bool wildcard = is_wildcard(pattern);
  const std::string name = lower(wildcard ? pattern.substr(kAnyBelow.size()) : pattern);
  if (!is_name(name) || pattern.size() > kMaxBytes) {
    return make_status(
        absl::StatusCode::kInvalidArgument,
        std::string("no name of a host, without port: \"").append(pattern).append("\""));
  }
  Names& names = wildcard ? below_ : exact_;
  names.table.add(name);
  names.numbers.push_back(number);
  return absl::OkStatus();
}

std::optional<uint32_t> HostTable::find(std::string_view host) const {
  host = without_port(host);
  std::array<char, kMaxBytes> bytes;
  if (host.size() > bytes.size()) return std::nullopt;
  std::transform(host.begin(), host.end(), bytes.begin(), to_lower);
  const std::string_view name(bytes.data(), host.size());
  if (const std::optional<uint32_t> found = exact_.find(name)) return found;
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    if (dot == 0) continue;  // nothing before it
    if (const std::optional<uint32_t> found = below_.find(name.substr(dot + 1))) return found;
  }
  return std::nullopt;
}

}  // namespace turbo::web
