// HeldRequests: a client's requests between request() and send(), in the order they were made.
// Their heads are encoded as they go, so that one that was given up before needs no stream. Private
// to the room.
//
// Owner:   the session.
// Threads: one.
// Errors:  none.
// Limits:  whoever adds bounds them.
// Cost:    a copy of each head; memory from the BlockPool, kept.
#ifndef TURBO_HTTP2_HELD_REQUESTS_H_
#define TURBO_HTTP2_HELD_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "framework/http2/pool_vector.h"

namespace turbo::http2 {

class HeldRequests {
 public:
  // A request of these fields; `for_each(visit)` calls `visit(name, value)` for each, twice.
  template <class ForEach>
  void add(int32_t stream, ForEach&& for_each) {
    if (next_ > bytes_.size() / 2) {  // what has gone
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = 0;
    }
    Header header = {.stream = stream};
    for_each([&header](std::string_view name, std::string_view value) {
      ++header.fields;
      header.bytes += sizeof(FieldSizes) + name.size() + value.size();
    });
    const size_t begin = bytes_.size();
    bytes_.resize(begin + header.bytes);
    char* at = bytes_.data() + begin;
    put(&header, sizeof header, at);
    for_each([&at](std::string_view name, std::string_view value) {
      const FieldSizes sizes = {name.size(), value.size()};
      put(&sizes, sizeof sizes, at);
      put(name.data(), name.size(), at);
      put(value.data(), value.size(), at);
    });
  }

  bool empty() const { return next_ == bytes_.size(); }
  // Requires: not empty.
  int32_t next_stream() const { return header_at(next_).stream; }
  // Calls `visit(name, value)` for each field of the next.
  template <class Visit>
  void visit_next(Visit&& visit) const {
    const char* at = bytes_.data() + next_ + sizeof(Header);
    for (size_t left = header_at(next_).fields; left > 0; --left) {
      FieldSizes sizes;
      std::memcpy(&sizes, at, sizeof sizes);
      at += sizeof sizes;
      visit(std::string_view(at, sizes.name), std::string_view(at + sizes.name, sizes.value));
      at += sizes.name + sizes.value;
    }
  }
  void drop_next() {
    next_ += header_at(next_).bytes;
    if (!empty()) return;
    next_ = 0;
    bytes_.clear();
  }

 private:
  struct Header {
    int32_t stream = 0;
    size_t fields = 0;
    size_t bytes = sizeof(Header);  // this and the fields
  };
  struct FieldSizes {
    size_t name;
    size_t value;
  };

  Header header_at(size_t place) const {
    Header header;
    std::memcpy(&header, bytes_.data() + place, sizeof header);
    return header;
  }
  static void put(const void* bytes, size_t count, char*& at) {
    if (count > 0) std::memcpy(at, bytes, count);
    at += count;
  }

  PoolVector<char> bytes_;
  size_t next_ = 0;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HELD_REQUESTS_H_
