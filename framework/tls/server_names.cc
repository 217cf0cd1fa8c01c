#include "framework/tls/server_names.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "framework/base/views.h"
#include "framework/dns/hosts_file.h"
#include "framework/tls/subject_names.h"

namespace turbo::tls {
namespace {

constexpr size_t kNone = SIZE_MAX;

size_t lookup(const absl::flat_hash_map<std::string, size_t>& numbers, std::string_view name) {
  const auto found = numbers.find(to_absl(name));
  return found == numbers.end() ? kNone : found->second;
}

}  // namespace

void ServerNames::add(const X509* leaf, size_t number) {
  std::vector<std::string> names = dns_names_of(leaf, SIZE_MAX);
  if (names.empty()) names.push_back(common_name_of(leaf));
  for (const std::string& name : names) {
    std::string key = canonical_name(name);
    const bool wildcard = key.starts_with("*.");
    if (wildcard) key.erase(0, 2);
    // A star elsewhere stands for nothing (RFC 6125 6.4.3).
    if (key.empty() || key.find('*') != std::string::npos) continue;
    (wildcard ? wildcard_ : exact_).try_emplace(std::move(key), number);
  }
}

std::optional<size_t> ServerNames::find(std::string_view name) const {
  const std::string key = canonical_name(name);
  size_t number = lookup(exact_, key);
  const size_t dot = key.find('.');
  if (number == kNone && dot != std::string::npos && dot > 0) {
    number = lookup(wildcard_, std::string_view(key).substr(dot + 1));
  }
  if (number == kNone) return std::nullopt;
  return number;
}

}  // namespace turbo::tls
