// HPACKEncoder: header blocks of fields (RFC 7541). Private to the room.
//
//   char* end = encoder.begin(out);
//   end = encoder.status(200, end);
//   for (const http::Field& field : fields) end = encoder.field(field.name, field.value, end);
//
// What is the same with message after message is added to the dynamic table; what changes with each
// (Content-Length, ETag, Location...) is not, and Set-Cookie and Authorization are to be added by
// nobody else either (7.1.3).
//
// Owner:   one direction of a connection. Blocks are sent in the order they were begun, all of
//          them.
// Threads: one.
// Errors:  none.
// Limits:  the dynamic table's, ours or the peer's, the smaller.
// Cost:    a field that the last head had at the same place is a comparison, some 110 instructions;
//          others a hash. Allocates, from the BlockPool, as the table grows.
#ifndef TURBO_HTTP2_HPACK_ENCODER_H_
#define TURBO_HTTP2_HPACK_ENCODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "framework/http2/hpack_table.h"

namespace turbo::http2 {

class HPACKEncoder {
 public:
  // Room for what the calls write, at most.
  static constexpr size_t kBeginBytes = 12;
  static constexpr size_t kStatusBytes = 8;
  static constexpr size_t field_bytes(std::string_view name, std::string_view value) {
    return name.size() + value.size() + 16;
  }

  // `table_bytes`: what our table may take.
  explicit HPACKEncoder(size_t table_bytes);

  // SETTINGS_HEADER_TABLE_SIZE of the peer, 4096 until then. The next block tells it of the change.
  void set_peer_limit(size_t table_bytes);

  // Each writes at `out` and answers the end of what it wrote.
  // A block begins.
  char* begin(char* out);
  // Requires: three digits.
  char* status(int code, char* out);
  // Names in any case, sent in lower case.
  char* field(std::string_view name, std::string_view value, char* out);

 private:
  static constexpr size_t kGuesses = 16;
  static constexpr size_t kBuckets = 64;
  static constexpr int kLongestChain = 8;
  static constexpr size_t kNoUpdate = SIZE_MAX;

  // What the last field at some place of a head was.
  struct Guess {
    enum class Kind : uint8_t {
      kDynamic,  // an entry of the dynamic table
      kWhole,    // one of the static table
      kName,     // a name of the static table whose last value was not added; 0: none
    };
    uint32_t number = 0;
    Kind kind = Kind::kName;
  };

  char* whole_static_field(uint32_t number, std::string_view name, std::string_view value,
                           char* out);
  Guess& last_guess() { return guesses_[(at_ - 1) % kGuesses]; }
  [[gnu::noinline]] char* find_or_add(std::string_view mixed_name, std::string_view value,
                                      char* out);
  char* find_or_add_dynamic(uint32_t name_index, std::string_view name, std::string_view value,
                            char* out);
  [[gnu::noinline]] char* write_static(uint32_t name_index, std::string_view value, char* out);
  char* write_index(uint32_t number, char* out) const;
  char* write_long_name(std::string_view name, std::string_view value, char* out) const;

  size_t own_limit_;
  size_t smallest_ = kNoUpdate;  // the capacity was, since the last block
  size_t at_ = 0;                // of the next field in its head
  HPACKTable table_;
  std::array<Guess, kGuesses> guesses_{};
  std::array<uint32_t, kBuckets> buckets_{};  // the newest entry of each, by hash
};

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HPACK_ENCODER_H_
