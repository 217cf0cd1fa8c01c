#include "framework/web/signed_value.h"

#include <charconv>
#include <utility>

#include "framework/base/status.h"
#include "framework/crypto/constant_time.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"

namespace turbo::web {
namespace {

constexpr std::string_view kVersion = "2|";
constexpr size_t kSignatureBytes = 64;
// Twelve digits of seconds, and no number reaches the end of its type.
constexpr size_t kMaxDigits = 12;

void append_field(std::string& text, std::string_view field) {
  text.append(std::to_string(field.size())).append(":").append(field).append("|");
}

// Digits as to_string() writes them: there is one text for a number.
std::optional<uint64_t> read_number(std::string_view text) {
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  if (text.front() == '0' && text.size() > 1) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes "4:user|" off the front of `text`.
std::optional<std::string_view> take_field(std::string_view& text) {
  const size_t colon = text.substr(0, kMaxDigits + 1).find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> size = read_number(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  if (!size || *size >= text.size() || text[*size] != '|') return std::nullopt;
  const std::string_view field = text.substr(0, *size);
  text.remove_prefix(*size + 1);
  return field;
}

struct Parts {
  uint64_t key_version;
  std::chrono::sys_seconds time;
  std::string_view name;
  std::string_view value;         // in base64
  std::string_view signed_bytes;  // all before the signature
  std::string_view signature;     // in hex
};

std::optional<Parts> split(std::string_view text) {
  if (text.size() < kSignatureBytes) return std::nullopt;
  const std::string_view signed_bytes = text.substr(0, text.size() - kSignatureBytes);
  if (!signed_bytes.starts_with(kVersion)) return std::nullopt;
  std::string_view rest = signed_bytes.substr(kVersion.size());
  const auto key = take_field(rest);
  const auto time = key ? take_field(rest) : std::nullopt;
  const auto name = time ? take_field(rest) : std::nullopt;
  const auto value = name ? take_field(rest) : std::nullopt;
  if (!value || !rest.empty()) return std::nullopt;
  const std::optional<uint64_t> key_version = read_number(*key);
  const std::optional<uint64_t> seconds = read_number(*time);
  if (!key_version || !seconds) return std::nullopt;
  const std::chrono::seconds since_epoch(static_cast<int64_t>(*seconds));
  return Parts{*key_version, std::chrono::sys_seconds(since_epoch), *name, *value,
               signed_bytes, text.substr(signed_bytes.size())};
}

std::string signature_of(std::string_view secret, std::string_view bytes) {
  return hex_encode(view_of(hmac_sha256(secret, bytes)));
}

}  // namespace

absl::StatusOr<ValueSigner> ValueSigner::create(std::map<uint32_t, std::string> secrets) {
  if (secrets.empty())
    return make_status(absl::StatusCode::kInvalidArgument, "signing wants a secret");
  for (const auto& [version, secret] : secrets) {
    if (secret.size() >= kMinSecretBytes) continue;
    return make_status(absl::StatusCode::kInvalidArgument,
                       "secret " + std::to_string(version) + " is shorter than 32 bytes");
  }
  return ValueSigner(std::move(secrets));
}

std::string ValueSigner::sign(std::string_view name, std::string_view value,
                              std::chrono::sys_seconds now) const {
  const auto& [key_version, secret] = *secrets_.rbegin();
  std::string text(kVersion);
  append_field(text, std::to_string(key_version));
  append_field(text, std::to_string(now.time_since_epoch().count()));
  append_field(text, name);
  append_field(text, base64_encode(value));
  return text + signature_of(secret, text);
}

std::optional<std::string> ValueSigner::open(std::string_view name, std::string_view text,
                                             std::chrono::sys_seconds now,
                                             std::chrono::seconds max_age) const {
  const std::optional<Parts> parts = split(text);
  if (!parts || parts->key_version > UINT32_MAX) return std::nullopt;
  const auto secret = secrets_.find(static_cast<uint32_t>(parts->key_version));
  if (secret == secrets_.end()) return std::nullopt;
  const std::string wanted = signature_of(secret->second, parts->signed_bytes);
  if (!equal_in_constant_time(wanted, parts->signature)) return std::nullopt;
  // From here on every byte is ours.
  if (parts->name != name) return std::nullopt;
  if (parts->time < now - max_age || parts->time > now + kClockTolerance) return std::nullopt;
  return base64_decode(parts->value);
}

}  // namespace turbo::web
