// Any text as base64 in pieces: the bytes and the verdict do not depend on how it is cut, and bytes
// that were taken are written as that text.
//
// Input: a byte that chooses the cut, then the text.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "framework/base/check.h"
#include "framework/crypto/text_codec.h"
#include "framework/rpc/base64_reader.h"

namespace turbo::rpc {
namespace {

struct Reading {
  std::string bytes;
  bool whole = false;
};

Reading read(std::string_view text, size_t step) {
  Base64Reader reader;
  Buffer out;
  bool taken = true;
  for (; taken && !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    taken = reader.read(Buffer::copy_of(text.substr(0, step)), out);
  }
  TURBO_CHECK(taken || !reader.whole(), "refused and whole");
  return {out.to_string(), reader.whole()};
}

// Of the texts in `text`, each of which ends with its padding: what they stand for, written again.
std::string again(std::string_view text, std::string_view bytes) {
  std::string written;
  while (!text.empty()) {
    const size_t padding = text.find('=');
    const size_t end = padding == std::string_view::npos ? text.size() : (padding / 4 + 1) * 4;
    const auto fillers = static_cast<size_t>(std::ranges::count(text.substr(0, end), '='));
    const size_t size = end / 4 * 3 - fillers;
    TURBO_CHECK(size <= bytes.size(), "bytes are missing");
    written += base64_encode(bytes.substr(0, size));
    bytes.remove_prefix(size);
    text.remove_prefix(end);
  }
  TURBO_CHECK(bytes.empty(), "bytes from nowhere");
  return written;
}

void check(std::string_view text, size_t step) {
  const Reading whole = read(text, std::max<size_t>(text.size(), 1));
  const Reading in_pieces = read(text, step);
  TURBO_CHECK(whole.whole == in_pieces.whole, "a cut decides");
  if (!whole.whole) return;
  TURBO_CHECK(whole.bytes == in_pieces.bytes, "a cut changes the bytes");
  TURBO_CHECK(again(text, whole.bytes) == text, "other bytes than were sent");
}

}  // namespace
}  // namespace turbo::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  turbo::rpc::check(text, data[0] + size_t{1});
  return 0;
}
