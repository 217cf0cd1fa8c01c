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
#include <optional>
#include <span>
#include <string_view>

#include "framework/http/request_head.h"
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
  bool add(std::string_view name, std::string_view value);
  // All have come; head() may be asked for.
  void finish();
  const Head& head() const { return head_; }
  // What came in all, kept or not, as limits count it.
  size_t counted_bytes() const { return counted_; }
  // Keeps memory, up to a bound.
  void restart();

 private:
  struct Piece {
    uint32_t begin = 0;  // of the name in bytes_; the value follows
    uint32_t name_bytes = 0;
    uint32_t value_bytes = 0;
  };

  void append(std::string_view text);
  void grow(size_t more);
  void join_cookies();
  void set_pseudo(std::string_view name, std::string_view value);
  std::string_view name_of(const Piece& piece) const;
  std::string_view value_of(const Piece& piece) const;

  HeadLimits limits_;
  // Its size is what it has room for: a vector with an allocator of its own copies byte by byte.
  PoolVector<char> bytes_;
  size_t used_ = 0;
  PoolVector<Piece> pieces_;
  PoolVector<http::Field> fields_;
  size_t counted_ = 0;
  size_t cookies_ = 0;
  Head head_;
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HEAD_BLOCK_H_
