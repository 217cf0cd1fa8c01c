#include "framework/rpc/json_format.h"

#include <utility>

#include "framework/base/status.h"
#include "framework/rpc/json_printer.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

namespace {

void set_type(Exchange& exchange, std::string_view type) {
  exchange.response().set("content-type", type).IgnoreError();
}

// What the head has no room for is left out.
void add_fields(const Metadata* metadata, Exchange& exchange) {
  if (metadata == nullptr) return;
  metadata->encode([&exchange](std::string_view name, std::string_view value) {
    exchange.response().add(name, value).IgnoreError();
  });
}

void add_trailers(const Metadata* metadata, Exchange& exchange) {
  if (metadata == nullptr) return;
  metadata->encode([&exchange](std::string_view name, std::string_view value) {
    exchange.add_trailer(name, value).IgnoreError();
  });
}

std::string line_of(std::string_view name, std::string_view value) {
  return std::string("{\"").append(name).append("\":").append(value).append("}\n");
}

}  // namespace

absl::Status JSONFormat::add(Buffer piece) {
  too_large_ = piece.size() > call_.options.max_request_bytes - body_.size();
  if (too_large_) {
    return make_status(absl::StatusCode::kResourceExhausted, "a request above the limit");
  }
  for (const std::string_view bytes : piece) body_ += bytes;
  return absl::OkStatus();
}

absl::StatusOr<bool> JSONFormat::read(google::protobuf::Message& message) {
  if (!ended_ || std::exchange(read_, true)) return false;
  const HTTPRequestParts request{call_.path, exchange_.head().query, body_};
  absl::Status parsed = call_.binding.parse(request, call_.json, message);
  body_ = std::string();
  if (!parsed.ok()) return parsed;
  return true;
}

void JSONFormat::begin(Compression, const AnswerMetadata& metadata) {
  begun_ = true;
  set_type(exchange_, streams() ? "application/x-ndjson" : "application/json");
  add_fields(metadata.initial, exchange_);
}

absl::Status JSONFormat::write(const google::protobuf::Message& message) {
  absl::StatusOr<std::string> text = call_.binding.print(message, call_.json);
  if (!text.ok()) return text.status();
  if (text->size() > call_.options.max_reply_bytes) {
    return make_status(absl::StatusCode::kResourceExhausted, "a reply above the limit");
  }
  exchange_.write(Buffer::from_string(streams() ? line_of("result", *text) : *std::move(text)));
  return absl::OkStatus();
}

void JSONFormat::finish(const absl::Status& status, const AnswerMetadata& metadata) {
  if (!exchange_.head_sent()) return finish_early(status, metadata);
  if (!status.ok()) {
    if (!streams()) return exchange_.send_error(500);  // which cuts it
    exchange_.write(Buffer::from_string(line_of("error", status_to_json(status))));
  }
  add_trailers(metadata.trailing, exchange_);
  exchange_.finish();
}

// All metadata goes into the head.
void JSONFormat::finish_early(const absl::Status& status, const AnswerMetadata& metadata) {
  if (!begun_) begin(Compression::kIdentity, metadata);
  add_fields(metadata.trailing, exchange_);
  if (!status.ok()) {
    exchange_.response().set_status(too_large_ ? 413 : http_status_of(status.code()));
    set_type(exchange_, "application/json");
    exchange_.clear_body();
    exchange_.write(Buffer::from_string(status_to_json(status)));
  }
  exchange_.finish();
}

}  // namespace turbo::rpc
