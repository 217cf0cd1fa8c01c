#include "framework/http2/head_block.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace turbo::http2 {
namespace {

// What an idle stream keeps: a usual head fits.
constexpr size_t kKeptBytes = 4096;
constexpr size_t kKeptFields = 64;
constexpr size_t kFirstBytes = 1024;
constexpr size_t kFirstFields = 16;
constexpr std::string_view kCookie = "cookie";
constexpr std::string_view kBetweenCrumbs = "; ";

template <class Number>
std::optional<Number> to_number(std::string_view digits) {
  Number number = 0;
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

}  // namespace

void HeadBlock::start(const HeadLimits& limits) {
  limits_ = limits;
  used_ = 0;
  fields_.clear();
  count_ = 0;
  counted_ = 0;
  cookies_ = 0;
  head_ = Head();
}

void HeadBlock::restart() {
  if (counted_ == 0) return;
  start(HeadLimits());
  if (bytes_.size() > kKeptBytes) PoolVector<char>().swap(bytes_);
  if (fields_.capacity() > kKeptFields) PoolVector<http::Field>().swap(fields_);
}

// False: a limit was passed. What follows a field that was dropped is dropped too, so that nobody
// sees a head with a hole.
bool HeadBlock::make_room(size_t bytes) {
  head_.too_large |= counted_ > limits_.max_bytes || count_ > limits_.max_fields;
  if (head_.too_large) return false;
  if (fields_.size() == fields_.capacity()) {
    fields_.reserve(std::max(kFirstFields, 2 * fields_.size()));
  }
  if (bytes > bytes_.size() - used_) grow(bytes);
  return true;
}

void HeadBlock::grow(size_t more) {
  PoolVector<char> larger(std::max({used_ + more, 2 * bytes_.size(), kFirstBytes}));
  if (used_ > 0) std::memcpy(larger.data(), bytes_.data(), used_);
  move_views(bytes_.data(), larger.data());
  bytes_.swap(larger);
}

void HeadBlock::move_views(const char* from, const char* to) {
  const auto move = [from, to](std::string_view& view) {
    if (view.data() != nullptr) view = {to + (view.data() - from), view.size()};
  };
  for (std::string_view* view :
       {&head_.method, &head_.scheme, &head_.authority, &head_.path, &head_.protocol}) {
    move(*view);
  }
  for (http::Field& field : fields_) {
    move(field.name);
    move(field.value);
  }
}

// The joined value goes behind all bytes, and takes the first crumb's place.
void HeadBlock::join_cookies() {
  size_t bytes = 0;
  for (const http::Field& field : fields_) {
    if (field.name == kCookie) bytes += field.value.size() + kBetweenCrumbs.size();
  }
  bytes -= kBetweenCrumbs.size();
  if (bytes > bytes_.size() - used_) grow(bytes);
  char* const joined = bytes_.data() + used_;
  used_ += bytes;
  char* end = joined;
  const auto append = [&end](std::string_view text) {
    copy(text, end);
    end += text.size();
  };
  size_t kept = 0;
  http::Field* first = nullptr;
  for (const http::Field& field : fields_) {
    if (field.name == kCookie) {
      if (first != nullptr) append(kBetweenCrumbs);
      append(field.value);
      if (first != nullptr) continue;
      first = &fields_[kept];
    }
    fields_[kept++] = field;
  }
  first->value = {joined, bytes};
  fields_.resize(kept);
}

void HeadBlock::finish() {
  if (cookies_ > 1) join_cookies();
  head_.fields = fields_;
}

void HeadBlock::add_special(std::string_view name, std::string_view value, FieldKind kind) {
  switch (kind) {
    case FieldKind::kMethod:
      head_.method = value;
      return;
    case FieldKind::kScheme:
      head_.scheme = value;
      return;
    case FieldKind::kAuthority:
      head_.authority = value;
      return;
    case FieldKind::kPath:
      head_.path = value;
      return;
    case FieldKind::kProtocol:
      head_.protocol = value;
      return;
    case FieldKind::kStatus:
      head_.status = to_number<int>(value).value_or(0);
      return;
    case FieldKind::kContentLength:
      head_.content_length = to_number<uint64_t>(value);
      break;
    case FieldKind::kCookie:
      // Clients may send each cookie in a field of its own (RFC 9113 8.2.3): all count as one.
      if (cookies_++ > 0) --count_;
      break;
    default:
      break;
  }
  fields_.push_back({name, value});
}

}  // namespace turbo::http2
