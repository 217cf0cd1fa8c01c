#include "framework/tls/openssl.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>

#include "framework/base/status.h"

namespace turbo::tls {
namespace {

// Reasons that only say which part of OpenSSL passed the error on.
bool says_nothing(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return !ERR_SYSTEM_ERROR(error) && (reason & ERR_RFLAG_COMMON) != 0 &&
         (reason & ERR_RFLAG_FATAL) == 0;
}

// OpenSSL's own text names protocols of the last century: "sslv3 alert handshake failure".
std::string alert_text(std::string_view text) {
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  if (constexpr std::string_view kAlert = "alert "; text.starts_with(kAlert)) {
    text.remove_prefix(kAlert.size());
  }
  return std::string("the peer sent the alert \"").append(text).append("\"");
}

std::string reason_text(unsigned long error, const char* data) {
  if (ERR_SYSTEM_ERROR(error)) {
    const char* const text = strerrordesc_np(ERR_GET_REASON(error));
    return text != nullptr ? text : "unknown system error";
  }
  const char* const text = ERR_reason_error_string(error);
  std::string reason = text != nullptr ? text : "error " + std::to_string(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
    return alert_text(reason);
  }
  if (*data != '\0') reason.append(" (").append(data).append(")");
  return reason;
}

std::string take_first_reason() {
  std::string why;
  bool passed_on = true;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long error = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (!why.empty() && (!passed_on || says_nothing(error))) continue;
    passed_on = says_nothing(error);
    why = reason_text(error, (flags & ERR_TXT_STRING) != 0 ? data : "");
  }
  return why.empty() ? "unknown error" : why;
}

}  // namespace

BioPtr bio_over(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

absl::Status openssl_status(absl::StatusCode code, std::string_view what) {
  return make_status(code, std::string(what).append(": ").append(take_first_reason()));
}

}  // namespace turbo::tls
