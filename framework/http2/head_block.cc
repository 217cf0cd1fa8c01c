#include "framework/http2/head_block.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace turbo::http2 {
namespace {

constexpr size_t kFieldOverhead = 32;  // RFC 9113 6.5.2
// What an idle stream keeps: a usual head fits.
constexpr size_t kKeptBytes = 4096;
constexpr size_t kKeptFields = 64;
constexpr size_t kFirstBytes = 1024;
constexpr size_t kFirstFields = 16;
constexpr std::string_view kCookie = "cookie";
constexpr std::string_view kContentLength = "content-length";

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
  pieces_.clear();
  fields_.clear();
  counted_ = 0;
  cookies_ = 0;
  head_ = Head();
}

void HeadBlock::restart() {
  start(HeadLimits());
  if (bytes_.size() > kKeptBytes) PoolVector<char>().swap(bytes_);
  if (pieces_.capacity() > kKeptFields) PoolVector<Piece>().swap(pieces_);
  if (fields_.capacity() > kKeptFields) PoolVector<http::Field>().swap(fields_);
}

bool HeadBlock::add(std::string_view name, std::string_view value) {
  counted_ += name.size() + value.size() + kFieldOverhead;
  // What follows a field that was dropped is dropped too, so that nobody sees a head with a hole.
  // Clients may send each cookie in a field of its own (RFC 9113 8.2.3): all count as one.
  const size_t fields = pieces_.size() - (cookies_ == 0 ? 0 : cookies_ - 1);
  head_.too_large |= counted_ > limits_.max_bytes || fields >= limits_.max_fields;
  if (head_.too_large) return false;
  if (used_ + name.size() + value.size() > bytes_.size()) grow(name.size() + value.size());
  pieces_.push_back({.begin = static_cast<uint32_t>(used_),
                     .name_bytes = static_cast<uint32_t>(name.size()),
                     .value_bytes = static_cast<uint32_t>(value.size())});
  append(name);
  append(value);
  if (name == kCookie) ++cookies_;
  return true;
}

void HeadBlock::grow(size_t more) {
  if (pieces_.capacity() == 0) pieces_.reserve(kFirstFields);
  bytes_.resize(std::max({used_ + more, 2 * bytes_.size(), kFirstBytes}));
}

// Requires: grow() made room.
void HeadBlock::append(std::string_view text) {
  if (!text.empty()) std::memcpy(bytes_.data() + used_, text.data(), text.size());
  used_ += text.size();
}

std::string_view HeadBlock::name_of(const Piece& piece) const {
  return {bytes_.data() + piece.begin, piece.name_bytes};
}

std::string_view HeadBlock::value_of(const Piece& piece) const {
  return {bytes_.data() + piece.begin + piece.name_bytes, piece.value_bytes};
}

// The joined field goes behind all bytes, and the first crumb's piece points there.
void HeadBlock::join_cookies() {
  Piece joined{.begin = static_cast<uint32_t>(used_),
               .name_bytes = static_cast<uint32_t>(kCookie.size())};
  // No crumb may move while it is copied.
  size_t room = kCookie.size();
  for (const Piece& piece : pieces_) {
    if (name_of(piece) == kCookie) room += piece.value_bytes + 2;
  }
  if (used_ + room > bytes_.size()) grow(room);
  append(kCookie);
  Piece* first = nullptr;
  for (Piece& piece : pieces_) {
    if (name_of(piece) != kCookie) continue;
    if (first != nullptr) append("; ");
    append(value_of(piece));
    if (first == nullptr) {
      first = &piece;
    } else {
      piece.name_bytes = 0;  // finish() passes over it
    }
  }
  joined.value_bytes = static_cast<uint32_t>(used_) - joined.begin - joined.name_bytes;
  *first = joined;
}

void HeadBlock::finish() {
  if (cookies_ > 1) join_cookies();
  fields_.reserve(std::max(pieces_.size(), kFirstFields));
  for (const Piece& piece : pieces_) {
    const std::string_view name = name_of(piece);
    if (name.empty()) continue;
    const std::string_view value = value_of(piece);
    if (name.front() == ':') {
      set_pseudo(name, value);
      continue;
    }
    fields_.push_back({name, value});
    if (name == kContentLength) head_.content_length = to_number<uint64_t>(value);
  }
  head_.fields = fields_;
}

void HeadBlock::set_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") head_.method = value;
  if (name == ":scheme") head_.scheme = value;
  if (name == ":authority") head_.authority = value;
  if (name == ":path") head_.path = value;
  if (name == ":protocol") head_.protocol = value;
  if (name == ":status") head_.status = to_number<int>(value).value_or(0);
}

}  // namespace turbo::http2
