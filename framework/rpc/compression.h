// Compression of single messages: what is agreed on in grpc-encoding and grpc-accept-encoding.
//
// Each message is compressed by itself and says whether it is, so no state outlives one.
//
// Owner:   plain functions.
// Threads: any; buffers are the calling thread's.
// Errors:  decompress(): kInternal for what is damaged, kResourceExhausted for what would be larger
//          than max_bytes, found out without making more than that.
// Limits:  as above. A call does all of one message: for 4 MiB of text it takes some 20 ms, and ten
//          times that if a message of that size was made to be slow.
// Cost:    see compress/compressor.h.
// Source:  gRPC over HTTP/2, "Message-Encoding"; gRPC compression.md.
#ifndef TURBO_RPC_COMPRESSION_H_
#define TURBO_RPC_COMPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "framework/buffer/buffer.h"

namespace turbo::rpc {

enum class Compression : uint8_t { kIdentity, kGzip, kDeflate };

// What we understand, as grpc-accept-encoding has it.
inline constexpr std::string_view kAcceptedEncodings = "identity,gzip,deflate";

// "identity", "gzip", "deflate".
std::string_view to_string(Compression compression);
std::optional<Compression> parse_compression(std::string_view encoding);
// Whether a peer that sent this grpc-accept-encoding understands it. Identity always.
bool accepts(std::string_view accept_encoding, Compression compression);

// kIdentity gives the message back.
Buffer compress(Buffer message, Compression compression);
// An empty message is empty, compressed or not: there are peers that flag it all the same.
absl::StatusOr<Buffer> decompress(Buffer message, Compression compression, size_t max_bytes);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_COMPRESSION_H_
