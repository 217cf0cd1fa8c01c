#include "framework/base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "framework/base/status.h"

namespace turbo {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

template <class T>
T view_as(const sockaddr_storage& storage) {
  T out;
  std::memcpy(&out, &storage, sizeof(out));
  return out;
}

template <class T>
Address address_of(const T& address) {
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

Address make_ipv4(in_addr ip, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr = ip;
  return address_of(address);
}

Address make_ipv6(in6_addr ip, uint16_t port, uint32_t scope) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = ip;
  address.sin6_scope_id = scope;
  return address_of(address);
}

// The index of a scope written as a number or an interface's name; 0 if there is no such interface.
uint32_t scope_index(const std::string& scope) {
  uint32_t index = 0;
  auto [end, error] = std::from_chars(scope.data(), scope.data() + scope.size(), index);
  if (error == std::errc() && end == scope.data() + scope.size()) return index;
  return if_nametoindex(scope.c_str());
}

std::string ipv6_host(const sockaddr_in6& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
  std::string host = text;
  if (address.sin6_scope_id == 0) return host;
  char name[IF_NAMESIZE] = "";
  if (if_indextoname(address.sin6_scope_id, name) != nullptr) return host + "%" + name;
  return host + "%" + std::to_string(address.sin6_scope_id);
}

// The path, or "@" and the abstract name with unprintable bytes as \xNN, so that it can go to a
// log.
std::string unix_host(const sockaddr_un& address, size_t size) {
  if (size <= kPathOffset) return "";
  std::string_view name(address.sun_path, size - kPathOffset);
  const bool abstract = name.front() == '\0';
  if (!abstract) return std::string(name.substr(0, name.find('\0')));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "@";
  for (unsigned char byte : name.substr(1)) {
    if (byte >= 0x20 && byte < 0x7f) {
      out += static_cast<char>(byte);
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

absl::Status not_an_address(std::string_view text) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     "\"" + std::string(text) + "\" is no numeric IPv4 or IPv6 address");
}

}  // namespace

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address out;
  if (address == nullptr || length < sizeof(sa_family_t)) return out;
  out.size_ = std::min<socklen_t>(length, sizeof(out.storage_));
  std::memcpy(&out.storage_, address, out.size_);
  return out;
}

absl::StatusOr<Address> Address::parse(std::string_view ip, uint16_t port) {
  std::string_view bare = ip;
  const bool bracketed = bare.size() >= 2 && bare.front() == '[' && bare.back() == ']';
  if (bracketed) bare = bare.substr(1, bare.size() - 2);
  if (bare.find('\0') != bare.npos) return not_an_address(ip);
  in_addr v4;
  if (!bracketed && inet_pton(AF_INET, std::string(bare).c_str(), &v4) == 1) {
    return make_ipv4(v4, port);
  }
  const size_t percent = bare.find('%');
  in6_addr v6;
  if (inet_pton(AF_INET6, std::string(bare.substr(0, percent)).c_str(), &v6) != 1) {
    return not_an_address(ip);
  }
  uint32_t scope = 0;
  if (percent != bare.npos) {
    scope = scope_index(std::string(bare.substr(percent + 1)));
    if (scope == 0) {
      return make_status(absl::StatusCode::kInvalidArgument,
                         "\"" + std::string(ip) + "\" names an interface this host has not");
    }
  }
  return make_ipv6(v6, port, scope);
}

absl::StatusOr<Address> Address::unix_path(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.find('\0') != path.npos) {
    return make_status(absl::StatusCode::kInvalidArgument,
                       "a Unix socket path must not be empty or hold a zero byte");
  }
  if (path.size() >= sizeof(address.sun_path)) {
    return make_status(
        absl::StatusCode::kInvalidArgument,
        "a Unix socket path has at most 107 bytes, not " + std::to_string(path.size()));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  size_t size = kPathOffset + path.size();
  if (path.front() == '@') {
    address.sun_path[0] = '\0';  // an abstract name ends where its length says
  } else {
    ++size;  // a path ends with a zero
  }
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
}

Address Address::any_ipv4(uint16_t port) { return make_ipv4({htonl(INADDR_ANY)}, port); }
Address Address::any_ipv6(uint16_t port) { return make_ipv6(in6addr_any, port, 0); }
Address Address::loopback_ipv4(uint16_t port) { return make_ipv4({htonl(INADDR_LOOPBACK)}, port); }
Address Address::loopback_ipv6(uint16_t port) { return make_ipv6(in6addr_loopback, port, 0); }

int Address::family() const { return size_ == 0 ? AF_UNSPEC : storage_.ss_family; }

uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(view_as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(view_as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

Address Address::with_port(uint16_t port) const {
  if (family() == AF_INET) return make_ipv4(view_as<sockaddr_in>(storage_).sin_addr, port);
  if (family() == AF_INET6) {
    const auto v6 = view_as<sockaddr_in6>(storage_);
    return make_ipv6(v6.sin6_addr, port, v6.sin6_scope_id);
  }
  return *this;
}

std::optional<IPBytes> Address::ip_bytes() const {
  IPBytes bytes{};
  if (family() == AF_INET) {
    const in_addr v4 = view_as<sockaddr_in>(storage_).sin_addr;
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &v4, sizeof(v4));
    return bytes;
  }
  if (family() != AF_INET6) return std::nullopt;
  const in6_addr v6 = view_as<sockaddr_in6>(storage_).sin6_addr;
  std::memcpy(bytes.data(), &v6, sizeof(v6));
  return bytes;
}

std::string Address::host() const {
  switch (family()) {
    case AF_INET: {
      char text[INET_ADDRSTRLEN] = "";
      const auto v4 = view_as<sockaddr_in>(storage_);
      inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
      return text;
    }
    case AF_INET6:
      return ipv6_host(view_as<sockaddr_in6>(storage_));
    case AF_UNIX:
      return unix_host(view_as<sockaddr_un>(storage_),
                       std::min<size_t>(size_, sizeof(sockaddr_un)));
    default:
      return "unknown";
  }
}

size_t Address::write_host(std::span<char> room) const {
  const auto size = static_cast<socklen_t>(room.size());
  const char* written = nullptr;
  if (family() == AF_INET) {
    const auto v4 = view_as<sockaddr_in>(storage_);
    written = inet_ntop(AF_INET, &v4.sin_addr, room.data(), size);
  } else if (family() == AF_INET6) {
    const auto v6 = view_as<sockaddr_in6>(storage_);
    if (v6.sin6_scope_id == 0) written = inet_ntop(AF_INET6, &v6.sin6_addr, room.data(), size);
  }
  if (written != nullptr) return std::strlen(written);
  return host().copy(room.data(), room.size());
}

std::string Address::to_string() const {
  switch (family()) {
    case AF_INET:
      return host() + ":" + std::to_string(port());
    case AF_INET6:
      return "[" + host() + "]:" + std::to_string(port());
    case AF_UNIX:
      return "unix:" + host();
    default:
      return "unknown";
  }
}

bool operator==(const Address& a, const Address& b) {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace turbo
