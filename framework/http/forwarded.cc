#include "framework/http/forwarded.h"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

constexpr std::string_view kHTTP = "http";
constexpr std::string_view kHTTPS = "https";

// A quote behind an odd number of backslashes.
bool is_escaped(std::string_view text, size_t quote) {
  size_t begin = quote;
  while (begin > 0 && text[begin - 1] == '\\') --begin;
  return (quote - begin) % 2 == 1;
}

// Takes the last element off a list. Read from the right also where strings are quoted: what a
// client sent, such as a quote that does not end, must not swallow what a proxy added behind it.
std::string_view take_last_element(std::string_view& list) {
  size_t begin = list.size();
  for (bool quoted = false; begin > 0; --begin) {
    const char c = list[begin - 1];
    if (c == ',' && !quoted) break;
    if (c == '"' && !(quoted && is_escaped(list, begin - 1))) quoted = !quoted;
  }
  const std::string_view element = list.substr(begin);
  list = list.substr(0, begin == 0 ? 0 : begin - 1);
  return trim_blanks(element);
}

// Calls visit(element), non-empty ones, from the last to the first of all fields of that name,
// until it answers false.
template <typename Visit>
void for_each_from_last(std::span<const Field> fields, std::string_view name, Visit visit) {
  for (size_t i = fields.size(); i-- > 0;) {
    if (!equals_ignore_case(fields[i].name, name)) continue;
    for (std::string_view list = fields[i].value; !list.empty();) {
      const std::string_view element = take_last_element(list);
      if (!element.empty() && !visit(element)) return;
    }
  }
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80", and, if `bare_ipv6`,
// "2001:db8::1". No scope: it means nothing on another host.
std::optional<Address> parse_node(std::string_view text, bool bare_ipv6) {
  if (text.find('%') != text.npos) return std::nullopt;
  const bool bracketed = text.starts_with('[');
  const size_t colon = text.find(':', bracketed ? text.find(']') : 0);
  const bool bare = !bracketed && colon != text.npos && text.find(':', colon + 1) != text.npos;
  if (bare && !bare_ipv6) return std::nullopt;
  uint16_t port = 0;
  if (!bare && colon != text.npos) {
    const std::optional<uint16_t> told = parse_port(text.substr(colon + 1));
    if (!told) return std::nullopt;
    port = *told;
    text = text.substr(0, colon);
  }
  absl::StatusOr<Address> address = Address::parse(text, port);
  if (!address.ok()) return std::nullopt;
  return *address;
}

std::optional<std::string_view> parse_scheme(std::string_view text) {
  if (equals_ignore_case(text, kHTTP)) return kHTTP;
  if (equals_ignore_case(text, kHTTPS)) return kHTTPS;
  return std::nullopt;
}

// One element of Forwarded, the parts that matter here.
struct Hop {
  std::optional<std::string> node;
  std::optional<std::string_view> scheme;
};

// Takes a token or a quoted string off the front of `text`.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const char* const end = scan_table(text.data(), text.data() + text.size(), kTokenByte);
    value.assign(text.data(), end);
    text.remove_prefix(value.size());
    if (value.empty()) return std::nullopt;
    return value;
  }
  for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '"') {
      text.remove_prefix(1);
      return value;
    }
    if (text[0] == '\\') text.remove_prefix(1);
    if (text.empty()) break;
    value += text[0];
  }
  return std::nullopt;
}

// Takes one pair off the front of `text`. A parameter that comes twice makes the element ambiguous.
bool take_pair(std::string_view& text, Hop& hop) {
  const char* const end = scan_table(text.data(), text.data() + text.size(), kTokenByte);
  const std::string_view name = text.substr(0, static_cast<size_t>(end - text.data()));
  text.remove_prefix(name.size());
  if (name.empty() || !text.starts_with('=')) return false;
  text.remove_prefix(1);
  std::optional<std::string> value = take_value(text);
  if (!value) return false;
  if (equals_ignore_case(name, "for")) {
    return !std::exchange(hop.node, std::move(value)).has_value();
  }
  if (equals_ignore_case(name, "proto")) {
    if (hop.scheme) return false;
    hop.scheme = parse_scheme(*value);
    return hop.scheme.has_value();
  }
  return true;
}

// White space around ';' is not in RFC 7239's grammar, but much sent.
std::optional<Hop> parse_hop(std::string_view element) {
  Hop hop;
  for (std::string_view rest = element; !rest.empty();) {
    if (rest[0] != ';' && !take_pair(rest, hop)) return std::nullopt;
    rest = trim_blanks(rest);
    if (rest.empty()) break;
    if (rest[0] != ';') return std::nullopt;
    rest = trim_blanks(rest.substr(1));
  }
  return hop;
}

void read_forwarded(std::span<const Field> fields, const TrustedProxies& proxies, Client& client) {
  for_each_from_last(fields, "Forwarded", [&](std::string_view element) {
    const std::optional<Hop> hop = parse_hop(element);
    if (!hop) return false;
    // The scheme counts even where the proxy hides the client ("unknown", "_name").
    if (hop->scheme) client.scheme = *hop->scheme;
    const std::optional<Address> node =
        hop->node ? parse_node(*hop->node, false) : std::optional<Address>();
    if (!node) return false;
    client.address = *node;
    return proxies.contains(*node);
  });
}

void read_x_forwarded_for(std::span<const Field> fields, const TrustedProxies& proxies,
                          Client& client) {
  for_each_from_last(fields, "X-Forwarded-For", [&](std::string_view element) {
    const std::optional<Address> node = parse_node(element, true);
    if (!node) return false;
    client.address = *node;
    return proxies.contains(*node);
  });
}

void read_x_real_ip(std::span<const Field> fields, Client& client) {
  const Field* only = nullptr;
  for (const Field& field : fields) {
    if (!equals_ignore_case(field.name, "X-Real-IP")) continue;
    if (only != nullptr) return;  // the proxy would have set one
    only = &field;
  }
  if (only == nullptr) return;
  if (const std::optional<Address> node = parse_node(only->value, true)) client.address = *node;
}

// What the peer wrote is the last. Proxies before it may not have added theirs, so positions in the
// list cannot be matched with addresses.
void read_x_forwarded_proto(std::span<const Field> fields, Client& client) {
  for_each_from_last(fields, "X-Forwarded-Proto", [&client](std::string_view element) {
    client.scheme = parse_scheme(element).value_or(client.scheme);
    return false;
  });
}

}  // namespace

bool TrustedProxies::contains(const Address& peer) const {
  return peer.family() == AF_UNIX ? unix_sockets : any_contains(networks, peer);
}

Client find_client(std::span<const Field> fields, const Address& peer, bool tls,
                   const TrustedProxies& proxies) {
  Client client{peer, tls ? kHTTPS : kHTTP};
  if (!proxies.contains(peer)) return client;
  switch (proxies.field) {
    case ForwardedField::kForwarded:
      read_forwarded(fields, proxies, client);
      return client;
    case ForwardedField::kXForwardedFor:
      read_x_forwarded_for(fields, proxies, client);
      break;
    case ForwardedField::kXRealIP:
      read_x_real_ip(fields, client);
      break;
  }
  read_x_forwarded_proto(fields, client);
  return client;
}

}  // namespace turbo::http
