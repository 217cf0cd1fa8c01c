// HPACKDecoder: the fields of header blocks (RFC 7541). Private to the room.
//
// Owner:   one direction of a connection.
// Threads: one.
// Errors:  decode() answers false for what RFC 7541 calls a decoding error, COMPRESSION_ERROR in
//          HTTP/2; the decoder is of no use after that.
// Limits:  the dynamic table's; a table size update only where it may stand. Whoever joins a block
//          bounds it, and the sink what the fields amount to: an index of one byte may stand for a
//          field of 4 KiB.
// Cost:    no copies but of what enters the table and of what is Huffman coded; allocates, from the
//          BlockPool, for long coded strings (640 bytes) and as the table grows. A request of five
//          fields, four of them in the tables: some 500 instructions, a sixth of nghttp2's time
//          (http2_hpack_benchmark).
#ifndef TURBO_HTTP2_HPACK_DECODER_H_
#define TURBO_HTTP2_HPACK_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/http2/hpack_static_table.h"
#include "framework/http2/hpack_table.h"

namespace turbo::http2 {

// Who gets the fields.
class FieldSink {
 public:
  // The views are valid during the call. `mark` is what was answered when the very same entry of a
  // table was given before, 0 if it was not. A sink that answers other than 0 for valid fields need
  // not look at their bytes again; it may answer what kind of field it is.
  virtual uint8_t on_field(std::string_view name, std::string_view value, uint8_t mark) = 0;

 protected:
  ~FieldSink() = default;
};

class HPACKDecoder {
 public:
  // The size of the table before the peer was told of another.
  static constexpr size_t kDefaultTableBytes = 4096;

  explicit HPACKDecoder(size_t table_bytes = kDefaultTableBytes)
      : limit_(table_bytes), table_(table_bytes) {}

  // The SETTINGS_HEADER_TABLE_SIZE that the peer has acknowledged. A smaller one than before must
  // be followed by a table size update in the next block (RFC 7541 4.2).
  void set_limit(size_t table_bytes);

  // A whole header block. False: COMPRESSION_ERROR.
  [[nodiscard]] bool decode(std::string_view block, FieldSink& sink);

  // As RFC 7541 4.1 counts.
  size_t table_size() const { return table_.size(); }

 private:
  class Block;

  static constexpr size_t kNotDue = SIZE_MAX;

  size_t limit_;
  // The smallest limit the peer has not answered by an update.
  size_t update_due_ = kNotDue;
  HPACKTable table_;
  std::array<uint8_t, kHPACKStaticEntries + 1> static_marks_{};
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HPACK_DECODER_H_
