// TextTable: texts numbered in the order they were added, found by hash.
//
// Owner:   a value.
// Threads: find() from any, once adding is over.
// Errors:  none.
// Limits:  2^32 - 1 texts.
// Cost:    find() allocates nothing, makes no call and looks at no text longer than the longest
//          in the table.
#ifndef TURBO_HTTP_TEXT_TABLE_H_
#define TURBO_HTTP_TEXT_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace turbo::http {

// Eight bytes a step; only the program's own patterns are in the tables, so nobody can make them
// collide.
inline uint32_t text_hash(std::string_view segment) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15u;
  uint64_t hash = segment.size();
  const char* p = segment.data();
  size_t left = segment.size();
  for (; left > 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  if (segment.size() >= 8) {
    std::memcpy(&word, p + left - 8, 8);
  } else {
    for (size_t i = 0; i < left; ++i) word = word << 8 | static_cast<unsigned char>(p[i]);
  }
  hash = (hash ^ word) * kMultiplier;
  return static_cast<uint32_t>(hash >> 32);
}

// No call, which would cost find() more than the comparison.
inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  size_t i = 0;
  if (a.size() >= 8) {
    const auto differ_at = [a, b](size_t at) {
      uint64_t left, right;
      std::memcpy(&left, a.data() + at, 8);
      std::memcpy(&right, b.data() + at, 8);
      return left != right;
    };
    for (; i + 8 < a.size(); i += 8) {
      if (differ_at(i)) return false;
    }
    return !differ_at(a.size() - 8);
  }
  while (i < a.size() && a[i] == b[i]) ++i;
  return i == a.size();
}

class TextTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // The number of `text`, or kNone.
  uint32_t find(std::string_view text) const {
    if (text.size() > longest_ || slots_.empty()) return kNone;
    const uint32_t hash = text_hash(text);
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask; slots_[i].number != kNone; i = (i + 1) & mask) {
      if (slots_[i].hash == hash && same_text(texts_[slots_[i].number], text))
        return slots_[i].number;
    }
    return kNone;
  }

  // Requires: `text` is new.
  void add(std::string_view text) {
    texts_.emplace_back(text);
    longest_ = std::max(longest_, text.size());
    if (2 * texts_.size() <= slots_.size()) return insert(texts_.size() - 1);
    slots_.assign(std::max<size_t>(4, 2 * slots_.size()), {});
    for (size_t i = 0; i < texts_.size(); ++i) insert(i);
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t number = kNone;
  };

  void insert(size_t number) {
    const uint32_t hash = text_hash(texts_[number]);
    size_t i = hash & (slots_.size() - 1);
    while (slots_[i].number != kNone) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {hash, static_cast<uint32_t>(number)};
  }

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  // open addressing: a power of two, at most half full
  size_t longest_ = 0;       // no longer text, an attacker's path for one, is hashed
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_TEXT_TABLE_H_
