#include "framework/rpc/base64_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "framework/crypto/text_codec.h"

namespace turbo::rpc {

namespace {

constexpr size_t kGroupSize = 4;

// Whole groups: each text of them ends behind the group that has its padding.
bool decode_groups(std::string_view groups, Buffer& out) {
  while (!groups.empty()) {
    const size_t padding = groups.find('=');
    const size_t end =
        padding == std::string_view::npos ? groups.size() : (padding / kGroupSize + 1) * kGroupSize;
    std::optional<std::string> bytes = base64_decode(groups.substr(0, end));
    if (!bytes.has_value()) return false;
    out.append_string(*std::move(bytes));
    groups.remove_prefix(end);
  }
  return true;
}

}  // namespace

bool Base64Reader::read(const Buffer& piece, Buffer& out) {
  for (const std::string_view text : piece) {
    if (failed_ || !read_piece(text, out)) return !(failed_ = true);
  }
  return !failed_;
}

bool Base64Reader::read_piece(std::string_view text, Buffer& out) {
  if (left_size_ > 0) {
    const size_t taken = std::min(kGroup - left_size_, text.size());
    std::ranges::copy(text.substr(0, taken), left_.begin() + left_size_);
    left_size_ += taken;
    text.remove_prefix(taken);
    if (left_size_ < kGroup) return true;
    if (!decode_groups({left_.data(), kGroup}, out)) return false;
  }
  left_size_ = text.size() % kGroup;
  std::ranges::copy(text.substr(text.size() - left_size_), left_.begin());
  text.remove_suffix(left_size_);
  return decode_groups(text, out);
}

}  // namespace turbo::rpc
