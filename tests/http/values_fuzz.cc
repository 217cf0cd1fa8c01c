// The small values of HTTP on any bytes: views stay inside, lengths are bounded, round trips hold:
// a cookie that may be set is read back, and no client can hide what a proxy adds.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/http/accept_encoding.h"
#include "framework/http/content_disposition.h"
#include "framework/http/content_type.h"
#include "framework/http/cookies.h"
#include "framework/http/forwarded.h"
#include "framework/http/media_type.h"
#include "framework/http/percent.h"
#include "framework/http/set_cookie.h"

namespace turbo::http {
namespace {

void check_percent(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    char pair[4];
    snprintf(pair, sizeof pair, "%%%02x", static_cast<unsigned char>(c));
    encoded += pair;
  }
  TURBO_CHECK(percent_decode(encoded) == text, "what was encoded came back differently");
  for (const Plus plus : {Plus::kLiteral, Plus::kSpace}) {
    const auto decoded = percent_decode(text, plus);
    TURBO_CHECK(!decoded || decoded->size() <= text.size(), "decoding made text longer");
  }
  if (text.find_first_of("%+") == std::string_view::npos)
    TURBO_CHECK(percent_decode(text) == text, "changed");
}

void check_escape(std::string_view text) {
  const std::string escaped = html_escape(text);
  TURBO_CHECK(escaped.find_first_of("<>\"'") == std::string::npos,
              "a byte with a meaning was left");
  TURBO_CHECK(escaped.size() <= 6 * text.size(), "longer than the longest entities");
}

void check_cookies(std::string_view text) {
  CookieReader reader(text);
  size_t count = 0;
  while (const auto cookie = reader.next()) {
    ++count;
    TURBO_CHECK(!cookie->name.empty(), "an empty name");
    TURBO_CHECK(cookie->name.find(';') == std::string_view::npos, "a separator in a name");
    TURBO_CHECK(cookie->value.find(';') == std::string_view::npos, "a separator in a value");
    TURBO_CHECK(cookie->name.data() >= text.data() &&
                    cookie->value.data() + cookie->value.size() <= text.data() + text.size(),
                "a view outside the field");
  }
  TURBO_CHECK(count <= text.size() / 2 + 1, "more cookies than bytes allow");
}

// Whatever a client sends, what a trusted proxy adds behind it is what counts.
void check_forwarded(std::string_view text) {
  static const Address proxy = *Address::parse("10.0.0.1", 0);
  static const Address client = *Address::parse("2001:db8::7", 80);
  TrustedProxies proxies{.networks = {*Network::parse("10.0.0.0/8")}};
  const auto find = [&proxies](std::string_view name, const std::string& value) {
    const Field field{name, value};
    return find_client({&field, 1}, proxy, false, proxies);
  };
  const std::string sent(text);
  find("X-Forwarded-For", sent);
  TURBO_CHECK(find("X-Forwarded-For", sent + ", [2001:db8::7]:80").address == client,
              "another client than the proxy named");
  proxies.field = ForwardedField::kForwarded;
  find("Forwarded", sent);
  const Client seen = find("Forwarded", sent + ",proto=https;for=\"[2001:db8::7]:80\"");
  TURBO_CHECK(seen.address == client && seen.scheme == "https",
              "another client than the proxy named");
  proxies.networks.clear();
  TURBO_CHECK(find("Forwarded", sent).address == proxy, "a stranger was believed");
}

std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('\n'));
  text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
  return part;
}

// Name, value, domain and path are lines; the rest of the attributes are bits of the first byte.
void check_set_cookie(std::string_view text) {
  const unsigned bits = text.empty() ? 0 : static_cast<unsigned char>(text.front());
  if (!text.empty()) text.remove_prefix(1);
  SetCookie cookie;
  cookie.name = take_part(text);
  cookie.value = take_part(text);
  cookie.domain = take_part(text);
  cookie.path = text;
  cookie.secure = (bits & 1) != 0;
  cookie.http_only = (bits & 2) != 0;
  cookie.partitioned = (bits & 4) != 0;
  cookie.same_site = static_cast<SameSite>(bits >> 3 & 3);
  const absl::StatusOr<std::string> field = format_set_cookie(cookie);
  if (!field.ok()) return;
  size_t attributes = 0;
  for (const char c : *field) {
    TURBO_CHECK(c >= 0x20 && c < 0x7f, "a byte that no field may hold");
    attributes += c == ';' ? 1 : 0;
  }
  const size_t wanted = !cookie.domain.empty() + !cookie.path.empty() + cookie.secure +
                        cookie.http_only + cookie.partitioned +
                        (cookie.same_site != SameSite::kUnset);
  TURBO_CHECK(attributes == wanted, "a value has become an attribute");
  CookieReader reader(*field);
  const auto read = reader.next();
  TURBO_CHECK(read && read->name == cookie.name && read->value == cookie.value,
              "a cookie came back differently");
}

void check_accept_encoding(std::string_view text) {
  AcceptEncoding accepted;
  accepted.add(text);
  for (const std::string_view coding : {"br", "gzip", "identity", "*"}) {
    const int weight = accepted.weight(coding);
    TURBO_CHECK(weight >= 0 && weight <= AcceptEncoding::kFullWeight, "no weight");
  }
  static constexpr std::string_view kOffered[] = {"br", "gzip"};
  const std::optional<size_t> choice = accepted.choose(kOffered);
  if (!choice) return;
  TURBO_CHECK(*choice < 2, "a coding nobody offered");
  const int chosen = accepted.weight(kOffered[*choice]);
  TURBO_CHECK(chosen > 0, "a coding the client refuses");
  TURBO_CHECK(chosen >= accepted.weight(kOffered[1 - *choice]), "the client's second choice");
  TURBO_CHECK(text.find_first_of("gGbB*") != std::string_view::npos, "a coding out of nothing");
}

void check_media_type(std::string_view text) {
  TURBO_CHECK(media_type_of(text).find('/') != std::string_view::npos, "no media type");
  is_compressible(text);
}

bool has_control_bytes(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

void check_content_fields(std::string_view text) {
  if (const auto type = parse_content_type(text)) {
    TURBO_CHECK(type->media_type.find('/') != std::string::npos, "a type without a subtype");
    for (const auto& [name, value] : type->parameters) {
      TURBO_CHECK(type->parameter(name) == value, "a parameter that is not found");
      TURBO_CHECK(!has_control_bytes(value), "a control byte in a parameter");
    }
  }
  if (const auto part = parse_content_disposition(text)) {
    TURBO_CHECK(!has_control_bytes(part->name.value_or("")), "a control byte in a name");
    TURBO_CHECK(!has_control_bytes(part->filename.value_or("")), "a control byte in a file name");
  }
  const std::string written = content_disposition(Disposition::kAttachment, text);
  TURBO_CHECK(!has_control_bytes(written), "a control byte in what is written");
  const auto read = parse_content_disposition(written);
  TURBO_CHECK(read && read->filename && read->filename->find('/') == std::string::npos,
              "what was written cannot be read");
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  turbo::http::check_percent(text);
  turbo::http::check_escape(text);
  turbo::http::check_cookies(text);
  turbo::http::check_forwarded(text);
  turbo::http::check_set_cookie(text);
  turbo::http::check_accept_encoding(text);
  turbo::http::check_media_type(text);
  turbo::http::check_content_fields(text);
  return 0;
}
