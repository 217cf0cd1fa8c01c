// Protobuf messages in Buffers, without a string in between.
//
//   append_message(reply, Compression::kIdentity, max_bytes, out);   with its five bytes of prefix
//   parse_message(bytes, request)
//
// Owner:   plain functions.
// Threads: one.
// Errors:  parse_message(): false for bytes that are no such message or miss a required field;
//          append_message(): false above max_bytes, nothing was appended then.
// Limits:  2 GiB, protobuf's own. parse_message() nests as deep as protobuf allows (100).
// Cost:    a message that lies in one piece is parsed in place; one of up to 60 KiB is written
//          straight into the rest of a block, or into one of its size. Nothing else is allocated.
#ifndef TURBO_RPC_PROTOBUF_BUFFER_H_
#define TURBO_RPC_PROTOBUF_BUFFER_H_

#include <google/protobuf/message_lite.h>

#include <cstddef>

#include "framework/buffer/buffer.h"
#include "framework/rpc/compression.h"

namespace turbo::rpc {

// Replaces what `message` held. After false there is something of the bytes in it.
[[nodiscard]] bool parse_message(const Buffer& bytes, google::protobuf::MessageLite& message);

// A message that compression does not make smaller goes as it is, and says so. `max_bytes` bounds
// it uncompressed.
[[nodiscard]] bool append_message(const google::protobuf::MessageLite& message,
                                  Compression compression, size_t max_bytes, Buffer& out);

}  // namespace turbo::rpc

#endif  // TURBO_RPC_PROTOBUF_BUFFER_H_
