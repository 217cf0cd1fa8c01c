#include "framework/http/response_head.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>

#include "framework/base/check.h"
#include "framework/base/status.h"
#include "framework/http/date.h"
#include "framework/http/request_head.h"
#include "framework/http/scan.h"
#include "framework/http/status_line.h"

namespace turbo::http {
namespace {

constexpr size_t kMaxFieldBytes = 64 * 1024;
constexpr size_t kFirstCapacity = 512;
constexpr size_t kMaxLengthDigits = 20;
// A status line with the longest reason that is registered.
constexpr size_t kMostStatusBytes = sizeof "HTTP/1.1 511 Network Authentication Required\r\n";
constexpr char kBeforeReason[] = "HTTP/1.1 200 ";
constexpr char kEndOfLine[] = "\r\n";
constexpr size_t kEndOfLineBytes = sizeof kEndOfLine - 1;
// The framing's own lines without the values a caller gives, and the empty line.
constexpr size_t kFramingBytes =
    sizeof "Transfer-Encoding: chunked\r\nConnection: \r\n\r\n" + kMaxLengthDigits;
// A chunk this small is copied behind its size line: one piece instead of three.
constexpr size_t kCopiedChunk = 512;
// Sixteen digits and CRLF.
constexpr size_t kMaxSizeLine = 18;
constexpr size_t kSmallBlock = 64;

template <size_t kSize>
void copy_ends(char* out, std::string_view bytes) {
  char begin[kSize];
  char end[kSize];
  std::memcpy(begin, bytes.data(), kSize);
  std::memcpy(end, bytes.data() + bytes.size() - kSize, kSize);
  std::memcpy(out, begin, kSize);
  std::memcpy(out + bytes.size() - kSize, end, kSize);
}

// Names, values and status lines are short: a call of memcpy costs more than they do
// (http_response_benchmark).
inline char* put(char* out, std::string_view bytes) {
  const size_t size = bytes.size();
  if (size >= 16 && size <= 32) {
    copy_ends<16>(out, bytes);
  } else if (size >= 8 && size < 16) {
    copy_ends<8>(out, bytes);
  } else if (size >= 4 && size < 8) {
    copy_ends<4>(out, bytes);
  } else if (size != 0) {  // memcpy takes no null pointer
    std::memcpy(out, bytes.data(), size);
  }
  return out + size;
}

// The same where the length is rarely below 32.
char* put_any(char* out, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

// A text known when this is compiled.
template <size_t kSize>
char* put(char* out, const char (&text)[kSize]) {
  std::memcpy(out, text, kSize - 1);
  return out + kSize - 1;
}

char* put_number(char* out, uint64_t number) {
  if (number >= 100) return std::to_chars(out, out + kMaxLengthDigits, number).ptr;
  if (number >= 10) *out++ = static_cast<char>('0' + number / 10);
  *out++ = static_cast<char>('0' + number % 10);
  return out;
}

template <size_t kSize>
char* put_field(char* out, const char (&name_and_colon)[kSize], std::string_view value) {
  return put(put(put(out, name_and_colon), value), kEndOfLine);
}

bool is_framing_field(std::string_view name) {
  switch (name.size()) {
    case 10:
      return is_name(name, "connection");
    case 14:
      return is_name(name, "content-length");
    case 17:
      return is_name(name, "transfer-encoding");
    default:
      return false;
  }
}

absl::Status too_large() {
  return make_status(absl::StatusCode::kResourceExhausted,
                     "the response's header fields are too large");
}

size_t put_size_line(char* out, size_t bytes) {
  char* const end = std::to_chars(out, out + kMaxSizeLine, bytes, 16).ptr;
  return static_cast<size_t>(put(end, kEndOfLine) - out);
}

}  // namespace

std::string_view reason_phrase(int status) {
  std::string_view line = registered_status_line(status);
  if (line.empty()) return line;
  line.remove_prefix(sizeof kBeforeReason - 1);
  line.remove_suffix(2);
  return line;
}

void ResponseHead::set_status(int status, std::string_view reason) {
  TURBO_CHECK(status >= 100 && status <= 999, "a status code has three digits");
  status_ = status;
  if (!is_field_value(reason)) reason = {};
  reason_.assign(reason);
}

// ---- fields ----

absl::Status ResponseHead::check(std::string_view name, std::string_view value) const {
  if (!is_token(name)) {
    return make_status(absl::StatusCode::kInvalidArgument, "a header name is not a token");
  }
  if (!is_field_value(value)) {
    return make_status(absl::StatusCode::kInvalidArgument, "a header value holds a control byte");
  }
  if (is_framing_field(name)) {
    return make_status(absl::StatusCode::kInvalidArgument, "the server writes the framing fields");
  }
  return absl::OkStatus();
}

absl::Status ResponseHead::set(std::string_view name, std::string_view value) {
  if (holds(value)) return set(name, std::string(value));
  if (absl::Status status = check(name, value); !status.ok()) return status;
  remove(name);
  return append(name, value);
}

absl::Status ResponseHead::add(std::string_view name, std::string_view value) {
  if (holds(value)) return add(name, std::string(value));
  if (absl::Status status = check(name, value); !status.ok()) return status;
  return append(name, value);
}

absl::Status ResponseHead::add(const ResponseHead& other) {
  TURBO_DCHECK(&other != this, "a head cannot be added to itself");
  const size_t bytes = other.wire_.size();
  if (wire_.size() > kMaxFieldBytes - bytes) return too_large();
  const auto begin = static_cast<uint32_t>(wire_.size());
  for (const Line& line : other.lines_) {
    lines_.push_back({begin + line.begin, line.name_bytes, line.bytes});
  }
  put_any(wire_.extend(bytes), {other.wire_.data(), bytes});
  own_date_ |= other.own_date_;
  own_server_ |= other.own_server_;
  return absl::OkStatus();
}

// A value that find() gave would move away under us.
bool ResponseHead::holds(std::string_view value) const {
  const std::less<const char*> before;
  return !before(value.data(), wire_.data()) && before(value.data(), wire_.data() + wire_.size());
}

absl::Status ResponseHead::append(std::string_view name, std::string_view value) {
  const size_t bytes = name.size() + 2 + value.size() + 2;
  if (bytes > kMaxFieldBytes || wire_.size() > kMaxFieldBytes - bytes) {
    return too_large();
  }
  lines_.push_back({static_cast<uint32_t>(wire_.size()), static_cast<uint32_t>(name.size()),
                    static_cast<uint32_t>(bytes)});
  put(put(put(put(wire_.extend(bytes), name), ": "), value), kEndOfLine);
  own_date_ |= name.size() == 4 && is_name(name, "date");
  own_server_ |= name.size() == 6 && is_name(name, "server");
  return absl::OkStatus();
}

void ResponseHead::remove(std::string_view name) {
  if (lines_.empty()) return;
  size_t kept = 0;
  uint32_t removed_bytes = 0;
  for (size_t i = 0; i < lines_.size(); ++i) {
    Line line = lines_[i];
    line.begin -= removed_bytes;
    if (equals_ignore_case(name_of(line), name)) {
      wire_.erase(line.begin, line.bytes);
      removed_bytes += line.bytes;
    } else {
      lines_[kept++] = line;
    }
  }
  if (removed_bytes == 0) return;
  lines_.resize(kept);
  if (equals_ignore_case(name, "date")) own_date_ = false;
  if (equals_ignore_case(name, "server")) own_server_ = false;
}

std::optional<std::string_view> ResponseHead::find(std::string_view name, size_t skipped) const {
  for (const Line& line : lines_) {
    if (!equals_ignore_case(name_of(line), name) || skipped-- > 0) continue;
    return value_of(line);
  }
  return std::nullopt;
}

void ResponseHead::restart() {
  status_ = 200;
  own_date_ = own_server_ = false;
  reason_.clear();
  wire_.clear();
  lines_.clear();
}

// ---- the wire ----

void ResponseHead::Wire::grow(size_t bytes) {
  const size_t capacity = std::max(std::max(kFirstCapacity, 2 * capacity_), size_ + bytes);
  std::unique_ptr<char[]> larger(new char[capacity]);
  if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
  capacity_ = capacity;
}

void ResponseHead::Wire::erase(size_t begin, size_t bytes) {
  std::memmove(data() + begin, data() + begin + bytes, size_ - begin - bytes);
  size_ -= bytes;
}

char* ResponseHead::put_status_line(char* out) const {
  const std::string_view registered = registered_status_line(status_);
  if (!registered.empty() && reason_.empty()) return put(out, registered);
  char* const reason = put(out, kBeforeReason);
  std::to_chars(out + 9, out + 12, status_);
  return put(put(reason, reason_), kEndOfLine);
}

// Where the common lines do not stand as they are.
[[gnu::noinline]] char* ResponseHead::put_first_lines(char* out,
                                                      const ResponseFraming& framing) const {
  out = put_status_line(out);
  if (framing.common.empty()) return out;
  const std::string_view lines = framing.common.substr(CommonLines::kStatusLine.size());
  if (!own_server_) out = put_any(out, lines.substr(0, framing.server_bytes));
  if (!own_date_) out = put_any(out, lines.substr(framing.server_bytes));
  return out;
}

void ResponseHead::serialize(const ResponseFraming& framing, Buffer& out,
                             std::string_view body) const {
  // More than is needed by what is left out; commit() says what was.
  const size_t most = kMostStatusBytes + reason_.size() + kFramingBytes + wire_.size() +
                      framing.common.size() + framing.connection.size() + body.size();
  const std::span<char> room = out.reserve(most);
  const bool usual =
      status_ == 200 && reason_.empty() && !own_server_ && !own_date_ && !framing.common.empty();
  char* p = usual ? put_any(room.data(), framing.common) : put_first_lines(room.data(), framing);
  p = put(p, {wire_.data(), wire_.size()});
  if (framing.body == BodyFraming::kLength) {
    p = put(put_number(put(p, "Content-Length: "), framing.length), kEndOfLine);
  } else if (framing.body == BodyFraming::kChunked) {
    p = put(p, "Transfer-Encoding: chunked\r\n");
  }
  if (!framing.connection.empty()) p = put_field(p, "Connection: ", framing.connection);
  p = put(put(p, kEndOfLine), body);
  out.commit(static_cast<size_t>(p - room.data()));
}

void append_chunk(Buffer data, Buffer& out) {
  const size_t bytes = data.size();
  if (bytes == 0) return;
  if (bytes <= kCopiedChunk) {
    const std::span<char> room = out.reserve(kMaxSizeLine + bytes + kEndOfLineBytes);
    const size_t line = put_size_line(room.data(), bytes);
    data.copy_to(0, room.subspan(line, bytes));
    put(room.data() + line + bytes, kEndOfLine);
    out.commit(line + bytes + kEndOfLineBytes);
    return;
  }
  out.commit(put_size_line(out.reserve(kMaxSizeLine, kSmallBlock).data(), bytes));
  out.append(std::move(data));
  put(out.reserve(kEndOfLineBytes, kSmallBlock).data(), kEndOfLine);
  out.commit(kEndOfLineBytes);
}

void append_last_chunk(Buffer& out, std::string_view trailer_lines) {
  constexpr char kLastChunk[] = "0\r\n";
  const size_t bytes = sizeof kLastChunk - 1 + trailer_lines.size() + kEndOfLineBytes;
  char* const p = put(out.reserve(bytes, kSmallBlock).data(), kLastChunk);
  put(put_any(p, trailer_lines), kEndOfLine);
  out.commit(bytes);
}

bool may_be_trailer(std::string_view name) {
  constexpr std::string_view kForbidden[] = {
      // framing and the connection
      "connection", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer",
      "transfer-encoding", "upgrade",
      // routing and request modifiers
      "cache-control", "expect", "host", "max-forwards", "pragma", "range",
      // authentication and cookies
      "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie",
      "www-authenticate",
      // response control
      "age", "date", "expires", "location", "retry-after", "vary", "warning"};
  const auto begins = [name](std::string_view prefix) {
    return equals_ignore_case(name.substr(0, prefix.size()), prefix);
  };
  if (begins("if-")) return false;
  if (begins("content-")) return equals_ignore_case(name, "content-digest");
  return std::none_of(
      std::begin(kForbidden), std::end(kForbidden),
      [name](std::string_view forbidden) { return equals_ignore_case(name, forbidden); });
}

}  // namespace turbo::http
