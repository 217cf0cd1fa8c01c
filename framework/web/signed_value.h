// ValueSigner: values that a client keeps but cannot change, for cookies above all.
//
//   const ValueSigner signer = *ValueSigner::create({{1, old_secret}, {2, secret}});
//   response cookie:  signer.sign("user", "bob", now)
//   next request:     signer.open("user", *request.cookie("user"), now)    // "bob"
//
// The text is Tornado's second version, byte for byte, so that both read each other's cookies:
//
//   2|1:2|10:1300000000|4:user|4:Ym9i|5f0c...         version, then with their lengths in front the
//   key, the time, the name and the value in base64; HMAC-SHA256 over all before it, in hex.
//
// The value is signed, not encrypted: the client reads it. It is bound to its name, so that it
// cannot be moved to another cookie, but not to a client: who copies it has it until it is too old.
//
// Owner:   a value; holds the secrets.
// Threads: any, at once; it does not change.
// Errors:  create(): kInvalidArgument. open(): nullopt, whatever is wrong: a stranger learns
//          nothing, and a program treats all of it as "no cookie".
// Limits:  the key's version, the name and the value are what a cookie may be; open() is linear in
//          what was sent, whose size the server bounds. Times: the years 1970 to 33658.
// Cost:    one HMAC; no clock is read.
#ifndef TURBO_WEB_SIGNED_VALUE_H_
#define TURBO_WEB_SIGNED_VALUE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace turbo::web {

class ValueSigner {
 public:
  // As many bytes as HMAC-SHA256 has of strength (RFC 2104 3).
  static constexpr size_t kMinSecretBytes = 32;
  static constexpr std::chrono::seconds kMaxAge = std::chrono::days(31);
  // How far the clocks of machines that share secrets may be apart: a value from later than that is
  // refused.
  static constexpr std::chrono::seconds kClockTolerance = std::chrono::minutes(1);

  // Secrets by the version of the key. The highest version signs; to change secrets, give all
  // machines the new one under a higher number and drop the old one when its values are too old.
  // Refuses an empty map and secrets that are too short; random_bytes(32) of crypto is a good one.
  static absl::StatusOr<ValueSigner> create(std::map<uint32_t, std::string> secrets);

  // Requires: `now` is in the years above.
  std::string sign(std::string_view name, std::string_view value,
                   std::chrono::sys_seconds now) const;

  // The value, if it was signed under this name with a key that is known, at most `max_age` ago.
  std::optional<std::string> open(std::string_view name, std::string_view text,
                                  std::chrono::sys_seconds now,
                                  std::chrono::seconds max_age = kMaxAge) const;

 private:
  explicit ValueSigner(std::map<uint32_t, std::string> secrets) : secrets_(std::move(secrets)) {}

  std::map<uint32_t, std::string> secrets_;  // not empty
};

}  // namespace turbo::web

#endif  // TURBO_WEB_SIGNED_VALUE_H_
