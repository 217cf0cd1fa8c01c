#include "framework/web/xsrf.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "framework/crypto/constant_time.h"
#include "framework/crypto/random.h"
#include "framework/crypto/text_codec.h"

namespace turbo::web {
namespace {

constexpr size_t kTokenBytes = 16;
constexpr size_t kTokenChars = 22;
constexpr size_t kMaskedChars = 43;

// Applies the first half of `bytes` to the second. Requires: two tokens' bytes.
std::string apply_mask(std::string bytes) {
  for (size_t i = 0; i < kTokenBytes; ++i)
    bytes[kTokenBytes + i] = static_cast<char>(bytes[kTokenBytes + i] ^ bytes[i]);
  return bytes;
}

std::optional<std::string> token_bytes(std::string_view text) {
  return text.size() == kTokenChars ? base64url_decode(text) : std::nullopt;
}

// The bytes of a token with or without its mask.
std::optional<std::string> submitted_bytes(std::string_view text) {
  if (text.size() != kMaskedChars) return token_bytes(text);
  std::optional<std::string> masked = base64url_decode(text);
  if (!masked) return std::nullopt;
  return apply_mask(std::move(*masked)).substr(kTokenBytes);
}

}  // namespace

std::string make_xsrf_token() { return base64url_encode(random_bytes(kTokenBytes)); }

bool is_xsrf_token(std::string_view text) { return token_bytes(text).has_value(); }

std::string mask_xsrf_token(std::string_view token) {
  const std::optional<std::string> bytes = token_bytes(token);
  if (!bytes) return {};
  return base64url_encode(apply_mask(random_bytes(kTokenBytes) + *bytes));
}

bool xsrf_tokens_match(std::string_view cookie, std::string_view submitted) {
  const std::optional<std::string> wanted = token_bytes(cookie);
  const std::optional<std::string> given = submitted_bytes(submitted);
  return wanted && given && equal_in_constant_time(*wanted, *given);
}

}  // namespace turbo::web
