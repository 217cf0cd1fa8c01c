// ClientCall: one call of a client, whatever its kind: sends requests, finds replies, and comes to
// one status. What stubs, ClientReader and its siblings stand on.
//
//   start() ─► waiting ─► on a stream ─┬─► status         from trailers, a reset, the connection
//                 ▲            │       └─► deadline, cancel()
//                 └─ again ◄───┘                          refused, or the retry policy says so
//
//   client_call.cc           the caller's side: messages, waiting, the end
//   client_call_stream.cc    what the HTTP/2 stream tells
//   client_call_attempts.cc  from one try to the next
//
// Its caller is called back in the loop's completions phase and from nowhere else, so what it does
// there (starting calls, dropping this one or the channel) finds no frame of a connection on the
// stack.
//
// Owner:   the handle start() gives; dropping it cancels. Then the channel's part for the loop,
//          which uses it again.
// Threads: its loop's.
// Errors:  one status. kUnavailable, kDeadlineExceeded, kCancelled, kResourceExhausted (a message,
//          metadata or a queue too large) and kInternal (the server broke the protocol) are ours,
//          all others the server's.
// Limits:  ChannelOptions. One read, one wait for room and one for the end at a time.
// Cost:    one object, used again with the memory it has grown; a deadline is a timer of the loop.
#ifndef TURBO_RPC_CLIENT_CALL_H_
#define TURBO_RPC_CLIENT_CALL_H_

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/base/intrusive_list.h"
#include "framework/buffer/block_pool.h"
#include "framework/buffer/buffer.h"
#include "framework/client/http2_client_stream.h"
#include "framework/loop/io_loop.h"
#include "framework/rpc/backoff.h"
#include "framework/rpc/client_context.h"
#include "framework/rpc/message_reader.h"
#include "framework/rpc/method.h"
#include "framework/rpc/retry.h"

namespace turbo::rpc {

class Channel;
class ChannelPart;
struct ClientCallTag;
struct WaitingCallTag;

class ClientCall final : public HTTP2ClientStream,
                         public ListNode<ClientCallTag>,   // the part's
                         public ListNode<WaitingCallTag>,  // while it waits for a connection
                         private Completion {
 public:
  struct Release {
    void operator()(ClientCall* call) const { call->release(); }
  };
  using Handle = std::unique_ptr<ClientCall, Release>;
  using Message = google::protobuf::MessageLite;
  using ReadCallback = absl::AnyInvocable<void(bool)>;
  using StatusCallback = absl::AnyInvocable<void(absl::Status)>;

  // On the loop of this thread. `context` may be null; else it outlives the call.
  static Handle start(Channel& channel, const Method& method, ClientContext* context);

  // ---- requests ----
  enum class Last : bool { kNo, kYes };
  // Requires: the last was not written. When the call has ended nothing happens.
  void write(const Message& request, Last last);
  void writes_done();
  // Few enough bytes wait to be sent. When the call has ended too.
  bool writable() const;
  // Calls back when writable(): OK, or that the call has ended.
  void when_writable(StatusCallback callback);
  void cancel_when_writable() { writable_callback_ = nullptr; }
  // What a write is answered with.
  absl::Status write_status() const;

  // ---- replies, where there may be many ----
  enum class Read : uint8_t { kMessage, kEnd, kLater };
  Read try_read(Message& reply);
  // Calls back with whether there was one. `reply` stays until then.
  void read(Message& reply, ReadCallback callback);
  void cancel_read();
  // Whether the one that was read last, or collected, came compressed.
  bool reply_was_compressed() const { return replies_->was_compressed(); }

  // ---- the end ----
  // Calls back with the status. Where there is one reply, it is put to `reply`, which stays until
  // then; where there may be many, those not read are dropped.
  void finish(Message* reply, StatusCallback callback);
  void cancel_finish() { finish_callback_ = nullptr; }
  void cancel();
  bool ended() const { return ended_; }
  // What finish() calls back with. Requires: ended().
  absl::Status take_end(Message* reply);

  IOLoop& loop() const { return *loop_; }

  // ---- for the channel's part ----
  bool waits_for_ready() const { return context_ != nullptr && context_->wait_for_ready_; }
  // It has come to this.
  void end(absl::Status status);
  // The channel is gone: callbacks are destroyed uncalled, as they are with a stream.
  void leave_part();

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) noexcept {
    BlockPool::local().deallocate(piece, bytes);
  }

 private:
  friend class ChannelPart;
  ClientCall() = default;
  ~ClientCall() override = default;

  // ---- client_call.cc ----
  void begin(ChannelPart& part, const Method& method, ClientContext* context);
  void begin_deadline();
  void fail(absl::Status status);
  void release();
  void recycle();
  void clear();
  void wake() { loop_->schedule(static_cast<Completion&>(*this)); }
  void wake_if_awaited();
  void complete() override;
  bool collects() const { return !server_streams(method_->kind); }
  void consume_all_but(size_t bytes);

  // ---- client_call_stream.cc ----
  http2::Body fill_request(http2::RequestFields& fields) override;
  void on_head(bool ends) override;
  void on_data(Buffer piece) override;
  void on_end(std::span<const http::Field> trailers) override;
  void on_finished(const StreamEnd& end) override;
  Ready body_ready() override { return {request_.size() - sent_, writes_done_}; }
  bool take_body(size_t bytes, Buffer& out) override;
  absl::Status check_head();
  void collect();
  absl::Status status_of(std::span<const http::Field> fields) const;
  absl::Status status_of(const StreamEnd& end) const;

  // ---- client_call_attempts.cc ----
  void commit();
  void stop_keeping();
  void keep_no_more_than(size_t bytes);
  bool between_tries() const { return next_try_in_.has_value() || retry_timer_ != TimerHandle(); }
  void conclude(absl::Status status, const Pushback& pushback);
  std::optional<Duration> plan_next_try(const absl::Status& status, const Pushback& pushback);
  void try_again_after(Duration wait);
  void try_transparently(const StreamEnd& end);
  void start_over();

  ChannelPart* part_ = nullptr;  // null: it has gone
  IOLoop* loop_ = nullptr;
  const Method* method_ = nullptr;
  ClientContext* context_ = nullptr;  // until the end
  std::optional<TimePoint> deadline_;
  TimerHandle deadline_timer_;
  TimerHandle retry_timer_;

  // What goes. What was sent is kept as long as it may have to be sent again.
  Buffer request_;
  size_t sent_ = 0;  // of request_
  bool keeps_request_ = true;
  bool has_all_ = true;  // nothing was dropped
  bool writes_done_ = false;

  // What comes.
  std::optional<MessageReader> replies_;
  Buffer reply_;  // where there is to be one
  size_t unconsumed_ = 0;
  bool has_reply_ = false;
  bool drops_replies_ = false;
  bool replies_whole_ = false;  // the server said how the call ended; those not read are good

  // What is waited for.
  Message* read_into_ = nullptr;
  Message* reply_into_ = nullptr;
  ReadCallback read_callback_;
  StatusCallback writable_callback_;
  StatusCallback finish_callback_;

  // Tries.
  uint32_t failed_attempts_ = 0;
  uint32_t refusals_ = 0;
  std::optional<Backoff> backoff_;
  std::optional<Duration> next_try_in_;  // once this one's stream is gone
  bool committed_ = false;               // something of an answer came

  absl::Status status_;
  bool ended_ = false;
  bool released_ = false;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CLIENT_CALL_H_
