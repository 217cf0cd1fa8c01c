// SHA-256, SHA-1 and HMAC-SHA256 of bytes in memory.
//
//   const SHA256Digest digest = sha256(text);
//   const std::string tag = base64url_encode(view_of(digest));     // text_codec.h
//
// SHA-1 is here for what old protocols fix (WebSocket's handshake, RFC 6455 4.2.2). It is no
// protection against anybody: what is signed or compared with a stranger's bytes is SHA-256's.
//
// Owner:   values.
// Threads: any.
// Errors:  none; an OpenSSL without these algorithms, or without memory for its contexts, ends the
//          program with a message.
// Limits:  none; time is linear.
// Cost:    no context is made a call, and no algorithm looked up; inside, OpenSSL 3.0 allocates its
//          state, once for a digest and five times for an HMAC. benchmarks/micro/crypto_benchmark.
#ifndef TURBO_CRYPTO_DIGEST_H_
#define TURBO_CRYPTO_DIGEST_H_

#include <array>
#include <span>
#include <string_view>

namespace turbo {

using SHA1Digest = std::array<char, 20>;
using SHA256Digest = std::array<char, 32>;

SHA1Digest sha1(std::string_view bytes);
SHA256Digest sha256(std::string_view bytes);

// The same of what stands in pieces, such as a Buffer's blocks, as if they were one.
SHA1Digest sha1(std::span<const std::string_view> pieces);
SHA256Digest sha256(std::span<const std::string_view> pieces);

// RFC 2104 with SHA-256. Requires: the key is not empty.
SHA256Digest hmac_sha256(std::string_view key, std::string_view bytes);

// A digest, or any array of bytes, where text is taken.
inline std::string_view view_of(std::span<const char> bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace turbo

#endif  // TURBO_CRYPTO_DIGEST_H_
