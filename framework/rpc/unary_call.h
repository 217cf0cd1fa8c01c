// call_unary(): one request, one reply.
//
//   auto call = call_unary<HelloReply>(channel, kSayHello, context, request);   // is under way
//   absl::StatusOr<HelloReply> reply = co_await call;
//
//   call_unary<HelloReply>(channel, kSayHello, context, request,
//                          [](absl::StatusOr<HelloReply> reply) { ... });
//
// Owner:   the awaited form: its caller; dropping it cancels the call. The form with a callback
//          owns itself; the end of the channel destroys the callback uncalled, and resumes whoever
//          awaits, later, with kCancelled.
// Threads: the loop's that it was made on.
// Errors:  the call's status.
// Limits:  ChannelOptions.
// Cost:    see client_call.h. Awaiting allocates nothing besides; a callback is one piece of the
//          BlockPool.
#ifndef TURBO_RPC_UNARY_CALL_H_
#define TURBO_RPC_UNARY_CALL_H_

#include <coroutine>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/buffer/block_pool.h"
#include "framework/rpc/client_call.h"
#include "framework/rpc/client_stream.h"

namespace turbo::rpc {

template <class Reply>
class [[nodiscard]] UnaryOperation {
 public:
  UnaryOperation(Channel& channel, const Method& method, ClientContext* context,
                 const ClientCall::Message& request)
      : call_(ClientCall::start(channel, method, context)) {
    call_->write(request, ClientCall::Last::kYes);
  }
  UnaryOperation(const UnaryOperation&) = delete;
  UnaryOperation& operator=(const UnaryOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) { return finish_.await_suspend(awaiter); }
  absl::StatusOr<Reply> await_resume() { return finish_.await_resume(); }

 private:
  const ClientCall::Handle call_;
  FinishOperation<Reply> finish_{*call_};
};

// A call that nobody awaits.
template <class Reply>
class CalledBack {
 public:
  static void start(Channel& channel, const Method& method, ClientContext& context,
                    const ClientCall::Message& request, ReplyCallback<Reply> done) {
    auto self = std::make_unique<CalledBack>();
    self->done_ = std::move(done);
    self->call_ = ClientCall::start(channel, method, &context);
    ClientCall& call = *self->call_;
    call.write(request, ClientCall::Last::kYes);
    Reply* const reply = &self->reply_;
    call.finish(reply, [self = std::move(self)](absl::Status status) {
      self->call_.reset();
      if (!status.ok()) return self->done_(std::move(status));
      self->done_(std::move(self->reply_));
    });
  }

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) noexcept {
    BlockPool::local().deallocate(piece, bytes);
  }

 private:
  Reply reply_;
  ReplyCallback<Reply> done_;
  ClientCall::Handle call_;
};

// `request` is written before they return.
template <class Reply>
UnaryOperation<Reply> call_unary(Channel& channel, const Method& method,
                                 const ClientCall::Message& request) {
  return UnaryOperation<Reply>(channel, method, nullptr, request);
}

template <class Reply>
UnaryOperation<Reply> call_unary(Channel& channel, const Method& method, ClientContext& context,
                                 const ClientCall::Message& request) {
  return UnaryOperation<Reply>(channel, method, &context, request);
}

template <class Reply>
void call_unary(Channel& channel, const Method& method, ClientContext& context,
                const ClientCall::Message& request, ReplyCallback<Reply> done) {
  CalledBack<Reply>::start(channel, method, context, request, std::move(done));
}

}  // namespace turbo::rpc

#endif  // TURBO_RPC_UNARY_CALL_H_
