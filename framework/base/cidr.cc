#include "framework/base/cidr.h"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

#include "framework/base/status.h"

namespace turbo {
namespace {

constexpr IPBytes kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;
constexpr int kAllBits = 128;

bool is_ipv4(const IPBytes& bytes) {
  return std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedBits / 8) == 0;
}

// The bits of byte `index` that belong to a prefix of `bits`.
uint8_t prefix_mask(int bits, size_t index) {
  const int left = std::clamp(bits - static_cast<int>(index) * 8, 0, 8);
  return static_cast<uint8_t>(0xff00 >> left);
}

// A number as people write one: no sign, no leading zero, at most `limit`.
std::optional<int> parse_bits(std::string_view text, int limit) {
  int bits = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, bits);
  const bool plain = error == std::errc() && stop == end && (text.size() == 1 || text[0] != '0');
  if (!plain || bits < 0 || bits > limit || text[0] == '-') return std::nullopt;
  return bits;
}

absl::Status refusal(std::string_view text, std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     "\"" + std::string(text) + "\" " + std::string(why));
}

}  // namespace

absl::StatusOr<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view ip = text.substr(0, slash);
  if (ip.find_first_of("[%") != ip.npos) return refusal(text, "has brackets or a scope");
  const absl::StatusOr<Address> address = Address::parse(ip, 0);
  if (!address.ok()) return address.status();
  IPBytes first = *address->ip_bytes();
  int bits = kAllBits;
  if (slash != text.npos) {
    const int before = address->family() == AF_INET ? kMappedBits : 0;
    const std::optional<int> told = parse_bits(text.substr(slash + 1), kAllBits - before);
    if (!told) return refusal(text, "has no valid prefix length");
    bits = before + *told;
  }
  for (size_t i = 0; i < first.size(); ++i) {
    if ((first[i] & ~prefix_mask(bits, i)) != 0) return refusal(text, "has bits behind its prefix");
  }
  return Network(first, bits);
}

bool Network::contains(const Address& address) const {
  const std::optional<IPBytes> bytes = address.ip_bytes();
  if (!bytes || is_ipv4(*bytes) != is_ipv4(first_)) return false;
  for (size_t i = 0; i < bytes->size(); ++i) {
    if (((*bytes)[i] & prefix_mask(bits_, i)) != first_[i]) return false;
  }
  return true;
}

}  // namespace turbo
