#include "framework/http2/field_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "framework/http/request_head.h"

namespace turbo::http2 {
namespace {

enum ByteSet : uint8_t {
  kNameByte = 1,    // tchar (RFC 9110 5.6.2) in lower case
  kMethodByte = 2,  // tchar
  kValueByte = 4,   // field-vchar, SP and HTAB
  kHostByte = 8,    // of an authority (RFC 3986 3.2)
  kSchemeByte = 16,
};

constexpr std::array<uint8_t, 256> make_sets() {
  std::array<uint8_t, 256> sets{};
  for (int c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    const auto one_of = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    const bool token = digit || lower || upper || one_of("!#$%&'*+-.^_`|~");
    uint8_t bits = 0;
    if (token && !upper) bits |= kNameByte;
    if (token) bits |= kMethodByte;
    if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= kValueByte;
    if (digit || lower || upper || one_of("-._~%!$&'()*+,;=:[]@")) bits |= kHostByte;
    if (digit || lower || upper || one_of("+-.")) bits |= kSchemeByte;
    sets[static_cast<size_t>(c)] = bits;
  }
  return sets;
}

constexpr std::array<uint8_t, 256> kSets = make_sets();

bool all_are(std::string_view text, ByteSet set) {
  uint8_t bits = 0xff;
  for (const char c : text) bits &= kSets[static_cast<unsigned char>(c)];
  return (bits & set) != 0;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_value(std::string_view value) {
  return !is_blank(value.front()) && !is_blank(value.back()) && all_are(value, kValueByte);
}

bool is_length(std::string_view value) {
  uint64_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [parsed, error] = std::from_chars(value.data(), end, length);
  return error == std::errc() && parsed == end && length <= uint64_t{INT64_MAX};
}

bool is_scheme(std::string_view value) {
  return (value.front() | 0x20) >= 'a' && (value.front() | 0x20) <= 'z' &&
         all_are(value, kSchemeByte);
}

// Three digits from 100 on; 101 is no part of HTTP/2 (RFC 9113 8.6).
bool is_status(std::string_view value) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return value.size() == 3 && value.front() != '0' && value != "101" &&
         std::all_of(value.begin(), value.end(), is_digit);
}

// Fields of a connection (RFC 9113 8.2.2).
bool is_of_connection(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      return name == "te" && !http::equals_ignore_case(value, "trailers");
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    default:
      return false;
  }
}

// The checks above are of what is not empty.
bool is_good_value(FieldKind kind, std::string_view value) {
  constexpr uint32_t kNeverEmpty = bit_of(FieldKind::kHost) | bit_of(FieldKind::kContentLength);
  if (value.empty()) return !is_pseudo(kind) && (bit_of(kind) & kNeverEmpty) == 0;
  switch (kind) {
    case FieldKind::kMethod:
      return all_are(value, kMethodByte);
    case FieldKind::kScheme:
      return is_scheme(value);
    case FieldKind::kAuthority:
    case FieldKind::kHost:
      return all_are(value, kHostByte);
    case FieldKind::kStatus:
      return is_status(value);
    case FieldKind::kContentLength:
      return is_length(value);
    default:
      return is_value(value);
  }
}

bool is_http(std::string_view scheme) {
  if (scheme == "https" || scheme == "http") return true;
  return http::equals_ignore_case(scheme, "https") || http::equals_ignore_case(scheme, "http");
}

}  // namespace

FieldKind classify(std::string_view name, std::string_view value, Role receiver) {
  FieldKind kind = kind_of(name);
  if (kind == FieldKind::kNone) return kind;
  if (kind == FieldKind::kHost && receiver == Role::kClient) kind = FieldKind::kOther;
  if (!is_pseudo(kind) && (name.empty() || !all_are(name, kNameByte))) return FieldKind::kNone;
  if (kind == FieldKind::kOther && is_of_connection(name, value)) return FieldKind::kNone;
  return is_good_value(kind, value) ? kind : FieldKind::kNone;
}

bool FieldRules::is_whole_request(std::string_view method, std::string_view scheme,
                                  std::string_view path, bool connect_protocol) const {
  constexpr uint32_t kTarget = bit_of(FieldKind::kScheme) | bit_of(FieldKind::kPath);
  if (malformed_ || !has(FieldKind::kMethod)) return false;
  if (!has(FieldKind::kAuthority) && !has(FieldKind::kHost)) return false;
  const bool connects = method == "CONNECT";
  if (has(FieldKind::kProtocol)) {
    const bool may = connects || method.empty();
    if (!connect_protocol || !may || !has(FieldKind::kAuthority)) return false;
  } else if (connects) {
    return (seen_ & kTarget) == 0 && has(FieldKind::kAuthority);
  }
  if ((seen_ & kTarget) != kTarget) return false;
  if (path.empty() || !is_http(scheme)) return true;
  return path.starts_with('/') || (path == "*" && (method == "OPTIONS" || method.empty()));
}

}  // namespace turbo::http2
