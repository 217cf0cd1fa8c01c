// ServerReader, ServerWriter, ServerStream: the messages of a call whose method is a coroutine.
//
//   Task<absl::Status> chat(ServerContext&, ServerStream<Note, Note>& stream) {
//     Note note;
//     for (;;) {
//       auto read = stream.read(note);      // g++ 12: name awaitables
//       if (!co_await read) break;          // the client has said all
//       auto write = stream.write(note);
//       co_await write;                     // until the client has taken what waits for it
//     }
//     co_return absl::OkStatus();
//   }
//
// When the call ends otherwise, because of its client, its deadline or a malformed message, nothing
// is resumed: the task is destroyed.
//
// Owner:   the call. What is awaited lives in the coroutine's frame.
// Threads: the loop's.
// Errors:  none: see above.
// Limits:  MethodOptions, a message. One read and one write are awaited at a time.
// Cost:    a read of a message that has come, and a write while the client keeps up, do not
//          suspend.
#ifndef TURBO_RPC_SERVER_STREAM_H_
#define TURBO_RPC_SERVER_STREAM_H_

#include <coroutine>

#include "framework/rpc/server_call.h"

namespace turbo::rpc {

// co_await: whether there was a message.
class [[nodiscard]] ServerRead {
 public:
  ServerRead(ServerCall& call, google::protobuf::Message& message)
      : call_(call), message_(message) {}
  ServerRead(const ServerRead&) = delete;
  ServerRead& operator=(const ServerRead&) = delete;
  ~ServerRead() {
    if (waiting_) call_.cancel_read();
  }

  bool await_ready() {
    outcome_ = call_.try_read(message_);
    return outcome_ != ServerCall::Read::kLater;
  }
  void await_suspend(std::coroutine_handle<> awaiter) {
    waiting_ = true;
    awaiter_ = awaiter;
    call_.read(message_, [this](bool more) {
      waiting_ = false;
      outcome_ = more ? ServerCall::Read::kMessage : ServerCall::Read::kEnd;
      awaiter_.resume();
    });
  }
  bool await_resume() const { return outcome_ == ServerCall::Read::kMessage; }

 private:
  ServerCall& call_;
  google::protobuf::Message& message_;
  std::coroutine_handle<> awaiter_;
  ServerCall::Read outcome_ = ServerCall::Read::kLater;
  bool waiting_ = false;
};

// co_await: until more may be written.
class [[nodiscard]] ServerWrite {
 public:
  ServerWrite(ServerCall& call, const google::protobuf::Message& message) : call_(call) {
    call_.write(message);
  }
  ServerWrite(const ServerWrite&) = delete;
  ServerWrite& operator=(const ServerWrite&) = delete;
  ~ServerWrite() {
    if (waiting_) call_.cancel_when_writable();
  }

  bool await_ready() const { return !call_.ended() && call_.writable(); }
  void await_suspend(std::coroutine_handle<> awaiter) {
    waiting_ = true;
    awaiter_ = awaiter;
    call_.when_writable([this] {
      waiting_ = false;
      awaiter_.resume();
    });
  }
  void await_resume() const {}

 private:
  ServerCall& call_;
  std::coroutine_handle<> awaiter_;
  bool waiting_ = false;
};

template <class Request>
class ServerReader {
 public:
  explicit ServerReader(ServerCall& call) : call_(&call) {}
  // What is in `message` is replaced.
  ServerRead read(Request& message) { return {*call_, message}; }

 private:
  ServerCall* call_;
};

template <class Reply>
class ServerWriter {
 public:
  explicit ServerWriter(ServerCall& call) : call_(&call) {}
  // Written at once, whether awaited or not.
  ServerWrite write(const Reply& message) { return {*call_, message}; }

 private:
  ServerCall* call_;
};

template <class Request, class Reply>
class ServerStream {
 public:
  explicit ServerStream(ServerCall& call) : call_(&call) {}
  ServerRead read(Request& message) { return {*call_, message}; }
  ServerWrite write(const Reply& message) { return {*call_, message}; }

 private:
  ServerCall* call_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVER_STREAM_H_
