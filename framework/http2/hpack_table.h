// HPACKTable: the dynamic table of either side (RFC 7541 2.3.2). Private to the room.
//
// Entries are numbered as they are added; the newest has the lowest index. Descriptions of entries
// and their bytes are two rings in one piece of memory. No entry is cut at the ring's end: twice
// the table's size is room enough for that, whatever the sizes.
//
// Owner:   a decoder or encoder. Views are valid until the next add().
// Threads: one.
// Errors:  none.
// Limits:  capacity(), as RFC 7541 4.1 counts. A larger entry empties the table (4.4).
// Cost:    no allocation an entry; memory from the BlockPool, none at first and doubled as the
//          table fills, 2.75 times its size at most.
#ifndef TURBO_HTTP2_HPACK_TABLE_H_
#define TURBO_HTTP2_HPACK_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/http2/pool_vector.h"

namespace turbo::http2 {

class HPACKTable {
 public:
  static constexpr size_t kEntryOverhead = 32;  // RFC 7541 4.1

  struct Entry {
    uint32_t begin = 0;  // of the name in the bytes; the value follows
    uint32_t name_bytes = 0;
    uint32_t value_bytes = 0;
    uint32_t hash = 0;   // an encoder's
    uint32_t older = 0;  // an encoder's: the entry before it in the same bucket
    uint8_t mark = 0;    // a decoder's
  };

  explicit HPACKTable(size_t capacity) : capacity_(capacity) {}

  size_t capacity() const { return capacity_; }
  size_t size() const { return size_; }
  uint32_t count() const { return count_; }

  // Entries go to make room.
  void set_capacity(size_t bytes);
  // Adds an entry and evicts as many as that takes. `name` may be a view of an entry's. nullptr: it
  // was too large.
  Entry* add(std::string_view name, std::string_view value);

  // The number the next entry will have: from 1 on, modulo 2^32.
  uint32_t next() const { return next_; }
  bool has(uint32_t number) const { return next_ - 1 - number < count_; }
  // Requires: has(number).
  Entry& entry(uint32_t number) { return entries()[number & entry_mask_]; }
  std::string_view name(const Entry& entry) const {
    return {bytes_ + entry.begin, entry.name_bytes};
  }
  std::string_view value(const Entry& entry) const {
    return {bytes_ + entry.begin + entry.name_bytes, entry.value_bytes};
  }

 private:
  Entry* entries() { return reinterpret_cast<Entry*>(memory_.data()); }
  void evict_to(size_t bytes);
  PoolVector<char> grow(size_t bytes);
  uint32_t place(size_t bytes);

  size_t capacity_;
  size_t size_ = 0;
  size_t provided_ = 0;  // the size that memory_ is enough for
  uint32_t count_ = 0;
  uint32_t next_ = 1;
  uint32_t entry_mask_ = 0;
  uint32_t head_ = 0;  // where the next entry's bytes go, if they fit
  char* bytes_ = nullptr;
  PoolVector<char> memory_;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HPACK_TABLE_H_
