// The decoder against a plain reading of the whole text: same data, same verdict, however the bytes
// are cut.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framework/base/check.h"
#include "framework/http/chunked_decoder.h"

namespace turbo::http {
namespace {

constexpr uint64_t kMaxData = 1000;
constexpr size_t kMaxExtension = 64;

struct Reading {
  std::string data;
  std::string rest;  // behind the last chunk's line
  enum { kMore, kDone, kError } verdict = kMore;
};

bool is_hex(char c) {
  return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
}
bool is_text(char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; }

// RFC 9112 7.1 word by word.
Reading read_plainly(std::string_view text) {
  Reading reading;
  size_t extensions = 0;
  const auto stop = [&reading](bool at_end) {
    reading.verdict = at_end ? Reading::kMore : Reading::kError;
    return reading;
  };
  size_t i = 0;
  while (true) {
    const size_t digits = i;
    while (i < text.size() && is_hex(text[i])) ++i;
    if (i - digits > 16) return stop(false);
    if (i == text.size()) return stop(true);
    if (i == digits || (text[i] != ';' && text[i] != '\r')) return stop(false);
    const uint64_t size = std::stoull(std::string(text.substr(digits, i - digits)), nullptr, 16);
    if (size > kMaxData - reading.data.size()) return stop(false);
    for (; i < text.size() && text[i] != '\r'; ++i) {
      if (!is_text(text[i]) || ++extensions > kMaxExtension) return stop(false);
    }
    if (i + 1 >= text.size()) return stop(true);
    if (text[i + 1] != '\n') return stop(false);
    i += 2;
    if (size == 0) {
      reading.rest = text.substr(i);
      reading.verdict = Reading::kDone;
      return reading;
    }
    reading.data += text.substr(i, size);
    i += std::min<size_t>(size, text.size() - i);
    for (const char wanted : {'\r', '\n'}) {
      if (i == text.size()) return stop(true);
      if (text[i++] != wanted) return stop(false);
    }
  }
}

Reading read_in_pieces(std::string_view text, uint8_t step) {
  ChunkedDecoder decoder;
  decoder.start(kMaxData, kMaxExtension);
  Reading reading;
  Buffer input;
  ParseError error;
  while (!text.empty()) {
    const size_t bytes = std::min<size_t>(text.size(), size_t{step} + 1);
    input.append_static(text.substr(0, bytes));
    text.remove_prefix(bytes);
    ChunkedDecoder::Step result;
    do {
      Buffer data;
      result = decoder.decode(input, data, error);
      reading.data += data.to_string();
    } while (result == ChunkedDecoder::Step::kData);
    if (result == ChunkedDecoder::Step::kMore) continue;
    reading.verdict = result == ChunkedDecoder::Step::kError ? Reading::kError : Reading::kDone;
    reading.rest = input.to_string().append(text);
    break;
  }
  return reading;
}

}  // namespace
}  // namespace turbo::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using turbo::http::Reading;
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const Reading plain = turbo::http::read_plainly(text);
  for (const uint8_t step : {data[0], uint8_t{0}, uint8_t{255}}) {
    const Reading pieces = turbo::http::read_in_pieces(text, step);
    TURBO_CHECK(pieces.verdict == plain.verdict, "another verdict");
    TURBO_CHECK(pieces.data == plain.data, "other data");
    TURBO_CHECK(plain.verdict != Reading::kDone || pieces.rest == plain.rest, "another end");
  }
  return 0;
}
