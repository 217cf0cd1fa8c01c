#include "framework/rpc/web_format.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/status.h"
#include "framework/crypto/text_codec.h"
#include "framework/rpc/call_head.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

namespace {

WebCoding reply_coding(const Exchange& exchange, WebCoding request) {
  switch (accepted_kind(exchange.head())) {
    case CallKind::kWeb:
      return WebCoding::kBinary;
    case CallKind::kWebText:
      return WebCoding::kText;
    default:
      return request;
  }
}

std::string_view content_type_of(WebCoding coding) {
  return coding == WebCoding::kText ? "application/grpc-web-text+proto"
                                    : "application/grpc-web+proto";
}

// One text, made in steps, so that no message has to lie in one piece.
Buffer to_base64(Buffer bytes) {
  constexpr size_t kStepBytes = size_t{3} << 14;
  Buffer text;
  while (!bytes.empty()) {
    const size_t step = std::min(bytes.size(), kStepBytes);
    text.append_string(base64_encode(bytes.linearize(step)));
    bytes.drain(step);
  }
  return text;
}

// The frame of the trailers: its flag, their length, a line for each.
std::string trailers_frame(const absl::Status& status, const AnswerMetadata& metadata) {
  std::string frame(kMessagePrefixBytes, '\0');
  const auto add = [&frame](std::string_view name, std::string_view value) {
    frame.append(name).append(": ").append(value).append("\r\n");
  };
  encode_status(status, add);
  if (metadata.trailing != nullptr) metadata.trailing->encode(add);
  const size_t bytes = frame.size() - kMessagePrefixBytes;
  frame[0] = static_cast<char>(0x80);
  for (size_t i = 1; i < kMessagePrefixBytes; ++i) {
    frame[i] = static_cast<char>(bytes >> 8 * (kMessagePrefixBytes - 1 - i));
  }
  return frame;
}

}  // namespace

WebFormat::WebFormat(Exchange& exchange, const MethodOptions& options, WebCoding request)
    : WebFormat(exchange, options, request, reply_coding(exchange, request)) {}

WebFormat::WebFormat(Exchange& exchange, const MethodOptions& options, WebCoding request,
                     WebCoding reply)
    : FramedFormat(exchange, options, content_type_of(reply)), request_(request), reply_(reply) {}

absl::Status WebFormat::add(Buffer piece) {
  if (request_ == WebCoding::kBinary) {
    read_from(std::move(piece));
    return absl::OkStatus();
  }
  Buffer bytes;
  if (!base64_.read(piece, bytes)) {
    return make_status(absl::StatusCode::kInternal, "a body that is no base64");
  }
  read_from(std::move(bytes));
  return absl::OkStatus();
}

absl::Status WebFormat::check_end() const {
  if (request_ == WebCoding::kText && !base64_.whole()) {
    return make_status(absl::StatusCode::kInternal, "the end inside of base64");
  }
  return FramedFormat::check_end();
}

void WebFormat::put(Buffer bytes) {
  exchange().write(reply_ == WebCoding::kText ? to_base64(std::move(bytes)) : std::move(bytes));
}

void WebFormat::put_trailers(const absl::Status& status, const AnswerMetadata& metadata) {
  put(Buffer::from_string(trailers_frame(status, metadata)));
}

}  // namespace turbo::rpc
