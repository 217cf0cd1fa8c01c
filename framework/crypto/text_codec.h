// Bytes as text and back: hex, base64 and base64url (RFC 4648).
//
// Decoding is strict, so that one text stands for given bytes and no other does: no blanks, no line
// ends, no foreign characters, no bits left over in the last character (RFC 4648 3.5). base64 has
// its padding unless told otherwise; base64url has none, as in RFC 7515.
//
// Owner:   values.
// Threads: any.
// Errors:  nullopt for what the encoder would not have written; hex alone is read in both cases.
// Limits:  none; linear.
// Cost:    one allocation, of the exact size. Look-ups by the bytes' values: not for long-lived
// keys
//          beside a stranger's process.
#ifndef TURBO_CRYPTO_TEXT_CODEC_H_
#define TURBO_CRYPTO_TEXT_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turbo {

std::string hex_encode(std::string_view bytes);  // lower case
std::optional<std::string> hex_decode(std::string_view text);

// Whether '=' fills the last four characters.
enum class Base64Padding : uint8_t { kPadded, kUnpadded };

std::string base64_encode(std::string_view bytes, Base64Padding padding = Base64Padding::kPadded);
std::optional<std::string> base64_decode(std::string_view text,
                                         Base64Padding padding = Base64Padding::kPadded);

// With '-' and '_' for '+' and '/', and no padding: fit for URLs, cookies and file names.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace turbo

#endif  // TURBO_CRYPTO_TEXT_CODEC_H_
