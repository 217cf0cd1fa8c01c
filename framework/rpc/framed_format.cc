#include "framework/rpc/framed_format.h"

#include <optional>
#include <utility>

#include "framework/base/status.h"
#include "framework/rpc/protobuf_buffer.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

namespace {

// Metadata was checked when it was added, so what these refuse is too much for one head: the call
// then says less.
void add_fields(const Metadata& metadata, http::ResponseHead& head) {
  metadata.encode(
      [&](std::string_view name, std::string_view value) { head.add(name, value).IgnoreError(); });
}

}  // namespace

absl::Status FramedFormat::set_encoding(std::string_view encoding) {
  const std::optional<Compression> compression = parse_compression(encoding);
  if (compression.has_value()) {
    reader_.set_compression(*compression);
    return absl::OkStatus();
  }
  exchange_.response().set("grpc-accept-encoding", kAcceptedEncodings).IgnoreError();
  return make_status(absl::StatusCode::kUnimplemented, "an unknown grpc-encoding");
}

absl::StatusOr<bool> FramedFormat::read(google::protobuf::Message& message) {
  absl::StatusOr<std::optional<Buffer>> bytes = reader_.next();
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return false;
  if (parse_message(**bytes, message)) return true;
  return make_status(absl::StatusCode::kInternal, "a request that cannot be parsed");
}

void FramedFormat::begin(Compression compression, const AnswerMetadata& metadata) {
  begun_ = true;
  http::ResponseHead& head = exchange_.response();
  head.set("content-type", content_type_).IgnoreError();
  if (compression != Compression::kIdentity &&
      accepts(exchange_.head().find("grpc-accept-encoding").value_or(""), compression)) {
    compression_ = compression;
    head.set("grpc-encoding", to_string(compression)).IgnoreError();
  }
  if (metadata.initial != nullptr) add_fields(*metadata.initial, head);
}

absl::Status FramedFormat::write(const google::protobuf::Message& message) {
  Buffer bytes;
  const Compression compression = compresses_ ? compression_ : Compression::kIdentity;
  if (!append_message(message, compression, options_.max_reply_bytes, bytes)) {
    return make_status(absl::StatusCode::kResourceExhausted, "a reply above the limit");
  }
  put(std::move(bytes));
  return absl::OkStatus();
}

void FramedFormat::finish(const absl::Status& status, const AnswerMetadata& metadata) {
  if (begun_) {
    put_trailers(status, metadata);
    return exchange_.finish();
  }
  begin(Compression::kIdentity, {});
  http::ResponseHead& head = exchange_.response();
  encode_status(status, [&](std::string_view name, std::string_view value) {
    head.add(name, value).IgnoreError();
  });
  // Behind the status, which must not be what a full head has no room for.
  if (metadata.initial != nullptr) add_fields(*metadata.initial, head);
  if (metadata.trailing != nullptr) add_fields(*metadata.trailing, head);
  exchange_.finish();
}

}  // namespace turbo::rpc
