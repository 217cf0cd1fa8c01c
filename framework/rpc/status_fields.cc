#include "framework/rpc/status_fields.h"

#include <array>
#include <cstdint>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "framework/base/status.h"
#include "framework/crypto/text_codec.h"
#include "framework/rpc/metadata.h"

namespace turbo::rpc {
namespace {

using absl::StatusCode;

constexpr std::array<std::string_view, 17> kCodeDigits = {
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"};

StatusCode code_of_digits(std::string_view digits) {
  for (size_t code = 0; code < kCodeDigits.size(); ++code) {
    if (digits == kCodeDigits[code]) return static_cast<StatusCode>(code);
  }
  return StatusCode::kUnknown;
}

bool stands_for_itself(char c) { return c >= ' ' && c <= '~' && c != '%'; }

// A byte of a character of UTF-8 behind its first.
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::optional<std::string_view> find(std::span<const http::Field> fields, std::string_view name) {
  for (const http::Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

StatusCode code_of_http(int http_status) {
  switch (http_status) {
    case 400:
    case 431:
      return StatusCode::kInternal;
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      return StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return StatusCode::kUnavailable;
    default:
      return StatusCode::kUnknown;
  }
}

StatusCode code_of_reset(http2::ErrorCode why) {
  switch (why) {
    case http2::ErrorCode::kRefusedStream:
      return StatusCode::kUnavailable;
    case http2::ErrorCode::kCancel:
      return StatusCode::kCancelled;
    case http2::ErrorCode::kEnhanceYourCalm:
      return StatusCode::kResourceExhausted;
    case http2::ErrorCode::kInadequateSecurity:
      return StatusCode::kPermissionDenied;
    default:
      return StatusCode::kInternal;
  }
}

}  // namespace

std::string_view code_digits(StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return kCodeDigits[index < kCodeDigits.size() ? index
                                                : static_cast<size_t>(StatusCode::kUnknown)];
}

std::string escape_message(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  size_t whole = 0;  // bytes of it that end with a character
  for (const char c : message) {
    if (!continues_character(c)) whole = escaped.size();
    if (stands_for_itself(c)) {
      escaped += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      escaped += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    if (escaped.size() > kMaxMessageBytes) {
      escaped.resize(whole);
      break;
    }
  }
  return escaped;
}

std::string unescape_message(std::string_view message) {
  std::string text;
  text.reserve(message.size());
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '%') {
      const std::optional<std::string> byte = hex_decode(message.substr(i + 1, 2));
      if (byte && !byte->empty()) {
        text += *byte;
        i += 2;
        continue;
      }
    }
    text += message[i];
  }
  return text;
}

std::optional<absl::Status> decode_status(std::span<const http::Field> fields) {
  const std::optional<std::string_view> digits = find(fields, "grpc-status");
  if (!digits) return std::nullopt;
  const StatusCode code = code_of_digits(*digits);
  if (code == StatusCode::kOk) return absl::OkStatus();
  absl::Status status =
      make_status(code, unescape_message(find(fields, "grpc-message").value_or("")));
  const std::string_view details = find(fields, "grpc-status-details-bin").value_or("");
  const std::optional<std::string> bytes = decode_binary(details);
  if (bytes && !bytes->empty()) status.SetPayload(to_absl(kDetailsPayload), absl::Cord(*bytes));
  return status;
}

std::string encode_details(const absl::Status& status) {
  const auto details = status.GetPayload(to_absl(kDetailsPayload));
  if (!details || details->size() > kMaxDetailsBytes) return {};
  return encode_binary(std::string(*details));
}

absl::Status status_of_http(int http_status) {
  return absl::Status(code_of_http(http_status), absl::StrCat("HTTP status ", http_status));
}

absl::Status status_of_reset(http2::ErrorCode why) {
  std::string name(http2::error_name(why));
  if (name.empty()) name = std::to_string(static_cast<uint32_t>(why));
  return make_status(code_of_reset(why), "the peer reset the call: " + name);
}

int http_status_of(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAborted:
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace turbo::rpc
