// Address: an IPv4, IPv6 or Unix socket address as a value.
//
// Owner:   a plain value, copied freely.
// Threads: any.
// Errors:  parse() and unix_path() return a status that says what is wrong with the text.
// Limits:  a Unix path is at most 107 bytes (sun_path); abstract names begin with '@'.
// Cost:    the size of sockaddr_storage and a length; host() and to_string() allocate.
#ifndef TURBO_BASE_ADDRESS_H_
#define TURBO_BASE_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace turbo {

// An IP address as IPv6 writes it.
using IPBytes = std::array<uint8_t, 16>;

class Address {
 public:
  // An unspecified address: family() is AF_UNSPEC, to_string() is "unknown".
  Address() = default;

  // Copies what a socket call filled in. `length` is the call's, so that Unix addresses come out
  // right.
  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  // A numeric IPv4 or IPv6 address (with or without brackets, with a %scope), never a name: no
  // lookup is made.
  static absl::StatusOr<Address> parse(std::string_view ip, uint16_t port);

  // A Unix socket path, or an abstract name written as "@name".
  static absl::StatusOr<Address> unix_path(std::string_view path);

  static Address any_ipv4(uint16_t port);
  static Address any_ipv6(uint16_t port);
  static Address loopback_ipv4(uint16_t port);
  static Address loopback_ipv6(uint16_t port);

  int family() const;
  bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }

  // The port; 0 for Unix and unspecified addresses.
  uint16_t port() const;
  Address with_port(uint16_t port) const;

  // An IPv4 address as "::ffff:a.b.c.d" (RFC 4291 2.5.5.2), as a dual-stack listener sees it: one
  // client has one value whichever socket it came by. Nothing for what is not IP.
  std::optional<IPBytes> ip_bytes() const;

  // "127.0.0.1", "::1", or the Unix path. No port, no brackets.
  std::string host() const;

  // Writes host() to `room`, cut to what fits, and returns its bytes. Without an allocation for an
  // IP address that has no scope and kMaxHostBytes of room, which fit any.
  static constexpr size_t kMaxHostBytes = 64;
  size_t write_host(std::span<char> room) const;

  // "127.0.0.1:80", "[::1]:80", "unix:/path", "unix:@name", "unix:" (unnamed peer), "unknown".
  std::string to_string() const;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace turbo

#endif  // TURBO_BASE_ADDRESS_H_
