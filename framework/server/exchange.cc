#include "framework/server/exchange.h"

#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/log.h"
#include "framework/base/status.h"
#include "framework/server/error_page.h"

namespace turbo {

void Exchange::write(std::string_view bytes) {
  if (!may_answer()) return;
  if (!output_.empty() || bytes.size() > kSmallBytes - small_size_) {
    output_.append(bytes);
    return;
  }
  std::memcpy(small_.data() + small_size_, bytes.data(), bytes.size());
  small_size_ += bytes.size();
}

void Exchange::write(Buffer bytes) {
  if (may_answer()) output_.append(std::move(bytes));
}

void Exchange::flush() {
  if (!may_answer()) return;
  // transmit() asks head_sent() to know whether the head is still to go, so the phase moves after
  // it.
  if (send(Last::kNo)) phase_ = Phase::kStreaming;
}

void Exchange::finish() {
  if (!may_answer()) return;
  if (!send(Last::kYes)) return;
  phase_ = Phase::kFinished;
  if (holds_ == 0) on_done();
}

void Exchange::send_error(int status, std::string_view detail,
                          std::span<const http::Field> fields) {
  if (!may_answer()) return;
  if (head_sent()) return end_without_answer();
  clear_response();
  response_.set_status(status);
  append_error_page(status, detail, output_);
  // These are our own words, which set() accepts.
  response_.set("Content-Type", "text/html; charset=utf-8").IgnoreError();
  for (const http::Field& field : fields) response_.set(field.name, field.value).IgnoreError();
  finish();
}

void Exchange::clear_response() {
  if (head_sent()) return;
  response_.restart();
  clear_body();
  if (rare_ == nullptr) return;
  rare_->content_length.reset();
  trailers_.restart();
}

void Exchange::end_without_answer() {
  phase_ = Phase::kFinished;
  abort();
  if (holds_ == 0) on_done();
}

// ---- what few exchanges need ----

// A filter that answers would answer inside of the answer it is shown.
[[gnu::noinline]] bool Exchange::refuse_filter() const {
  static LogLimiter limiter(std::chrono::seconds(1));
  if (auto held = limiter.admit()) {
    log_limited(LogLevel::kError, "a filter wrote to the answer it was shown; that was dropped",
                *held);
  }
  return false;
}

Exchange::Rare& Exchange::rare() {
  if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
  return *rare_;
}

bool Exchange::has_no_body() const {
  const int status = response_.status();
  return head().method == http::Method::kHead || status < 200 || status == 204 || status == 304;
}

// A 304 tells what the client has, not what it would get (RFC 9110 15.4.5). Not before the filters
// are through: whether they would have changed the whole answer depends on its type.
void Exchange::drop_content_fields_of_304() {
  if (response_.status() != 304) return;
  for (std::string_view name : {"Content-Type", "Content-Encoding", "Content-Language"}) {
    response_.remove(name);
  }
}

void Exchange::set_content_length(uint64_t bytes) {
  if (head_sent() || !may_answer()) return;
  rare().content_length = bytes;
  rare().content_left = bytes;
}

std::optional<uint64_t> Exchange::content_length() const {
  return rare_ == nullptr ? std::nullopt : rare_->content_length;
}

absl::Status Exchange::add_trailer(std::string_view name, std::string_view value) {
  if (!http::may_be_trailer(name)) {
    return make_status(absl::StatusCode::kInvalidArgument, "a field that may not be a trailer");
  }
  if (finished()) return absl::OkStatus();
  rare();
  return trailers_.add(name, value);
}

absl::Status Exchange::send_informational(int status, std::span<const http::Field> fields) {
  // 100 is the server's to send, and after 101 it would be another protocol's turn.
  if (status < 102 || status > 199) {
    return make_status(absl::StatusCode::kInvalidArgument, "no status of an interim response");
  }
  http::ResponseHead interim;
  interim.set_status(status);
  for (const http::Field& field : fields) {
    if (absl::Status added = interim.add(field.name, field.value); !added.ok()) return added;
  }
  if (!head_sent()) transmit_informational(interim);
  return absl::OkStatus();
}

void Exchange::add_output_filter(std::unique_ptr<OutputFilter> filter) {
  if (head_sent() || !may_answer()) return;
  filter->next_ = std::move(rare().filter);
  rare_->filter = std::move(filter);
}

void Exchange::write_file(int file, off_t offset, uint64_t bytes) {
  if (!may_answer()) return;
  if (!content_length().has_value()) {
    cut("write_file() wants set_content_length() before the head is sent");
    return;
  }
  if (!send(Last::kNo)) return;
  phase_ = Phase::kStreaming;
  if (has_no_body() || bytes == 0) return;
  if (!take_from_content_length(bytes, Last::kNo)) return;
  if (!transmit_file(file, offset, bytes)) cut("a file could not be sent");
}

[[gnu::noinline]] bool Exchange::send_rare(Last last) {
  if (rare_->filter != nullptr) filter_output(last);
  if (!take_from_content_length(small_size_ + output_.size(), last)) return false;
  transmit({small_.data(), std::exchange(small_size_, 0)}, std::move(output_), last);
  return true;
}

void Exchange::filter_output(Last last) {
  Buffer body = std::move(output_);
  output_.clear();
  body.prepend(std::string_view(small_.data(), std::exchange(small_size_, 0)));
  const bool whole = last == Last::kYes;
  const Phase phase = std::exchange(phase_, Phase::kFiltering);
  for (OutputFilter* f = rare_->filter.get(); f != nullptr; f = f->next_.get()) {
    if (phase == Phase::kOpen) f->on_head(*this, body, whole);
    body = f->on_body(std::move(body), whole);
  }
  phase_ = phase;
  output_ = std::move(body);
}

// What the client was promised, no more and, at the end, no less; else it might take half for the
// whole, or the rest for the next answer.
bool Exchange::take_from_content_length(uint64_t bytes, Last last) {
  if (!rare_->content_length.has_value() || has_no_body()) return true;
  if (bytes > rare_->content_left) return cut("a handler wrote more than the length it declared");
  rare_->content_left -= bytes;
  if (last == Last::kNo || rare_->content_left == 0) return true;
  return cut("a handler wrote less than the length it declared");
}

bool Exchange::cut(std::string_view why) {
  static LogLimiter limiter(std::chrono::seconds(1));
  if (auto held = limiter.admit()) {
    log_limited(LogLevel::kError, std::string(why).append(" (").append(head().path).append(")"),
                *held);
  }
  end_without_answer();
  return false;
}

template <class Call, class... Arguments>
bool Exchange::call_out(Call& call, Arguments&&... arguments) {
  try {
    call(std::forward<Arguments>(arguments)...);
    return true;
  } catch (...) {
    loop().report_exception(std::current_exception());
    return false;
  }
}

// ---- the body's way in ----

void Exchange::read_body(BodyCallback callback) {
  if (!body_unwanted()) {
    return log(LogLevel::kError, "a piece of the body is waited for already; that read is dropped");
  }
  rare().body_callback = std::move(callback);
  on_input_wanted();
}

void Exchange::cancel_read_body() {
  if (rare_ != nullptr) rare_->body_callback = nullptr;
}

// A piece keeps the block it was received in, however little of it it fills: small ones are copied
// together, so that a body sent byte by byte does not hold a block for each.
absl::Status Exchange::add_body(Buffer piece, size_t small_bytes) {
  if (body_is_decompressed()) return rare_->decompressor->feed(std::move(piece), body_);
  if (body_.empty() || piece.size() > small_bytes) {
    body_.append(std::move(piece));
  } else {
    for (; !piece.empty(); piece.drain(piece.front().size())) body_.append(piece.front());
  }
  return absl::OkStatus();
}

absl::Status Exchange::check_body_end() const {
  return body_is_decompressed() ? rare_->decompressor->finish() : absl::OkStatus();
}

// Empty, which is no coding's name, for more than one field.
std::string_view Exchange::content_coding() const {
  std::optional<std::string_view> coding;
  for (const http::Field& field : head().fields) {
    if (!http::equals_ignore_case(field.name, "Content-Encoding")) continue;
    if (coding.has_value()) return {};
    coding = field.value;
  }
  return coding.value_or("identity");
}

void Exchange::decompress_body() {
  const std::string_view coding = content_coding();
  if (http::equals_ignore_case(coding, "identity") || !head().has_body()) return;
  const std::optional<CompressionFormat> format = format_of_coding(coding);
  if (!format.has_value()) {
    const http::Field known{"Accept-Encoding", "gzip, deflate, br"};
    return send_error(415, "The body has a coding that this server does not know.", {&known, 1});
  }
  rare().decompressor = Decompressor::make(*format, {.max_output_bytes = max_body_bytes()});
}

void Exchange::deliver_body() {
  if (done() || body_unwanted() || (!body_ended_ && (body_.empty() || !body_streamed_))) return;
  BodyCallback callback = std::move(rare_->body_callback);
  rare_->body_callback = nullptr;
  Buffer piece = std::move(body_);
  body_.clear();
  if (!call_out(callback, std::move(piece))) send_error(500);
}

// ---- the client ----

void Exchange::when_output_left(Callback callback) {
  rare().output_left = std::move(callback);
  on_output_wait();
}

void Exchange::tell_output_left() {
  if (!waits_for_output()) return;
  Callback callback = std::move(rare_->output_left);
  rare_->output_left = nullptr;
  if (!call_out(callback)) send_error(500);
}

void Exchange::on_peer_shut(Callback callback) {
  rare().peer_shut = std::move(callback);
  on_input_wanted();
}

void Exchange::ignore_peer_shut() {
  if (rare_ != nullptr) rare_->peer_shut = nullptr;
}

void Exchange::tell_peer_shut() {
  if (!watches_peer()) return;
  Callback callback = std::move(rare_->peer_shut);
  rare_->peer_shut = nullptr;
  call_out(callback);
}

void Exchange::release() {
  TURBO_DCHECK(holds_ > 0, "release() without hold()");
  if (--holds_ == 0 && finished()) on_done();
}

void Exchange::restart() {
  cancel();
  body_.clear();
  clear_body();
  response_.restart();
  holds_ = 0;
  phase_ = Phase::kOpen;
  body_streamed_ = body_ended_ = keeps_own_time_ = false;
}

// The attachment first: a task in it withdraws what it waits for.
void Exchange::cancel() {
  attachment_.reset();
  if (rare_ != nullptr) [[unlikely]]
    drop_rare();
}

void Exchange::dismiss() {
  attachment_.reset();
  holds_ = 0;
  if (rare_ == nullptr) return;
  rare_->body_callback = nullptr;
  rare_->output_left = nullptr;
  rare_->peer_shut = nullptr;
}

[[gnu::noinline]] void Exchange::drop_rare() {
  rare_.reset();
  trailers_.restart();
}

}  // namespace turbo
