// FieldMemo: the field section of the last head, so that one that is the same need not be read
// again. Private to the room.
//
// A client sends the same fields with request after request (what HPACK was made for), and the same
// bytes mean the same fields. A section is remembered if it says nothing about a body.
//
// Owner:   the parser.
// Threads: one.
// Errors:  none: only sections that were found good are remembered.
// Limits:  512 bytes and 16 fields; larger sections are read every time.
// Cost:    650 bytes. A hit is one memcmp and a few stores a field, a third of reading the section
//          (http_parser_benchmark, repeated/* beside parse/*); a miss a memcmp, and a copy
//          afterwards.
#ifndef TURBO_HTTP_FIELD_MEMO_H_
#define TURBO_HTTP_FIELD_MEMO_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "framework/http/request_head.h"

namespace turbo::http {

class FieldMemo {
 public:
  // What the fields said, for the parser to take over on a hit.
  struct Facts {
    uint32_t host_field = 0;  // index into the fields
    bool connection_close = false;
    bool connection_keep_alive = false;
    bool expect_continue = false;
    bool upgrade = false;
  };

  // Requires: the fields lie in `section`, which ends with the empty line.
  void remember(std::string_view section, std::span<const Field> fields, const Facts& facts) {
    size_ = 0;
    if (section.size() > bytes_.size() || fields.size() > places_.size()) return;
    std::memcpy(bytes_.data(), section.data(), section.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      places_[i] = {place_in(section, fields[i].name), place_in(section, fields[i].value)};
    }
    size_ = static_cast<uint32_t>(section.size());
    count_ = static_cast<uint32_t>(fields.size());
    facts_ = facts;
  }

  // True if `bytes` begin with the section remembered.
  bool begins(std::string_view bytes) const {
    return size_ != 0 && bytes.size() >= size_ &&
           std::memcmp(bytes.data(), bytes_.data(), size_) == 0;
  }

  size_t size() const { return size_; }
  size_t count() const { return count_; }
  const Facts& facts() const { return facts_; }

  // Writes the fields as views into a section that begins at `begin`. Requires: room for count().
  void restore(const char* begin, Field* out) const {
    for (const Places* place = places_.data(); place != places_.data() + count_; ++place, ++out) {
      *out = {{begin + place->name.begin, place->name.size},
              {begin + place->value.begin, place->value.size}};
    }
  }

 private:
  struct Place {
    uint16_t begin;
    uint16_t size;
  };
  struct Places {
    Place name;
    Place value;
  };

  static Place place_in(std::string_view section, std::string_view part) {
    return {static_cast<uint16_t>(part.data() - section.data()),
            static_cast<uint16_t>(part.size())};
  }

  uint32_t size_ = 0;  // 0: nothing is remembered
  uint32_t count_ = 0;
  Facts facts_;
  std::array<Places, 16> places_;
  std::array<char, 512> bytes_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_FIELD_MEMO_H_
