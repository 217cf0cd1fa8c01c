// A call's status in the fields that carry it: grpc-status, grpc-message and
// grpc-status-details-bin.
//
// An absl::Status has all three: code and message, and as payload kDetailsPayload the bytes of a
// google.rpc.Status, which has details of any kind:
//
//   status.SetPayload(rpc::kDetailsPayload, rich.SerializeAsCord())
//
// Other payloads stay here.
//
// Owner:   plain functions.
// Threads: any.
// Errors:  decode_status() always answers: an unknown code is kUnknown, a message that is escaped
//          wrongly is taken as it is, details that are not base64 are left out.
// Limits:  encode_status() cuts the message, which is a text for people, at kMaxMessageBytes, and
//          leaves out details above kMaxDetailsBytes: clients take heads of 8 KiB by default, and
//          what they do not take says less.
// Cost:    an OK status is one field and allocates nothing.
// Source:  gRPC over HTTP/2, "Responses"; http-grpc-status-mapping.md.
#ifndef TURBO_RPC_STATUS_FIELDS_H_
#define TURBO_RPC_STATUS_FIELDS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "framework/base/views.h"
#include "framework/http/request_head.h"
#include "framework/http2/error_code.h"

namespace turbo::rpc {

inline constexpr std::string_view kDetailsPayload = "type.googleapis.com/google.rpc.Status";
inline constexpr size_t kMaxMessageBytes = 2048;  // escaped
inline constexpr size_t kMaxDetailsBytes = 4096;  // a third more as base64

// "0" to "16".
std::string_view code_digits(absl::StatusCode code);

// All but %x20-%x24 and %x26-%x7E as %XX, up to the last whole character within kMaxMessageBytes.
std::string escape_message(std::string_view message);
// Never fails: what is no escape stands for itself.
std::string unescape_message(std::string_view message);

// Calls `visit(name, value)` for each field of the status. The views are valid during the call.
template <class Visit>
void encode_status(const absl::Status& status, Visit visit);

// Of a call whose last fields these are; nothing: there is no grpc-status in them.
std::optional<absl::Status> decode_status(std::span<const http::Field> fields);

// What an answer means that has no grpc-status.
absl::Status status_of_http(int http_status);
// What a call has come to that its peer reset.
absl::Status status_of_reset(http2::ErrorCode why);
// The HTTP status that says the same to a client that knows nothing of gRPC (google.rpc.Code).
int http_status_of(absl::StatusCode code);

// ---- inside ----

// The details of a status as on the wire; empty: none, or too many.
std::string encode_details(const absl::Status& status);

template <class Visit>
void encode_status(const absl::Status& status, Visit visit) {
  visit(std::string_view("grpc-status"), code_digits(status.code()));
  if (status.ok()) return;
  const std::string message = escape_message(to_std(status.message()));
  if (!message.empty()) visit(std::string_view("grpc-message"), std::string_view(message));
  const std::string details = encode_details(status);
  if (!details.empty()) {
    visit(std::string_view("grpc-status-details-bin"), std::string_view(details));
  }
}

}  // namespace turbo::rpc

#endif  // TURBO_RPC_STATUS_FIELDS_H_
