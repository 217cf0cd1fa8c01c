// The search over a buffer that grows by pieces, against std::string::find.
//
// Input: delimiter length, then two bytes that choose alphabet and cuts, then the text. Long
// delimiters are the text's own bytes repeated, so that near matches are the rule.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "framework/buffer/delimiter_search.h"

namespace {

[[noreturn]] void fail(const char* what, size_t ours, size_t expected) {
  std::fprintf(stderr, "%s: %zu, expected %zu\n", what, ours, expected);
  std::abort();
}

std::string make_delimiter(std::string_view seed, size_t length) {
  std::string delimiter;
  while (delimiter.size() < length) delimiter += seed;
  delimiter.resize(length);
  return delimiter;
}

// A small alphabet makes matches that almost are.
std::string narrowed(std::string_view text, size_t letters) {
  std::string out(text);
  for (char& byte : out) byte = static_cast<char>('a' + static_cast<unsigned char>(byte) % letters);
  return out;
}

void search_in_pieces(const std::string& text, const std::string& delimiter, size_t cut,
                      size_t limit) {
  const size_t found = text.find(delimiter);
  const size_t end = found == text.npos ? text.npos : found + delimiter.size();
  turbo::DelimiterSearch search(delimiter);
  turbo::Buffer buffer;
  size_t step = cut;
  for (size_t taken = 0; taken < text.size();) {
    step = (step * 5 + 3) % 64;
    const size_t count = std::min(cut % 5 == 0 ? cut + 1 : step + 1, text.size() - taken);
    turbo::Buffer piece = turbo::Buffer::copy_of(std::string_view(text).substr(taken, count));
    taken += count;
    if (cut % 3 == 0) {
      buffer.append(std::string_view(text).substr(taken - count, count));  // no new piece
    } else {
      buffer.append(std::move(piece));
    }
    const auto got = search.find_end(buffer, limit);
    const bool expected = end <= taken && end <= limit;
    if (got.has_value() != expected) fail("found", got.has_value(), expected);
    if (!got) continue;
    if (*got != end) fail("end", *got, end);
    if (search.find_end(buffer, limit) != got) fail("asked again", 0, 1);
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 6) return 0;
  const size_t length = data[0] < 224 ? 1 + data[0] % 20 : 17 + (data[0] - 224) * 131;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string text = narrowed(rest, 1 + data[1] % 4);
  const size_t seed_length = 1 + data[1] / 4 % std::min<size_t>(rest.size(), 24);
  std::string delimiter = make_delimiter(text.substr(0, seed_length), length);
  if (data[2] % 2 == 0) delimiter.back() = 'b';
  if (data[2] % 4 == 1) delimiter.front() = 'b';
  std::string whole = text;
  if (data[2] % 8 < 3) whole += delimiter + text;
  search_in_pieces(whole, delimiter, data[2] / 2, SIZE_MAX);
  search_in_pieces(whole, delimiter, data[2] / 2, data[1] * 7);
  return 0;
}
