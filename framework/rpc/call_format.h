// CallFormat: how the messages and the status of one call lie in the bodies and fields of an HTTP
// exchange: gRPC's own way, gRPC-Web's for browsers, or JSON.
//
//   format.add(piece) ... format.read(request)          what comes
//   format.begin(context), format.write(reply), format.finish(status)   what goes
//
// Owner:   the ServerCall.
// Threads: its loop's.
// Errors:  those of what comes end the call with that status.
// Limits:  max_request_bytes, a message.
// Cost:    a virtual call each.
#ifndef TURBO_RPC_CALL_FORMAT_H_
#define TURBO_RPC_CALL_FORMAT_H_

#include <google/protobuf/message.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/buffer/block_pool.h"
#include "framework/buffer/buffer.h"
#include "framework/rpc/compression.h"
#include "framework/rpc/metadata.h"
#include "framework/server/exchange.h"

namespace turbo::rpc {

// What a call says once, before its first message or with its status; null: none.
struct AnswerMetadata {
  const Metadata* initial = nullptr;
  const Metadata* trailing = nullptr;
};

class CallFormat {
 public:
  virtual ~CallFormat() = default;

  // ---- what comes ----
  // A piece of the request's body.
  virtual absl::Status add(Buffer piece) = 0;
  // No more follows.
  virtual void end() {}
  // Behind end(), when read() gave the last message: what is left over is an error.
  virtual absl::Status check_end() const = 0;
  // Parses the next message into `message`; false: not all of it is there.
  virtual absl::StatusOr<bool> read(google::protobuf::Message& message) = 0;
  // Whether the message read last came compressed.
  virtual bool was_compressed() const { return false; }

  // ---- what goes ----
  // Says what `metadata.initial` holds and how messages are compressed, in the answer's head.
  virtual void begin(Compression compression, const AnswerMetadata& metadata) = 0;
  // Whether messages written from now on are compressed as begin() said.
  virtual void compress_messages(bool /*on*/) {}
  // Behind begin(). kResourceExhausted above the limit.
  virtual absl::Status write(const google::protobuf::Message& message) = 0;
  // The end, with the status; without begin() it is all of the answer.
  virtual void finish(const absl::Status& status, const AnswerMetadata& metadata) = 0;

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CALL_FORMAT_H_
