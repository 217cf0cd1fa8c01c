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
// The same, of a name that no table has: each call has another.
constexpr std::string_view kNotAddedName = "grpc-timeout";
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

// Both compilers have these on any machine.
using Vector = uint8_t __attribute__((vector_size(16)));
using Words = uint64_t __attribute__((vector_size(16)));

template <class Number>
uint64_t load(const char* p) {
  Number number;
  std::memcpy(&number, p, sizeof(number));
  return number;
}

Vector lower(Vector text) {
  const auto is_capital = reinterpret_cast<Vector>(text - 'A' < 26);
  return text | (is_capital & 0x20);
}

// The first and the last bytes of a text of up to 16, of at least 8 or 4.
template <class Number>
Vector load_ends(const char* p, size_t size) {
  return reinterpret_cast<Vector>(Words{load<Number>(p), load<Number>(p + size - sizeof(Number))});
}

bool are_same(Vector a, Vector b) {
  const auto difference = reinterpret_cast<Words>(a ^ b);
  return (difference[0] | difference[1]) == 0;
}

Vector as_is(Vector text) { return text; }

template <class Number, Vector (*kTurn)(Vector)>
bool have_same_ends(const char* a, const char* b, size_t size) {
  return are_same(kTurn(load_ends<Number>(a, size)), load_ends<Number>(b, size));
}

char as_is(char c) { return c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Whether two texts of a size are the same once the first is turned. A call would cost as much as
// the comparison, and keep registers busy.
template <Vector (*kTurn)(Vector), char (*kTurnByte)(char)>
[[gnu::always_inline]] inline bool are_same(const char* a, const char* b, size_t size) {
  if (size >= 8) {
    for (; size > 16; a += 16, b += 16, size -= 16) {
      // Of 16 bytes the ends are all.
      if (!have_same_ends<uint64_t, kTurn>(a, b, 16)) return false;
      if (size < 24) return have_same_ends<uint64_t, kTurn>(a + size - 16, b + size - 16, 16);
    }
    return have_same_ends<uint64_t, kTurn>(a, b, size);
  }
  if (size >= 4) return have_same_ends<uint32_t, kTurn>(a, b, size);
  while (size > 0 && kTurnByte(a[size - 1]) == b[size - 1]) --size;
  return size == 0;
}

// Whether a name is this one, which is in lower case.
[[gnu::always_inline]] inline bool is_name(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() &&
         are_same<lower, lower>(name.data(), wanted.data(), name.size());
}

[[gnu::always_inline]] inline bool is_value(std::string_view value, std::string_view wanted) {
  return value.size() == wanted.size() &&
         are_same<as_is, as_is>(value.data(), wanted.data(), value.size());
}

void copy_lower(std::string_view name, char* out) {
  size_t i = 0;
  for (; i + 16 <= name.size(); i += 16) {
    Vector vector;
    std::memcpy(&vector, name.data() + i, 16);
    vector = lower(vector);
    std::memcpy(out + i, &vector, 16);
  }
  for (; i < name.size(); ++i) out[i] = lower(name[i]);
}

[[gnu::noinline]] char* write_rest(size_t rest, char* out) {
  for (; rest >= 0x80; rest >>= 7) *out++ = static_cast<char>(rest | 0x80);
  *out++ = static_cast<char>(rest);
  return out;
}

inline char* write_number(size_t number, uint8_t first, uint8_t mask, char* out) {
  const bool is_short = number < mask;
  *out++ = static_cast<char>(first | (is_short ? number : mask));
  return is_short ? out : write_rest(number - mask, out);
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
  const Guess guess = guesses_[at_++ % kGuesses];
  if (guess.kind == Guess::Kind::kDynamic) [[likely]] {
    if (!table_.has(guess.number)) return find_or_add(name, value, out);
    const HPACKTable::Entry& entry = table_.entry(guess.number);
    if (!is_value(value, table_.value(entry)) || !is_name(name, table_.name(entry))) {
      return find_or_add(name, value, out);
    }
    return write_index(guess.number, out);
  }
  const http::Field& known = kHPACKStaticTable[guess.number];
  if (!is_name(name, known.name)) return find_or_add(name, value, out);
  if (guess.kind == Guess::Kind::kName) [[likely]]
    return write_static(guess.number, value, out);
  return whole_static_field(guess.number, name, value, out);
}

[[gnu::noinline]] char* HPACKEncoder::whole_static_field(uint32_t number, std::string_view name,
                                                         std::string_view value, char* out) {
  if (!is_value(value, kHPACKStaticTable[number].value)) return find_or_add(name, value, out);
  return write_number(number, kIndexed, kIndexed - 1, out);
}

// The calls that field() ends with have its own arguments, so that it need not save any.
char* HPACKEncoder::find_or_add(std::string_view mixed_name, std::string_view value, char* out) {
  if (mixed_name.size() > kLongestName) return write_long_name(mixed_name, value, out);
  char lowered[kLongestName];
  copy_lower(mixed_name, lowered);
  const std::string_view name(lowered, mixed_name.size());
  const uint32_t index = find_static_name(name);
  for (uint32_t at = index; at != 0 && at <= kHPACKStaticEntries; ++at) {
    if (kHPACKStaticTable[at].name != name) break;
    const std::string_view known = kHPACKStaticTable[at].value;
    if (known != value || value.empty()) continue;
    last_guess() = {at, Guess::Kind::kWhole};
    return write_number(at, kIndexed, kIndexed - 1, out);
  }
  const Literal kind = name == kNotAddedName ? Literal::kNotAdded : literal_kind(index, value);
  if (kind == Literal::kAdded) return find_or_add_dynamic(index, name, value, out);
  last_guess() = {index, Guess::Kind::kName};
  return write_literal(kind, index, name, value, out);
}

char* HPACKEncoder::find_or_add_dynamic(uint32_t name_index, std::string_view name,
                                        std::string_view value, char* out) {
  const uint32_t hash = hash_of(name, value);
  uint32_t& bucket = buckets_[hash % kBuckets];
  uint32_t number = bucket;
  for (int step = 0; step < kLongestChain && table_.has(number); ++step) {
    const HPACKTable::Entry& entry = table_.entry(number);
    if (entry.hash == hash && table_.name(entry) == name && table_.value(entry) == value) {
      last_guess() = {number, Guess::Kind::kDynamic};
      return write_index(number, out);
    }
    number = entry.older;
  }
  // An entry that large would push out most others.
  if (name.size() + value.size() + HPACKTable::kEntryOverhead > table_.capacity() / 4 * 3) {
    return write_literal(Literal::kNotAdded, name_index, name, value, out);
  }
  last_guess() = {table_.next(), Guess::Kind::kDynamic};
  HPACKTable::Entry& added = *table_.add(name, value);
  added.hash = hash;
  added.older = bucket;
  bucket = table_.next() - 1;
  return write_literal(Literal::kAdded, name_index, name, value, out);
}

char* HPACKEncoder::write_static(uint32_t name_index, std::string_view value, char* out) {
  const Literal kind = literal_kind(name_index, value);
  if (kind == Literal::kAdded) {
    return find_or_add(kHPACKStaticTable[name_index].name, value, out);
  }
  return write_literal(kind, name_index, {}, value, out);
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
