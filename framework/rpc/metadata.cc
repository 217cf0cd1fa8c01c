#include "framework/rpc/metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "framework/base/views.h"
#include "framework/crypto/text_codec.h"

namespace turbo::rpc {
namespace {

constexpr std::string_view kUserAgent = "user-agent";
constexpr size_t kFieldOverhead = 32;

// HTTP's own, and those that HTTP/2 does not have (RFC 9113 8.2.2).
constexpr std::array<std::string_view, 10> kHTTPFields = {
    "connection", "content-length",    "content-type", "host",   "keep-alive", "proxy-connection",
    "te",         "transfer-encoding", "trailer",      "upgrade"};

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), is_key_byte);
}

bool is_reserved(std::string_view key) {
  return key.starts_with("grpc-") ||
         std::find(kHTTPFields.begin(), kHTTPFields.end(), key) != kHTTPFields.end();
}

bool is_custom(std::string_view name) { return is_key(name) && !is_reserved(name); }

bool is_text(std::string_view value) {
  return !value.starts_with(' ') && !value.ends_with(' ') &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string_view copy(std::string_view text, char*& room) {
  char* const begin = room;
  room = std::copy(text.begin(), text.end(), room);
  return {begin, text.size()};
}

std::string_view copy_lower(std::string_view text, char*& room) {
  char* const begin = room;
  room = std::transform(text.begin(), text.end(), room, absl::ascii_tolower);
  return {begin, text.size()};
}

// In whatever case; all names that are not are shorter than what is looked at.
bool may_be_custom(std::string_view name) {
  std::array<char, 32> room;
  char* end = room.data();
  return is_custom(copy_lower(name.substr(0, room.size()), end));
}

absl::Status refuse(std::string_view key, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat("metadata \"", absl::CHexEscape(to_absl(key)), "\": ", why));
}

}  // namespace

absl::Status Metadata::add(std::string_view key, std::string_view value) {
  auto text = std::make_unique_for_overwrite<char[]>(key.size() + value.size());
  char* room = text.get();
  const std::string_view lower = copy_lower(key, room);
  if (!is_key(lower)) return refuse(key, "a key has letters, digits, '-', '_' and '.'");
  if (is_reserved(lower) || lower == kUserAgent) return refuse(key, "the key is reserved");
  if (!is_binary(lower) && !is_text(value)) {
    return refuse(key, "a value that is not printable ASCII wants a key that ends in \"-bin\"");
  }
  entries_.push_back({lower, copy(value, room)});
  texts_.push_back(std::move(text));
  return absl::OkStatus();
}

std::optional<std::string_view> Metadata::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

void Metadata::decode(std::span<const http::Field> fields) {
  size_t bytes = 0;
  for (const http::Field& field : fields) {
    if (may_be_custom(field.name)) bytes += field.name.size() + field.value.size();
  }
  if (bytes == 0) return;
  texts_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
  char* room = texts_.back().get();
  for (const http::Field& field : fields) {
    if (!may_be_custom(field.name)) continue;
    char* const before = room;
    const std::string_view key = copy_lower(field.name, room);  // HTTP/1 has it as it was spelled
    if (!is_custom(key)) {
      room = before;
    } else if (is_binary(key)) {
      decode_binaries(key, field.value, room);
    } else if (is_text(field.value)) {
      entries_.push_back({key, copy(field.value, room)});
    }
  }
}

// What it stands for is never longer than the text.
void Metadata::decode_binaries(std::string_view key, std::string_view values, char*& room) {
  for (;;) {
    const size_t comma = values.find(',');
    const absl::string_view text = absl::StripAsciiWhitespace(to_absl(values.substr(0, comma)));
    const std::optional<std::string> bytes = decode_binary(to_std(text));
    if (bytes) entries_.push_back({key, copy(*bytes, room)});
    if (comma == std::string_view::npos) return;
    values.remove_prefix(comma + 1);
  }
}

size_t Metadata::head_bytes() const {
  size_t bytes = 0;
  for (const Entry& entry : entries_) {
    const size_t value = is_binary(entry.key) ? (entry.value.size() * 4 + 2) / 3  // in base64
                                              : entry.value.size();
    bytes += entry.key.size() + value + kFieldOverhead;
  }
  return bytes;
}

std::string encode_binary(std::string_view bytes) {
  return base64_encode(bytes, Base64Padding::kUnpadded);
}

std::optional<std::string> decode_binary(std::string_view text) {
  return base64_decode(text,
                       text.ends_with('=') ? Base64Padding::kPadded : Base64Padding::kUnpadded);
}

}  // namespace turbo::rpc
