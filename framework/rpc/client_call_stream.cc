#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/rpc/channel_part.h"
#include "framework/rpc/client_call.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {

namespace {

// Larger pieces are shared rather than copied while they may have to be sent again.
constexpr size_t kCopiedBytes = 1024;

std::optional<std::string_view> find(std::span<const http::Field> fields, std::string_view name) {
  for (const http::Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

// Of any message format, which the server took the request in; not its kin, grpc-web.
bool is_grpc(std::string_view type) {
  constexpr std::string_view kType = "application/grpc";
  if (!type.starts_with(kType)) return false;
  return type.size() == kType.size() ||
         std::string_view("+; ").find(type[kType.size()]) != std::string_view::npos;
}

}  // namespace

// ---- what goes ----

http2::Body ClientCall::fill_request(http2::RequestFields& fields) {
  part_->fill_request(*this, fields);
  if (context_ != nullptr) context_->peer_ = part_->address_of(*connection());
  return http2::Body::kFollows;
}

bool ClientCall::take_body(size_t bytes, Buffer& out) {
  if (!keeps_request_) {
    has_all_ = false;
    out.append(request_.split(bytes));
  } else {
    const std::string_view first = request_.front();
    if (bytes <= kCopiedBytes && sent_ + bytes <= first.size()) {
      out.append(first.substr(sent_, bytes));
    } else {
      out.append(request_.share(sent_, bytes));
    }
    sent_ += bytes;
  }
  if (writable_callback_ && writable()) wake();
  return true;
}

// ---- what comes ----

void ClientCall::on_head(bool ends) {
  if (head().status / 100 == 1 || ended_) return;
  if (ends) return;  // it is the status, too
  commit();
  if (context_ != nullptr) context_->initial_.decode(head().fields);
  if (absl::Status good = check_head(); !good.ok()) fail(std::move(good));
}

// Of a head that messages follow. Another status than 200 waits for the end, where the server may
// say more.
absl::Status ClientCall::check_head() {
  if (head().too_large) return absl::ResourceExhaustedError("the answer's head is too large");
  if (head().status != 200) return absl::OkStatus();
  std::string_view type;
  for (const http::Field& field : head().fields) {
    if (field.name == "content-type") type = field.value;
    if (field.name != "grpc-encoding") continue;
    const std::optional<Compression> compression = parse_compression(field.value);
    if (!compression.has_value()) {
      return absl::InternalError(
          absl::StrCat("replies are compressed as nobody asked for: ", to_absl(field.value)));
    }
    replies_->set_compression(*compression);
  }
  if (is_grpc(type)) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("the answer is no gRPC but ", to_absl(type)));
}

void ClientCall::on_data(Buffer piece) {
  const size_t bytes = piece.size();
  if (ended_ || drops_replies_ || head().status != 200) return consume(bytes);
  replies_->add(std::move(piece));
  if (collects()) {
    consume(bytes);
    return collect();
  }
  unconsumed_ += bytes;
  if (read_callback_) wake();
}

// There is to be one reply.
void ClientCall::collect() {
  if (!has_reply_) {
    absl::StatusOr<std::optional<Buffer>> next = replies_->next();
    if (!next.ok()) return fail(next.status());
    if (!next->has_value()) return;
    reply_ = *std::move(*next);
    has_reply_ = true;
  }
  if (replies_->size() > 0) fail(absl::InternalError("the server sent more than one reply"));
}

void ClientCall::on_end(std::span<const http::Field> trailers) {
  if (ended_) return;
  const std::span<const http::Field> fields = committed_ ? trailers : head().fields;
  if (context_ != nullptr) context_->trailing_.decode(fields);
  absl::Status status = status_of(fields);
  replies_whole_ = true;
  if (status.ok() && collects() && !replies_->check_end().ok()) {
    status = absl::InternalError("the reply was cut short");
  }
  const Pushback pushback =
      status.ok() ? Pushback() : parse_pushback(find(fields, "grpc-retry-pushback-ms"));
  conclude(std::move(status), pushback);
  // What the server does not wait for need not be sent.
  if (!writes_done_ || sent_ < request_.size()) reset(http2::ErrorCode::kCancel);
}

absl::Status ClientCall::status_of(std::span<const http::Field> fields) const {
  if (std::optional<absl::Status> status = decode_status(fields)) return *std::move(status);
  if (head().status != 200) return status_of_http(head().status);
  return absl::UnknownError("the server said no status");
}

void ClientCall::on_finished(const StreamEnd& end) {
  if (ended_) {
    if (released_) recycle();
    return;
  }
  if (next_try_in_.has_value()) return try_again_after(*std::exchange(next_try_in_, {}));
  if (end.refused && !committed_ && has_all_) return try_transparently(end);
  conclude(status_of(end), {});
}

absl::Status ClientCall::status_of(const StreamEnd& end) const {
  if (!end.lost.ok()) return absl::UnavailableError(end.lost.message());
  if (end.code == http2::ErrorCode::kNoError) {
    return absl::InternalError("the server ended the call without a status");
  }
  if (!end.by_server && end.code == http2::ErrorCode::kEnhanceYourCalm) {
    return absl::ResourceExhaustedError("the server's head or trailers are too large");
  }
  if (!end.by_server) {
    return absl::InternalError(
        absl::StrCat("the server broke the protocol: ", to_absl(http2::error_name(end.code))));
  }
  // It may see the deadline first.
  if (end.code == http2::ErrorCode::kCancel &&
      loop_->time() >= deadline_.value_or(TimePoint::max())) {
    return absl::DeadlineExceededError("the deadline has passed");
  }
  return status_of_reset(end.code);
}

}  // namespace turbo::rpc
