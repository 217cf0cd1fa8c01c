// ClientContext: what a call says besides its messages, and what it is told besides them.
//
//   ClientContext context;
//   context.set_timeout(std::chrono::milliseconds(200));
//   context.metadata().add("authorization", token).IgnoreError();
//   auto call = stub.say_hello(context, request);
//   absl::StatusOr<HelloReply> reply = co_await call;
//   context.trailing_metadata().find("cost");
//
// Owner:   the caller; outlives its call. One call at a time.
// Threads: the call's loop's.
// Errors:  none.
// Limits:  metadata: ChannelOptions::max_metadata_bytes, and what the server takes.
// Cost:    metadata that came is decoded when a context is there to have it.
#ifndef TURBO_RPC_CLIENT_CONTEXT_H_
#define TURBO_RPC_CLIENT_CONTEXT_H_

#include <optional>

#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/rpc/compression.h"
#include "framework/rpc/metadata.h"

namespace turbo::rpc {

class ChannelPart;
class ClientCall;

class ClientContext {
 public:
  ClientContext() = default;
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;
  ~ClientContext();

  // ---- before the call ----
  // The call ends with kDeadlineExceeded then; the server is told. The earlier of both counts.
  void set_timeout(Duration timeout) { timeout_ = timeout; }
  void set_deadline(TimePoint deadline) { deadline_ = deadline; }
  // Waits for a server to be reached, instead of failing with kUnavailable when none is.
  void set_wait_for_ready(bool wait) { wait_for_ready_ = wait; }
  void set_compression(Compression compression) { compression_ = compression; }
  // To be sent.
  Metadata& metadata() { return metadata_; }

  // ---- at any time ----
  // Off: requests written from now on go as they are: those that would not become smaller, or in
  // which a secret stands beside what somebody else may choose.
  void compress_requests(bool on) { compresses_ = on; }
  // The call ends with kCancelled, if it has not ended; its callbacks run as for any other end.
  void cancel();

  // ---- during the call and after it ----
  // The server's; empty until they have come: the first with the first message, the second with the
  // status.
  const Metadata& initial_metadata() const { return initial_; }
  const Metadata& trailing_metadata() const { return trailing_; }
  // The server's that the call was sent to last; unknown before that.
  const Address& peer_address() const { return peer_; }

 private:
  friend class ChannelPart;
  friend class ClientCall;

  std::optional<Duration> timeout_;
  std::optional<TimePoint> deadline_;
  bool wait_for_ready_ = false;
  Compression compression_ = Compression::kIdentity;
  bool compresses_ = true;
  Metadata metadata_;
  Metadata initial_;
  Metadata trailing_;
  Address peer_;
  ClientCall* call_ = nullptr;  // while it runs
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CLIENT_CONTEXT_H_
