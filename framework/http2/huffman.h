// The Huffman code of HPACK (RFC 7541 5.2 and appendix B). Private to the room.
//
// Owner:   none.
// Threads: any.
// Errors:  decoding answers nullptr for padding that is longer than 7 bits or not all ones, and for
//          EOS.
// Limits:  none; the caller has the room.
// Cost:    decoding looks up 12 bits a step, which are two symbols of text as a rule; encoding a
//          table entry a byte. 24 KiB of tables.
// Source:  the code is canonical, so that the tables are made from the symbols' lengths.
#ifndef TURBO_HTTP2_HUFFMAN_H_
#define TURBO_HTTP2_HUFFMAN_H_

#include <cstddef>
#include <string_view>

namespace turbo::http2 {

// The most that so many bytes decode to, with what huffman_decode() may write past the end.
constexpr size_t huffman_room(size_t coded_bytes) { return coded_bytes * 8 / 5 + 2; }

// The end of what was written, or nullptr. Requires: huffman_room(coded.size()) bytes at `out`.
char* huffman_decode(std::string_view coded, char* out);

// What huffman_encode() would write.
size_t huffman_size(std::string_view text);

// The end of what was written. Requires: huffman_size(text) bytes at `out`.
char* huffman_encode(std::string_view text, char* out);

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_HUFFMAN_H_
