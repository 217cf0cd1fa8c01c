#include "framework/dns/hosts_file.h"

#include <algorithm>
#include <fstream>
#include <optional>

namespace turbo {

namespace {

// ASCII only: names are compared so (RFC 4343), whatever the locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_label_char(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
}

std::string_view without_last_dot(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(), is_label_char);
}

// The part of `text` before the first of `separators`; `text` loses both.
std::string_view cut(std::string_view& text, std::string_view separators) {
  const std::string_view part = text.substr(0, text.find_first_of(separators));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

void parse_line(std::string_view line, Hosts& hosts) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  std::string_view words = line.substr(0, line.find('#'));
  std::optional<Address> address;
  while (!words.empty()) {
    const std::string_view word = cut(words, kBlank);
    if (word.empty()) continue;
    if (!address.has_value()) {
      absl::StatusOr<Address> parsed = Address::parse(word, 0);
      if (!parsed.ok()) return;
      address = *parsed;
    } else if (is_host_name(word)) {
      std::vector<Address>& known = hosts[canonical_name(word)];
      if (std::find(known.begin(), known.end(), *address) == known.end()) {
        known.push_back(*address);
      }
    }
  }
}

}  // namespace

bool is_host_name(std::string_view name) {
  name = without_last_dot(name);
  if (name.empty() || name.size() > kMaxHostName) return false;
  std::string_view label;
  while (!name.empty()) {
    const bool last = name.find('.') == std::string_view::npos;
    label = cut(name, ".");
    if (!is_label(label)) return false;
    if (!last && name.empty()) return false;  // two dots at the end
  }
  return !std::all_of(label.begin(), label.end(), is_digit);
}

bool is_localhost(std::string_view name) {
  constexpr std::string_view kLocalhost = "localhost";
  const std::string canonical = canonical_name(name);
  if (!std::string_view(canonical).ends_with(kLocalhost)) return false;
  return canonical.size() == kLocalhost.size() ||
         canonical[canonical.size() - kLocalhost.size() - 1] == '.';
}

std::string canonical_name(std::string_view name) {
  std::string canonical(without_last_dot(name));
  std::transform(canonical.begin(), canonical.end(), canonical.begin(), lower);
  return canonical;
}

Hosts parse_hosts(std::string_view text) {
  Hosts hosts;
  while (!text.empty()) parse_line(cut(text, "\n"), hosts);
  return hosts;
}

std::vector<Address> HostsFile::find(std::string_view name) {
  refresh();
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? std::vector<Address>() : found->second;
}

void HostsFile::refresh() {
  struct stat now {};
  // A file that is not there is an empty one.
  if (::stat(path_.c_str(), &now) != 0) now = {};
  const bool unchanged = now.st_mtim.tv_sec == seen_.st_mtim.tv_sec &&
                         now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec &&
                         now.st_ino == seen_.st_ino && now.st_size == seen_.st_size;
  if (unchanged) return;
  seen_ = now;
  std::ifstream file(path_, std::ios::binary);
  std::string text(std::min<size_t>(static_cast<size_t>(now.st_size), kMaxHostsFile), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  // The limit may have cut a line into one that says something else.
  if (text.size() == kMaxHostsFile) text.resize(text.rfind('\n') + 1);
  hosts_ = parse_hosts(text);
}

}  // namespace turbo
