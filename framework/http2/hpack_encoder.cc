#include "framework/http2/hpack_encoder.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "framework/http/text_table.h"
#include "framework/http2/hpack_static_table.h"
#include "framework/http2/huffman.h"

namespace turbo::http2 {
namespace {

// What the first byte says, and the bits of it that belong to the number behind it.
constexpr uint8_t kIndexed = 0x80;
constexpr uint8_t kSizeUpdate = 0x20;
constexpr uint8_t kHuffman = 0x80;

constexpr size_t kDefaultTableBytes = 4096;  // RFC 9113 6.5.2
// Longer names are not looked for in any table.
constexpr size_t kLongestName = 64;
// Coding a byte takes some ten instructions; what is sent once has to be this long to be worth it.
constexpr size_t kWorthCoding = 64;
// A shorter cookie might be guessed (RFC 7541 7.1.3).
constexpr size_t kLongCookie = 20;

// How a literal is sent: its first byte, whose low bits are the name's index.
enum class Literal : uint8_t { kAdded = 0x40, kNotAdded = 0x00, kNeverAdded = 0x10 };

constexpr uint8_t index_mask(Literal kind) { return kind == Literal::kAdded ? 0x3f : 0x0f; }

consteval uint32_t static_name_index(std::string_view name) {
  uint32_t index = 1;
  while (kHPACKStaticTable.at(index).name != name) ++index;
  return index;
}

// Sets of names by static index.
consteval uint64_t set_of(std::initializer_list<std::string_view> names) {
  uint64_t set = 0;
  for (const std::string_view name : names) set |= uint64_t{1} << static_name_index(name);
  return set;
}

// What differs from message to message.
constexpr uint64_t kNotAddedNames =
    set_of({":path", "age", "content-disposition", "content-length", "content-location",
            "content-range", "etag", "expires", "if-match", "if-modified-since", "if-none-match",
            "if-range", "if-unmodified-since", "last-modified", "location", "proxy-authenticate",
            "range", "www-authenticate"});
constexpr uint64_t kSecretNames = set_of({"authorization", "proxy-authorization", "set-cookie"});
constexpr uint32_t kCookie = static_name_index("cookie");

// Requires: an index of the static table, or 0.
Literal literal_kind(uint32_t name_index, std::string_view value) {
  const uint64_t bit = uint64_t{1} << name_index;
  if ((bit & kNotAddedNames) != 0) return Literal::kNotAdded;
  if ((bit & kSecretNames) != 0) return Literal::kNeverAdded;
  if (name_index == kCookie && value.size() < kLongCookie) return Literal::kNeverAdded;
  return Literal::kAdded;
}

uint64_t load(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Eight at once: the top bit of each byte that is a capital is found, and moved to where letters
// differ.
uint64_t lower(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  const uint64_t low = bytes & 0x7f * kOnes;
  const uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const uint64_t past_z = low + (0x7f - 'Z') * kOnes;
  return bytes | ((from_a ^ past_z) & ~bytes & 0x80 * kOnes) >> 2;
}

void copy_lower(std::string_view name, char* out) {
  size_t i = 0;
  for (; i + 8 <= name.size(); i += 8) {
    const uint64_t word = lower(load(name.data() + i));
    std::memcpy(out + i, &word, 8);
  }
  for (; i < name.size(); ++i) out[i] = lower(name[i]);
}

// Of 4 to 8 bytes: the first four and the last four.
uint64_t load_ends(std::string_view text) {
  uint32_t first, last;
  std::memcpy(&first, text.data(), 4);
  std::memcpy(&last, text.data() + text.size() - 4, 4);
  return uint64_t{last} << 32 | first;
}

bool same_word(uint64_t word, uint64_t wanted) { return word == wanted || lower(word) == wanted; }

// `wanted` is in lower case.
bool is_name(std::string_view name, std::string_view wanted) {
  if (name.size() != wanted.size()) return false;
  size_t i = 0;
  if (name.size() < 8) {
    if (name.size() >= 4) return same_word(load_ends(name), load_ends(wanted));
    while (i < name.size() && lower(name[i]) == wanted[i]) ++i;
    return i == name.size();
  }
  for (; i + 8 < name.size(); i += 8) {
    if (!same_word(load(name.data() + i), load(wanted.data() + i))) return false;
  }
  i = name.size() - 8;
  return same_word(load(name.data() + i), load(wanted.data() + i));
}

char* write_number(size_t number, uint8_t first, uint8_t mask, char* out) {
  if (number < mask) {
    *out++ = static_cast<char>(first | number);
    return out;
  }
  *out++ = static_cast<char>(first | mask);
  for (number -= mask; number >= 0x80; number >>= 7) *out++ = static_cast<char>(number | 0x80);
  *out++ = static_cast<char>(number);
  return out;
}

char* write_raw(std::string_view text, char* out) {
  out = write_number(text.size(), 0, kHuffman - 1, out);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_shorter(std::string_view text, char* out) {
  const size_t size = huffman_size(text);
  if (size >= text.size()) return write_raw(text, out);
  return huffman_encode(text, write_number(size, kHuffman, kHuffman - 1, out));
}

char* write_value(std::string_view value, Literal kind, char* out) {
  if (kind == Literal::kAdded || value.size() >= kWorthCoding) return write_shorter(value, out);
  return write_raw(value, out);
}

// `name` is in lower case, and sent if the index is 0.
char* write_literal(Literal kind, uint32_t name_index, std::string_view name,
                    std::string_view value, char* out) {
  out = write_number(name_index, static_cast<uint8_t>(kind), index_mask(kind), out);
  if (name_index == 0) out = write_shorter(name, out);
  return write_value(value, kind, out);
}

uint32_t hash_of(std::string_view name, std::string_view value) {
  return http::text_hash(name) * 31 + http::text_hash(value);
}

}  // namespace

HPACKEncoder::HPACKEncoder(size_t table_bytes)
    : own_limit_(table_bytes), table_(std::min(table_bytes, kDefaultTableBytes)) {
  if (table_bytes < kDefaultTableBytes) smallest_ = table_bytes;
}

void HPACKEncoder::set_peer_limit(size_t table_bytes) {
  const size_t capacity = std::min(own_limit_, table_bytes);
  if (capacity == table_.capacity()) return;
  smallest_ = std::min(smallest_, capacity);
  table_.set_capacity(capacity);
}

char* HPACKEncoder::begin(char* out) {
  at_ = 0;
  if (smallest_ == kNoUpdate) return out;
  constexpr uint8_t kMask = kSizeUpdate - 1;
  if (smallest_ < table_.capacity()) out = write_number(smallest_, kSizeUpdate, kMask, out);
  smallest_ = kNoUpdate;
  return write_number(table_.capacity(), kSizeUpdate, kMask, out);
}

char* HPACKEncoder::status(int code, char* out) {
  const auto indexed = [&out](uint8_t index) {
    *out++ = static_cast<char>(kIndexed | index);
    return out;
  };
  switch (code) {
    case 200:
      return indexed(8);
    case 204:
      return indexed(9);
    case 206:
      return indexed(10);
    case 304:
      return indexed(11);
    case 400:
      return indexed(12);
    case 404:
      return indexed(13);
    case 500:
      return indexed(14);
    default:
      break;
  }
  const auto digit = [](int number) { return static_cast<char>('0' + number % 10); };
  const char digits[3] = {digit(code / 100), digit(code / 10), digit(code)};
  return field(":status", {digits, 3}, out);
}

char* HPACKEncoder::field(std::string_view name, std::string_view value, char* out) {
  Guess& guess = guesses_[at_];
  at_ = std::min(at_ + 1, kGuesses - 1);
  if (guess.is_dynamic) {
    if (table_.has(guess.number)) {
      const HPACKTable::Entry& entry = table_.entry(guess.number);
      if (entry.value_bytes == value.size() && http::same_text(table_.value(entry), value) &&
          is_name(name, table_.name(entry))) {
        return write_index(guess.number, out);
      }
    }
  } else if (is_name(name, kHPACKStaticTable[guess.number].name)) {
    const Literal kind = literal_kind(guess.number, value);
    if (kind != Literal::kAdded) return write_literal(kind, guess.number, {}, value, out);
  }
  return find_or_add(guess, name, value, out);
}

char* HPACKEncoder::find_or_add(Guess& guess, std::string_view mixed_name, std::string_view value,
                                char* out) {
  char lowered[kLongestName];
  if (mixed_name.size() > kLongestName) return write_long_name(mixed_name, value, out);
  copy_lower(mixed_name, lowered);
  const std::string_view name(lowered, mixed_name.size());
  const uint32_t index = find_static_name(name);
  for (uint32_t at = index; at != 0 && kHPACKStaticTable[at].name == name; ++at) {
    const std::string_view known = kHPACKStaticTable[at].value;
    if (known == value && !value.empty()) return write_number(at, kIndexed, kIndexed - 1, out);
  }
  const Literal kind = literal_kind(index, value);
  if (kind != Literal::kAdded) {
    guess = {index, false};
    return write_literal(kind, index, name, value, out);
  }
  return find_or_add_dynamic(guess, index, name, value, out);
}

char* HPACKEncoder::find_or_add_dynamic(Guess& guess, uint32_t name_index, std::string_view name,
                                        std::string_view value, char* out) {
  const uint32_t hash = hash_of(name, value);
  uint32_t& bucket = buckets_[hash % kBuckets];
  uint32_t number = bucket;
  for (int step = 0; step < kLongestChain && table_.has(number); ++step) {
    const HPACKTable::Entry& entry = table_.entry(number);
    if (entry.hash == hash && table_.name(entry) == name && table_.value(entry) == value) {
      guess = {number, true};
      return write_index(number, out);
    }
    number = entry.older;
  }
  // An entry that large would push out most others.
  if (name.size() + value.size() + HPACKTable::kEntryOverhead > table_.capacity() / 4 * 3) {
    return write_literal(Literal::kNotAdded, name_index, name, value, out);
  }
  guess = {table_.next(), true};
  HPACKTable::Entry& added = *table_.add(name, value);
  added.hash = hash;
  added.older = bucket;
  bucket = guess.number;
  return write_literal(Literal::kAdded, name_index, name, value, out);
}

char* HPACKEncoder::write_index(uint32_t number, char* out) const {
  return write_number(table_.next() - number + kHPACKStaticEntries, kIndexed, kIndexed - 1, out);
}

char* HPACKEncoder::write_long_name(std::string_view name, std::string_view value,
                                    char* out) const {
  *out++ = static_cast<char>(Literal::kNotAdded);
  out = write_number(name.size(), 0, kHuffman - 1, out);
  copy_lower(name, out);
  return write_value(value, Literal::kNotAdded, out + name.size());
}

}  // namespace turbo::http2
