#include "framework/net/read_matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "framework/base/status.h"

namespace turbo {

namespace {

// Tries between doublings may look at this many bytes for each byte of input, plus a constant so
// that short answers typed key by key are found at once.
constexpr size_t kEffortPerByte = 32;
constexpr size_t kFreeEffort = 4096;

constexpr int64_t kPatternMemory = 1 << 20;

}  // namespace

ReadMatcher::ReadMatcher() = default;
ReadMatcher::~ReadMatcher() = default;

absl::Status ReadMatcher::set_delimiter(std::string_view delimiter) {
  if (delimiter.empty() || delimiter.size() > DelimiterSearch::kMaxDelimiter) {
    return make_status(absl::StatusCode::kInvalidArgument, "a delimiter has 1 to 4096 bytes");
  }
  if (!search_.has_value() || search_->delimiter() != delimiter) search_.emplace(delimiter);
  restart();
  return absl::OkStatus();
}

absl::Status ReadMatcher::set_pattern(std::string_view pattern) {
  if (pattern_ == nullptr || std::string_view(pattern_->pattern()) != pattern) {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);  // streams carry bytes
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    auto compiled = std::make_unique<RE2>(std::string(pattern), options);
    if (!compiled->ok()) {
      return make_status(absl::StatusCode::kInvalidArgument,
                         "regular expression: " + compiled->error());
    }
    pattern_ = std::move(compiled);
  }
  restart();
  return absl::OkStatus();
}

void ReadMatcher::restart() {
  if (search_.has_value()) search_->restart();
  tried_ = 0;
  spent_ = 0;
  retry_wanted_ = false;
}

std::optional<size_t> ReadMatcher::find_delimiter(const Buffer& input, size_t limit) {
  return search_->find_end(input, limit);
}

bool ReadMatcher::worth_trying(size_t size) const {
  return size >= 2 * tried_ || spent_ + size <= kEffortPerByte * size + kFreeEffort;
}

std::optional<size_t> ReadMatcher::find_pattern(Buffer& input, size_t limit, Effort effort) {
  const size_t size = std::min(input.size(), limit);
  if (size == tried_ && tried_ > 0) return std::nullopt;
  // At the limit no more bytes can come that would make a later try the better one.
  if (effort == Effort::kIfWorthIt && size < limit && !worth_trying(size)) {
    retry_wanted_ = true;
    return std::nullopt;
  }
  retry_wanted_ = false;
  tried_ = size;
  spent_ += size;
  const std::string_view text = input.linearize(size);
  re2::StringPiece match;
  const re2::StringPiece subject(text.data(), text.size());
  if (!pattern_->Match(subject, 0, text.size(), RE2::UNANCHORED, &match, 1)) return std::nullopt;
  return static_cast<size_t>(match.data() + match.size() - text.data());
}

}  // namespace turbo
