#include "framework/rpc/target.h"

#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "framework/base/views.h"
#include "framework/dns/hosts_file.h"

namespace turbo::rpc {
namespace {

absl::Status malformed(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("not a target: ", to_absl(text)));
}

struct HostPort {
  std::string_view host;  // without brackets
  uint16_t port = Target::kDefaultPort;
};

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// "host", "host:1", "[::1]", "[::1]:1", and an IPv6 address without brackets, which has no port.
std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort found{.host = text};
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    found.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
  } else if (const size_t colon = text.find(':'); colon == text.rfind(':') && colon != text.npos) {
    found.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (found.host.empty()) return std::nullopt;
  if (rest.empty()) return found;
  const std::optional<uint16_t> port = parse_port(rest.substr(1));
  if (!port.has_value()) return std::nullopt;
  found.port = *port;
  return found;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

absl::StatusOr<Target> parse_name(std::string_view name) {
  // "dns://server/host" names a name server, which the resolver's options have.
  if (name.find('/') != name.npos) return malformed(name);
  const std::optional<HostPort> found = split_host_port(name);
  if (!found.has_value()) return malformed(name);
  if (!is_host_name(found->host) && !Address::parse(found->host, 0).ok()) return malformed(name);
  Target target;
  target.host = found->host;
  target.port = found->port;
  target.authority = name;
  return target;
}

absl::StatusOr<Target> parse_list(std::string_view list, int family) {
  Target target;
  for (std::string_view rest = list; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::optional<HostPort> found = split_host_port(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (!found.has_value() || target.addresses.size() == Target::kMaxAddresses) {
      return malformed(list);
    }
    absl::StatusOr<Address> address = Address::parse(found->host, found->port);
    if (!address.ok() || address->family() != family) return malformed(list);
    target.addresses.push_back(*address);
  }
  if (target.addresses.empty()) return malformed(list);
  target.authority = target.addresses.front().to_string();
  return target;
}

absl::StatusOr<Target> parse_unix(std::string_view path) {
  absl::StatusOr<Address> address = Address::unix_path(path);
  if (!address.ok()) return address.status();
  Target target;
  target.addresses.push_back(*address);
  target.host = target.authority = "localhost";
  return target;
}

}  // namespace

absl::StatusOr<Target> parse_target(std::string_view text) {
  std::string_view rest = text;
  if (take_prefix(rest, "ipv4:")) return parse_list(rest, Address::any_ipv4(0).family());
  if (take_prefix(rest, "ipv6:")) return parse_list(rest, Address::any_ipv6(0).family());
  if (take_prefix(rest, "unix-abstract:")) return parse_unix("@" + std::string(rest));
  if (take_prefix(rest, "unix:")) {
    take_prefix(rest, "//");
    return parse_unix(rest);
  }
  if (take_prefix(rest, "dns:")) take_prefix(rest, "///");
  return parse_name(rest);
}

}  // namespace turbo::rpc
