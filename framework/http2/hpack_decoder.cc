#include "framework/http2/hpack_decoder.h"

#include <algorithm>
#include <limits>

#include "framework/http2/huffman.h"
#include "framework/http2/pool_vector.h"

namespace turbo::http2 {
namespace {

constexpr uint8_t kIndexed = 0x80;
constexpr uint8_t kLiteralAdded = 0x40;
constexpr uint8_t kSizeUpdate = 0x20;
constexpr uint8_t kHuffman = 0x80;

// Where a decoded string lies.
class Place {
 public:
  char* room(size_t bytes) {
    if (bytes <= sizeof(near_)) return near_;
    far_.resize(bytes);
    return far_.data();
  }

 private:
  char near_[1024];  // not initialised
  PoolVector<char> far_;
};

// What is left of a block.
class Cursor {
 public:
  explicit Cursor(std::string_view block)
      : next_(block.data()), end_(block.data() + block.size()) {}

  bool at_end() const { return next_ == end_; }
  // Requires: not at the end, of these three.
  uint8_t peek() const { return static_cast<uint8_t>(*next_); }
  // An integer whose first byte has these bits of it (RFC 7541 5.1).
  bool read_number(uint8_t mask, uint32_t& number) {
    number = static_cast<uint8_t>(*next_++) & mask;
    return number != mask || read_more(number);
  }
  bool read_string(Place& place, std::string_view& text) {
    const bool coded = (peek() & kHuffman) != 0;
    uint32_t size;
    if (!read_number(kHuffman - 1, size) || size > static_cast<size_t>(end_ - next_)) return false;
    text = {next_, size};
    next_ += size;
    return !coded || decode(place, text);
  }

 private:
  [[gnu::noinline]] bool read_more(uint32_t& number) {
    uint64_t sum = number;
    for (unsigned shift = 0; shift < 32; shift += 7) {
      if (at_end()) return false;
      const uint8_t byte = peek();
      ++next_;
      sum += uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) != 0) continue;
      number = static_cast<uint32_t>(sum);
      return sum <= std::numeric_limits<uint32_t>::max();
    }
    return false;
  }

  static bool decode(Place& place, std::string_view& text) {
    char* const begin = place.room(huffman_room(text.size()));
    const char* const end = huffman_decode(text, begin);
    if (end == nullptr) return false;
    text = {begin, static_cast<size_t>(end - begin)};
    return true;
  }

  const char* next_;
  const char* end_;
};

}  // namespace

// The fields of one block on their way to its sink.
class HPACKDecoder::Block {
 public:
  Block(HPACKDecoder& decoder, std::string_view block, FieldSink& sink)
      : decoder_(decoder), table_(decoder.table_), cursor_(block), sink_(sink) {}

  bool run() {
    if (!read_updates()) return false;
    while (!cursor_.at_end()) {
      const uint8_t first = cursor_.peek();
      if ((first & kIndexed) != 0) {
        if (!read_indexed()) return false;
      } else if ((first & kLiteralAdded) != 0) {
        if (!read_literal(kLiteralAdded - 1, true)) return false;
      } else {
        // Never to be added (0x10) or not added: no difference to who does not pass it on.
        if ((first & kSizeUpdate) != 0 || !read_literal(0x0f, false)) return false;
      }
    }
    return true;
  }

 private:
  // At most two, the smallest limit there was and the last (RFC 7541 4.2).
  bool read_updates() {
    for (int left = 2; !cursor_.at_end() && (cursor_.peek() >> 5) == 1; --left) {
      uint32_t size;
      if (left == 0 || !cursor_.read_number(kSizeUpdate - 1, size)) return false;
      if (size > std::min(decoder_.limit_, decoder_.update_due_)) return false;
      decoder_.update_due_ = kNotDue;
      table_.set_capacity(size);
    }
    return decoder_.update_due_ == kNotDue;
  }

  bool read_indexed() {
    uint32_t index;
    if (!cursor_.read_number(kIndexed - 1, index) || index == 0) return false;
    if (index <= kHPACKStaticEntries) {
      const http::Field& field = kHPACKStaticTable[index];
      uint8_t& mark = decoder_.static_marks_[index];
      mark = sink_.on_field(field.name, field.value, mark);
      return true;
    }
    HPACKTable::Entry* const entry = find(index);
    if (entry == nullptr) return false;
    entry->mark = sink_.on_field(table_.name(*entry), table_.value(*entry), entry->mark);
    return true;
  }

  bool read_literal(uint8_t index_mask, bool add) {
    Place name_place;
    Place value_place;
    std::string_view name;
    std::string_view value;
    uint32_t index;
    if (!cursor_.read_number(index_mask, index)) return false;
    if (index == 0) {
      if (cursor_.at_end() || !cursor_.read_string(name_place, name)) return false;
    } else if (!find_name(index, name)) {
      return false;
    }
    if (cursor_.at_end() || !cursor_.read_string(value_place, value)) return false;
    const uint8_t mark = sink_.on_field(name, value, 0);
    if (!add) return true;
    HPACKTable::Entry* const added = table_.add(name, value);
    if (added != nullptr) added->mark = mark;
    return true;
  }

  bool find_name(uint32_t index, std::string_view& name) {
    if (index <= kHPACKStaticEntries) {
      name = kHPACKStaticTable[index].name;
      return true;
    }
    const HPACKTable::Entry* const entry = find(index);
    if (entry != nullptr) name = table_.name(*entry);
    return entry != nullptr;
  }

  // Requires: an index beyond the static table. nullptr: there is no such entry.
  HPACKTable::Entry* find(uint32_t index) {
    const uint32_t age = index - kHPACKStaticEntries - 1;
    return age < table_.count() ? &table_.entry(table_.next() - 1 - age) : nullptr;
  }

  HPACKDecoder& decoder_;
  HPACKTable& table_;
  Cursor cursor_;
  FieldSink& sink_;
};

void HPACKDecoder::set_limit(size_t table_bytes) {
  limit_ = table_bytes;
  if (table_bytes >= table_.capacity()) return;
  update_due_ = table_bytes;
  table_.set_capacity(table_bytes);
}

bool HPACKDecoder::decode(std::string_view block, FieldSink& sink) {
  return Block(*this, block, sink).run();
}

}  // namespace turbo::http2
