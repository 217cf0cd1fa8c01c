#include "framework/tls/openssl.h"

#include <openssl/err.h>

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

std::string reason_text(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) {
    const char* const text = strerrordesc_np(ERR_GET_REASON(error));
    return text != nullptr ? text : "unknown system error";
  }
  // OpenSSL's own text names protocols of the last century: "sslv3 alert handshake failure".
  const int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && alert >= 0 && alert < 256) {
    return std::string("the peer sent the alert \"") + SSL_alert_desc_string_long(alert) + "\"";
  }
  const char* const text = ERR_reason_error_string(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

std::string take_first_reason() {
  std::string why;
  bool passed_on = true;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long error = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (!why.empty() && (!passed_on || says_nothing(error))) continue;
    passed_on = says_nothing(error);
    why = reason_text(error);
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      why.append(" (").append(data).append(")");
    }
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
