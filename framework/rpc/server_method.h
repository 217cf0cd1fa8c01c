// UnaryCall, ClientStreamingCall, ServerStreamingCall, BidiCall: a call as a method gets it that is
// no coroutine, to be kept and finished whenever it likes.
//
//   void start_say_hello(UnaryCall<HelloRequest, HelloReply> call) override {
//     call.reply().set_message("Hello, " + call.request().name());
//     call.finish(absl::OkStatus());
//   }
//   void start_list(ServerStreamingCall<Rect, Feature> call) override {
//   lister_.add(std::move(call)); }
//
// Owner:   whoever holds it; move-only. One that is destroyed before it was finished answers
//          kInternal.
// Threads: the loop's.
// Errors:  a call that is over, because of its client, its deadline or a malformed message, is not
//          active() any more: what is done to it is ignored and callbacks are not called.
//          request(), reply() and context() want it active.
// Limits:  MethodOptions.
// Cost:    a pointer.
#ifndef TURBO_RPC_SERVER_METHOD_H_
#define TURBO_RPC_SERVER_METHOD_H_

#include <memory>
#include <utility>

#include "framework/base/check.h"
#include "framework/rpc/server_call.h"
#include "framework/rpc/server_stream.h"

namespace turbo::rpc {

template <class Request, class Reply>
class UnaryCall;
template <class Request, class Reply>
class ClientStreamingCall;
template <class Request, class Reply>
class ServerStreamingCall;
template <class Request, class Reply>
class BidiCall;

// What all of them have.
class CallHandle {
 public:
  explicit CallHandle(ServerCall& call) : call_(&call) { call.handle_ = this; }
  CallHandle(CallHandle&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {
    if (call_ != nullptr) call_->handle_ = this;
  }
  CallHandle& operator=(CallHandle&& other) noexcept {
    if (this == &other) return *this;
    drop();
    call_ = std::exchange(other.call_, nullptr);
    if (call_ != nullptr) call_->handle_ = this;
    return *this;
  }
  ~CallHandle() { drop(); }

  bool active() const { return call_ != nullptr && !call_->ended(); }
  ServerContext& context() const { return call().context(); }
  // The end. Once.
  void finish(const absl::Status& status) {
    if (call_ != nullptr) release().finish(status);
  }

 protected:
  ServerCall& call() const {
    TURBO_CHECK(call_ != nullptr, "the call is over: ask active() first");
    return *call_;
  }
  // The handle is of no more use.
  ServerCall& release() {
    ServerCall& call = *std::exchange(call_, nullptr);
    call.handle_ = nullptr;
    return call;
  }
  void write_message(const google::protobuf::Message& message) const {
    if (active()) call_->write(message);
  }
  void when_writable_call(Callback callback) const {
    if (active()) call_->when_writable(std::move(callback));
  }
  void read_message(google::protobuf::Message& message, ServerCall::ReadCallback done) const {
    if (active()) call_->read(message, std::move(done));
  }

 private:
  friend class ServerCall;
  void drop();

  ServerCall* call_;
};

// A call with its messages; those that are many are null here and the method's own.
template <class Request, class Reply, MethodKind kKind>
class CallState : public ServerCall {
 public:
  CallState(Exchange& exchange, MethodEntry& entry, std::unique_ptr<CallFormat> format)
      : ServerCall(exchange, entry, std::move(format)) {
    using google::protobuf::Arena;
    if (!client_streams(kKind)) request_ = Arena::CreateMessage<Request>(&arena());
    if (!server_streams(kKind)) reply_ = Arena::CreateMessage<Reply>(&arena());
  }
  ~CallState() override { this->abandon(); }

 protected:
  google::protobuf::Message* request() final { return request_; }
  const google::protobuf::Message* reply() final { return reply_; }

 private:
  friend class UnaryCall<Request, Reply>;
  friend class ClientStreamingCall<Request, Reply>;
  friend class ServerStreamingCall<Request, Reply>;
  friend class BidiCall<Request, Reply>;

  Request* request_ = nullptr;
  Reply* reply_ = nullptr;
  ServerReader<Request> reader_{*this};
  ServerWriter<Reply> writer_{*this};
  ServerStream<Request, Reply> stream_{*this};
};

// One message from the client, one back.
template <class Request, class Reply>
class UnaryCall final : public CallHandle {
 public:
  using State = CallState<Request, Reply, MethodKind::kUnary>;
  explicit UnaryCall(State& state) : CallHandle(state) {}

  const Request& request() const { return *state().request_; }
  // Sent by finish(), if its status is OK.
  Reply& reply() const { return *state().reply_; }

  // Goes on as a coroutine: a method of `service`, which outlives the call.
  template <class Service>
  void run(Service& service,
           Task<absl::Status> (Service::*method)(ServerContext&, const Request&, Reply&)) && {
    State& state = static_cast<State&>(release());
    state.run((service.*method)(state.context(), *state.request_, *state.reply_));
  }

 private:
  State& state() const { return static_cast<State&>(call()); }
};

// Many messages from the client, one back.
template <class Request, class Reply>
class ClientStreamingCall final : public CallHandle {
 public:
  using State = CallState<Request, Reply, MethodKind::kClientStreaming>;
  explicit ClientStreamingCall(State& state) : CallHandle(state) {}

  // Calls `done(true)` when the next message is in `message`, which stays until then, or
  // `done(false)` when the client has said all; perhaps at once. One at a time.
  void read(Request& message, ServerCall::ReadCallback done) const {
    read_message(message, std::move(done));
  }
  Reply& reply() const { return *static_cast<State&>(call()).reply_; }

  template <class Service>
  void run(Service& service,
           Task<absl::Status> (Service::*method)(ServerContext&, ServerReader<Request>&,
                                                 Reply&)) && {
    State& state = static_cast<State&>(release());
    state.run((service.*method)(state.context(), state.reader_, *state.reply_));
  }
};

// One message from the client, many back.
template <class Request, class Reply>
class ServerStreamingCall final : public CallHandle {
 public:
  using State = CallState<Request, Reply, MethodKind::kServerStreaming>;
  explicit ServerStreamingCall(State& state) : CallHandle(state) {}

  const Request& request() const { return *static_cast<State&>(call()).request_; }
  void write(const Reply& message) const { write_message(message); }
  // The client takes less than is written: wait for when_writable() before more is.
  bool writable() const { return active() && call().writable(); }
  void when_writable(Callback callback) const { when_writable_call(std::move(callback)); }

  template <class Service>
  void run(Service& service, Task<absl::Status> (Service::*method)(ServerContext&, const Request&,
                                                                   ServerWriter<Reply>&)) && {
    State& state = static_cast<State&>(release());
    state.run((service.*method)(state.context(), *state.request_, state.writer_));
  }
};

// Many messages both ways, in any order.
template <class Request, class Reply>
class BidiCall final : public CallHandle {
 public:
  using State = CallState<Request, Reply, MethodKind::kBidiStreaming>;
  explicit BidiCall(State& state) : CallHandle(state) {}

  void read(Request& message, ServerCall::ReadCallback done) const {
    read_message(message, std::move(done));
  }
  void write(const Reply& message) const { write_message(message); }
  bool writable() const { return active() && call().writable(); }
  void when_writable(Callback callback) const { when_writable_call(std::move(callback)); }

  template <class Service>
  void run(Service& service,
           Task<absl::Status> (Service::*method)(ServerContext&,
                                                 ServerStream<Request, Reply>&)) && {
    State& state = static_cast<State&>(release());
    state.run((service.*method)(state.context(), state.stream_));
  }
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVER_METHOD_H_
