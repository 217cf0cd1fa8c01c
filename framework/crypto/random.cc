#include "framework/crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <climits>

#include "framework/base/check.h"

namespace turbo {

void fill_random(std::span<char> bytes) {
  while (!bytes.empty()) {
    const size_t now = std::min<size_t>(bytes.size(), INT_MAX);
    TURBO_CHECK(
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(now)) == 1,
        "OpenSSL has no random bytes to give");
    bytes = bytes.subspan(now);
  }
}

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  fill_random(bytes);
  return bytes;
}

}  // namespace turbo
