#include "framework/http/chunked_decoder.h"

#include <algorithm>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

constexpr int kMaxSizeDigits = 16;
// Shorter pieces behind others are copied: cheaper than a segment, and they do not pin the block
// they came in.
constexpr size_t kCopiedPiece = 256;
// So much data at once; the caller has other connections to serve.
constexpr size_t kMaxBatch = 64 * 1024;

constexpr uint64_t hex_value(char c) {
  return static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

void move_data(Buffer& input, size_t bytes, Buffer& data) {
  if (bytes <= kCopiedPiece && !data.empty() && input.front().size() >= bytes) {
    data.append(input.front().substr(0, bytes));
    input.drain(bytes);
    return;
  }
  data.append(input.split(bytes));
}

}  // namespace

void ChunkedDecoder::start(uint64_t max_data_bytes, size_t max_extension_bytes) {
  state_ = State::kSize;
  digits_ = 0;
  left_ = 0;
  data_budget_ = max_data_bytes;
  extension_budget_ = max_extension_bytes;
}

ChunkedDecoder::Step ChunkedDecoder::decode(Buffer& input, Buffer& data, ParseError& error) {
  while (!input.empty()) {
    if (state_ == State::kData) {
      const size_t bytes = static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
      move_data(input, bytes, data);
      left_ -= bytes;
      if (left_ == 0) state_ = State::kDataCR;
      if (data.size() >= kMaxBatch) return Step::kData;
      continue;
    }
    size_t used = 0;
    const bool good = read_framing(input.front(), used, error);
    input.drain(used);
    if (!good) {
      state_ = State::kError;
      return Step::kError;
    }
    if (state_ == State::kTrailers) return Step::kTrailers;
  }
  return Step::kMore;
}

bool ChunkedDecoder::read_framing(std::string_view bytes, size_t& used, ParseError& error) {
  while (used < bytes.size()) {
    const char c = bytes[used++];
    bool good = true;
    switch (state_) {
      case State::kSize:
        good = read_size(c, error);
        break;
      case State::kExtension:
        good = read_extension(c, error);
        break;
      case State::kSizeLF:
        good = expect(c, '\n', left_ == 0 ? State::kTrailers : State::kData, error);
        break;
      case State::kDataCR:
        good = expect(c, '\r', State::kDataLF, error);
        break;
      case State::kDataLF:
        good = expect(c, '\n', State::kSize, error);
        digits_ = 0;  // left_ is 0: the chunk has been read
        break;
      default:
        return false;
    }
    if (!good) return false;
    if (state_ == State::kData || state_ == State::kTrailers) return true;
  }
  return true;
}

bool ChunkedDecoder::read_size(char c, ParseError& error) {
  if (is_byte(c, kHexByte)) {
    if (digits_ == kMaxSizeDigits) {
      error = {413, "a chunk size of too many digits"};
      return false;
    }
    ++digits_;
    left_ = left_ << 4 | hex_value(c);
    return true;
  }
  if (digits_ == 0 || (c != '\r' && c != ';')) {
    error = {400, "a malformed chunk size"};
    return false;
  }
  if (left_ > data_budget_) {
    error = {413, "the body is too large"};
    return false;
  }
  data_budget_ -= left_;
  state_ = State::kSizeLF;
  return c == '\r' || read_extension(c, error);
}

bool ChunkedDecoder::read_extension(char c, ParseError& error) {
  state_ = State::kExtension;
  if (c == '\r') {
    state_ = State::kSizeLF;
    return true;
  }
  if (!is_byte(c, kValueByte)) {
    error = {400, "a control byte in a chunk extension"};
    return false;
  }
  if (extension_budget_ == 0) {
    error = {400, "chunk extensions are too long"};
    return false;
  }
  --extension_budget_;
  return true;
}

bool ChunkedDecoder::expect(char c, char wanted, State next, ParseError& error) {
  if (c != wanted) {
    error = {400, "malformed chunk framing"};
    return false;
  }
  state_ = next;
  return true;
}

}  // namespace turbo::http
