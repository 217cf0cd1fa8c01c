// HeadBlock: a received header section, or trailers: its fields' bytes copied behind each other,
// and what they say.
//
// Owner:   the stream; views are valid until restart() or the next start().
// Threads: one.
// Errors:  add() answers false once a limit is passed; what comes after is not kept, and the head
//          says too_large.
// Limits:  HeadLimits; a field counts 32 bytes more than it has (RFC 9113 6.5.2).
// Cost:    one copy of each field; memory from the BlockPool, none once it has grown.
#ifndef TURBO_HTTP2_HEAD_BLOCK_H_
#define TURBO_HTTP2_HEAD_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "framework/http/request_head.h"
#include "framework/http2/field_kind.h"
#include "framework/http2/pool_vector.h"

namespace turbo::http2 {

struct HeadLimits {
  size_t max_bytes = 64 << 10;
  size_t max_fields = 128;
};

struct Head {
  // Pseudo-header fields (RFC 9113 8.3, RFC 8441 4); empty: absent.
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view protocol;
  int status = 0;  // of a response
  std::optional<uint64_t> content_length;
  // All others, in order, names in lower case. Cookie crumbs are joined to one field, at the place
  // of the first (8.2.3).
  std::span<const http::Field> fields;
  bool too_large = false;  // a limit was passed: what came until then is here
};

class HeadBlock {
 public:
  void start(const HeadLimits& limits);
  // A valid field (RFC 9113 8.2), pseudo-header fields included.
  bool add(std::string_view name, std::string_view value) {
    return add(name, value, kind_of(name));
  }
  bool add(std::string_view name, std::string_view value, FieldKind kind) {
    const size_t bytes = name.size() + value.size();
    counted_ += bytes + kFieldOverhead;
    ++count_;
    if (counted_ > limits_.max_bytes || count_ > limits_.max_fields || head_.too_large ||
        bytes > bytes_.size() - used_ || fields_.size() == fields_.capacity()) [[unlikely]] {
      if (!make_room(bytes)) return false;
    }
    char* const at = bytes_.data() + used_;
    used_ += bytes;
    copy(name, at);
    copy(value, at + name.size());
    const std::string_view kept(at + name.size(), value.size());
    if (kind == FieldKind::kOther) [[likely]] {
      fields_.push_back({{at, name.size()}, kept});
    } else {
      add_special({at, name.size()}, kept, kind);
    }
    return true;
  }
  // All have come; head() may be asked for.
  void finish();
  const Head& head() const { return head_; }
  // What came in all, kept or not, as limits count it.
  size_t counted_bytes() const { return counted_; }
  // So far beyond the limit that it is not worth an answer.
  bool hopeless() const { return counted_ / kHopelessHeads > limits_.max_bytes; }
  // Keeps memory, up to a bound.
  void restart();

 private:
  static constexpr size_t kHopelessHeads = 16;
  static constexpr size_t kFieldOverhead = 32;  // RFC 9113 6.5.2

  static void copy(std::string_view text, char* out);

  bool make_room(size_t bytes);
  void grow(size_t more);
  void move_views(const char* from, const char* to);
  void join_cookies();
  void add_special(std::string_view name, std::string_view value, FieldKind kind);

  HeadLimits limits_;
  // Its size is what it has room for: a vector with an allocator of its own copies byte by byte.
  PoolVector<char> bytes_;
  size_t used_ = 0;
  PoolVector<http::Field> fields_;
  size_t count_ = 0;  // of fields, pseudo-header fields included
  size_t counted_ = 0;
  size_t cookies_ = 0;
  Head head_;
};

// Names and values are mostly short, and a call costs more than they do.
inline void HeadBlock::copy(std::string_view text, char* out) {
  const char* const in = text.data();
  const size_t size = text.size();
  const auto copy_ends = [in, out, size](auto word) {
    std::memcpy(&word, in, sizeof word);
    auto last = word;
    std::memcpy(&last, in + size - sizeof last, sizeof last);
    std::memcpy(out, &word, sizeof word);
    std::memcpy(out + size - sizeof last, &last, sizeof last);
  };
  if (size > 16) {
    std::memcpy(out, in, size);
  } else if (size >= 8) {
    copy_ends(uint64_t{});
  } else if (size >= 4) {
    copy_ends(uint32_t{});
  } else if (size > 0) {
    out[0] = in[0];
    out[size / 2] = in[size / 2];
    out[size - 1] = in[size - 1];
  }
}

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HEAD_BLOCK_H_
