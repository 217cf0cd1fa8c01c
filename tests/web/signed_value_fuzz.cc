// Signed values on any bytes. Nothing opens that was not signed; and of what the secret's owner
// might sign, only the texts open that the signer writes.

#include <cstdint>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/crypto/digest.h"
#include "framework/crypto/text_codec.h"
#include "framework/web/signed_value.h"

namespace turbo::web {
namespace {

const std::string kSecret(32, 's');
constexpr std::string_view kName = "name";
constexpr std::chrono::sys_seconds kNow(std::chrono::seconds(1300000000));

// The whole input is before the signature.
void check_genuine(const ValueSigner& signer, std::string text) {
  text += hex_encode(view_of(hmac_sha256(kSecret, text)));
  const std::optional<std::string> value = signer.open(kName, text, kNow);
  if (!value) return;
  const size_t time = text.find(':', text.find('|', 2)) + 1;  // behind the key's field
  const std::chrono::sys_seconds signed_at(std::chrono::seconds(std::stoll(text.substr(time))));
  TURBO_CHECK(signer.sign(kName, *value, signed_at) == text,
              "a text opened that is not what the signer writes");
  TURBO_CHECK(signed_at >= kNow - ValueSigner::kMaxAge, "a value too old was opened");
}

}  // namespace
}  // namespace turbo::web

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using turbo::web::ValueSigner;
  static const ValueSigner signer = *ValueSigner::create({{3, turbo::web::kSecret}});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TURBO_CHECK(!signer.open(turbo::web::kName, text, turbo::web::kNow), "a forged value opened");
  turbo::web::check_genuine(signer, std::string(text));
  return 0;
}
