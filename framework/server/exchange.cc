#include "framework/server/exchange.h"

#include <cstring>
#include <utility>

#include "framework/base/check.h"
#include "framework/server/error_page.h"

namespace turbo {

void Exchange::write(std::string_view bytes) {
  if (finished()) return;
  if (!output_.empty() || bytes.size() > kSmallBytes - small_size_) {
    output_.append(bytes);
    return;
  }
  std::memcpy(small_.data() + small_size_, bytes.data(), bytes.size());
  small_size_ += bytes.size();
}

void Exchange::write(Buffer bytes) {
  if (!finished()) output_.append(std::move(bytes));
}

void Exchange::flush() {
  if (finished()) return;
  // transmit() asks head_sent() to know whether the head is still to go, so the phase moves after
  // it.
  send(Last::kNo);
  phase_ = Phase::kStreaming;
}

void Exchange::finish() {
  if (finished()) return;
  send(Last::kYes);
  phase_ = Phase::kFinished;
  if (holds_ == 0) on_done();
}

void Exchange::send_error(int status, std::string_view detail,
                          std::span<const http::Field> fields) {
  if (finished()) return;
  if (head_sent()) {
    phase_ = Phase::kFinished;
    abort();
    if (holds_ == 0) on_done();
    return;
  }
  response_.restart();
  response_.set_status(status);
  clear_body();
  append_error_page(status, detail, output_);
  // These are our own words, which set() accepts.
  response_.set("Content-Type", "text/html; charset=utf-8").IgnoreError();
  for (const http::Field& field : fields) response_.set(field.name, field.value).IgnoreError();
  finish();
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
}

void Exchange::cancel() { attachment_.reset(); }

}  // namespace turbo
