// ClientReader, ClientWriter, ClientStream: the caller's side of calls with many messages.
//
//   auto reader = stub.list(context, rect);
//   for (Feature feature;;) {
//     auto read = reader.read(feature);            // g++ 12: name awaitables
//     if (!co_await read) break;
//   }
//   auto finish = reader.finish();
//   absl::Status status = co_await finish;
//
//   auto stream = stub.chat(context);
//   stream.read(note, [&](bool more) { ... });     // the same with callbacks
//
// A callback comes from the loop, never from inside of the call that was given it, once; it may
// drop the stream. Awaiting what is there already does not suspend.
//
// Owner:   the caller; dropping one, or the channel, cancels the call, destroys callbacks uncalled,
//          and resumes coroutines later, with kCancelled. Moves; what is awaited stays good.
// Threads: the loop's that it was made on.
// Errors:  read(): false at the end, whatever it is; write(): kFailedPrecondition, or what the call
//          has come to, when it has ended; finish(): the call's status.
// Limits:  one read, one write and one finish() are waited for at a time; no write behind
//          writes_done() or finish(), unless the call has ended; ChannelOptions.
// Cost:    see client_call.h; awaiting allocates nothing.
#ifndef TURBO_RPC_CLIENT_STREAM_H_
#define TURBO_RPC_CLIENT_STREAM_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/loop/async_operation.h"
#include "framework/rpc/client_call.h"

namespace turbo::rpc {

// What an awaited read() gives.
class ReadResult {
 public:
  explicit ReadResult(bool found) : found_(found) {}
  static ReadResult cancelled() { return ReadResult(false); }
  explicit operator bool() const { return found_; }

 private:
  bool found_;
};

// ---- inside: the awaited faces ----

inline auto await_read(ClientCall& call, ClientCall::Message& reply) {
  return make_async_operation<ReadResult>(
      call.loop(),
      [&call, &reply](auto callback) {
        const ClientCall::Read found = call.try_read(reply);
        if (found != ClientCall::Read::kLater) return callback(found == ClientCall::Read::kMessage);
        call.read(reply, std::move(callback));
      },
      [&call] { call.cancel_read(); });
}

inline auto await_writable(ClientCall& call) {
  return make_async_operation<absl::Status>(
      call.loop(),
      [&call](auto callback) {
        if (call.writable()) return callback(call.write_status());
        call.when_writable(std::move(callback));
      },
      [&call] { call.cancel_when_writable(); });
}

inline auto await_finish(ClientCall& call) {
  return make_async_operation<absl::Status>(
      call.loop(), [&call](auto callback) { call.finish(nullptr, std::move(callback)); },
      [&call] { call.cancel_finish(); });
}

// The one reply at the end of a call, awaited.
template <class Reply>
class [[nodiscard]] FinishOperation {
 public:
  explicit FinishOperation(ClientCall& call) : operation_(call.loop(), {&call, &reply_}, {&call}) {}
  FinishOperation(const FinishOperation&) = delete;
  FinishOperation& operator=(const FinishOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) { return operation_.await_suspend(awaiter); }
  absl::StatusOr<Reply> await_resume() {
    absl::Status status = operation_.await_resume();
    if (!status.ok()) return status;
    return std::move(reply_);
  }

 private:
  struct Start {
    template <class Callback>
    void operator()(Callback callback) const {
      if (call->ended()) return callback(call->take_end(reply));
      call->finish(reply, std::move(callback));
    }
    ClientCall* call;
    Reply* reply;
  };
  struct Withdraw {
    void operator()() const { call->cancel_finish(); }
    ClientCall* call;
  };

  Reply reply_;
  AsyncOperation<absl::Status, Start, Withdraw> operation_;
};

template <class Reply>
using ReplyCallback = absl::AnyInvocable<void(absl::StatusOr<Reply>)>;

// The same with a callback.
template <class Reply>
void finish_with_reply(ClientCall& call, ReplyCallback<Reply> done) {
  auto reply = std::make_unique<Reply>();
  Reply* const into = reply.get();
  call.finish(into,
              [reply = std::move(reply), done = std::move(done)](absl::Status status) mutable {
                if (!status.ok()) return done(std::move(status));
                done(std::move(*reply));
              });
}

// ---- the streams ----

// One request, many replies.
template <class Reply>
class ClientReader {
 public:
  ClientReader(Channel& channel, const Method& method, ClientContext& context,
               const ClientCall::Message& request)
      : call_(ClientCall::start(channel, method, &context)) {
    call_->write(request, ClientCall::Last::kYes);
  }

  // Whether there is another reply, which is in `reply` then.
  auto read(Reply& reply) { return await_read(*call_, reply); }
  void read(Reply& reply, ClientCall::ReadCallback callback) {
    call_->read(reply, std::move(callback));
  }
  // Drops what was not read.
  auto finish() { return await_finish(*call_); }
  void finish(ClientCall::StatusCallback callback) { call_->finish(nullptr, std::move(callback)); }
  void cancel() { call_->cancel(); }

 private:
  ClientCall::Handle call_;
};

// Many requests, one reply.
template <class Request, class Reply>
class ClientWriter {
 public:
  ClientWriter(Channel& channel, const Method& method, ClientContext& context)
      : call_(ClientCall::start(channel, method, &context)) {}

  // Taken at once, whether awaited or not; answered when more may be written.
  auto write(const Request& request) {
    call_->write(request, ClientCall::Last::kNo);
    return await_writable(*call_);
  }
  void write(const Request& request, ClientCall::StatusCallback callback) {
    call_->write(request, ClientCall::Last::kNo);
    call_->when_writable(std::move(callback));
  }
  // No request follows. Gives the reply.
  auto finish() {
    call_->writes_done();
    return FinishOperation<Reply>(*call_);
  }
  void finish(ReplyCallback<Reply> done) {
    call_->writes_done();
    finish_with_reply<Reply>(*call_, std::move(done));
  }
  void cancel() { call_->cancel(); }

 private:
  ClientCall::Handle call_;
};

// Many of both.
template <class Request, class Reply>
class ClientStream {
 public:
  ClientStream(Channel& channel, const Method& method, ClientContext& context)
      : call_(ClientCall::start(channel, method, &context)) {}

  auto read(Reply& reply) { return await_read(*call_, reply); }
  void read(Reply& reply, ClientCall::ReadCallback callback) {
    call_->read(reply, std::move(callback));
  }
  auto write(const Request& request) {
    call_->write(request, ClientCall::Last::kNo);
    return await_writable(*call_);
  }
  void write(const Request& request, ClientCall::StatusCallback callback) {
    call_->write(request, ClientCall::Last::kNo);
    call_->when_writable(std::move(callback));
  }
  // No request follows.
  void writes_done() { call_->writes_done(); }
  // The same, and what was not read is dropped.
  auto finish() {
    call_->writes_done();
    return await_finish(*call_);
  }
  void finish(ClientCall::StatusCallback callback) {
    call_->writes_done();
    call_->finish(nullptr, std::move(callback));
  }
  void cancel() { call_->cancel(); }

 private:
  ClientCall::Handle call_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CLIENT_STREAM_H_
