// ServerCall: one call on the server: messages in, messages out, a status at the end. What the
// public faces of a call (server_stream.h, server_method.h) stand on.
//
//   exchange ─► CallFormat ─► read()    the method    write(), finish() ─► CallFormat ─► exchange
//
// It ends once: by finish(), by its deadline, by a message that is malformed or too large, or
// because the client has gone. Its task, if it has one, is destroyed then, and callbacks that wait
// are not called.
//
// Owner:   its exchange, as attachment.
// Threads: its loop's.
// Errors:  whatever ends it is a status for the client; what a method throws is logged, and
//          kUnknown without its text.
// Limits:  MethodOptions.
// Cost:    one piece of the loop's pool, with room for small messages; a timer if it has a
// deadline.
#ifndef TURBO_RPC_SERVER_CALL_H_
#define TURBO_RPC_SERVER_CALL_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/buffer/block_pool.h"
#include "framework/loop/task.h"
#include "framework/rpc/call_format.h"
#include "framework/rpc/method_entry.h"
#include "framework/rpc/server_context.h"
#include "framework/server/exchange.h"

namespace turbo::rpc {

class CallHandle;

class ServerCall : public ExchangeAttachment {
 public:
  // The next message was read into what was given (true), or the client has said all.
  using ReadCallback = absl::AnyInvocable<void(bool)>;

  ServerCall(Exchange& exchange, MethodEntry& entry, std::unique_ptr<CallFormat> format);
  ~ServerCall() override;

  // For the dispatcher, once the exchange has it. `timeout`: the client's.
  void start(std::optional<Duration> timeout);

  ServerContext& context() { return context_; }
  Exchange& exchange() { return exchange_; }
  CallFormat& format() { return *format_; }
  google::protobuf::Arena& arena() { return arena_; }
  bool ended() const { return ended_; }

  // The task of the interceptors from `position` on and of the method inside of them.
  Task<absl::Status> run_from(size_t position);

  // ---- for the method ----
  enum class Read : uint8_t { kMessage, kEnd, kLater };
  // Parses the next message, if it has come.
  Read try_read(google::protobuf::Message& message);
  // Calls back, perhaps at once. One at a time: another one's callback takes the place of the
  // first's. `message` stays until then.
  void read(google::protobuf::Message& message, ReadCallback done);
  void cancel_read() { read_done_ = nullptr; }
  void send_initial_metadata();
  void write(const google::protobuf::Message& message);
  // More waits for the client than should: write on when_writable().
  bool writable() const { return !exchange_.output_is_high(); }
  void when_writable(Callback callback);
  void cancel_when_writable() { writable_ = nullptr; }
  // Sends the status, and no more is heard of the call.
  void finish(const absl::Status& status);
  // Finishes with what the task answers or throws.
  void run(Task<absl::Status> task);

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

 protected:
  // For the destructor of what is complete: it has gone with its exchange.
  void abandon();

  // Its one request has come, unless it reads. May throw.
  virtual void start_method() = 0;
  // Where its one request is to be; null: the method reads.
  virtual google::protobuf::Message* request() = 0;
  // What a status that is OK is sent with; null: the method writes.
  virtual const google::protobuf::Message* reply() = 0;

 private:
  friend class CallHandle;

  void set_timeout(Duration timeout);
  void watch_client();
  void receive();
  void on_piece(Buffer piece);
  void take_request();
  void serve_read();
  void begin_method();
  void call_method();
  void begin_answer();
  void on_deadline();
  void cancel(const absl::Status& why);
  void fail(const absl::Status& status);
  void tell_cancelled();
  void run_interceptors();
  Task<absl::Status> run_method();
  void on_interceptors_done();
  void on_method_done();
  absl::Status logged_failure(const std::exception_ptr& thrown) const;
  void complete(const absl::Status& status);
  bool intercept_before();
  void end(const absl::Status& status);
  void close(const absl::Status& status);
  AnswerMetadata answer_metadata() const;
  // What the method gave; what it throws is the method's failure.
  template <class Call>
  void call_out(Call&& call) {
    try {
      call();
    } catch (...) {
      finish(logged_failure(std::current_exception()));
    }
  }

  // What messages of this size in all need no other memory for.
  static constexpr size_t kArenaBytes = 1024;

  Exchange& exchange_;
  MethodEntry& entry_;
  std::unique_ptr<CallFormat> format_;
  ServerContext context_;
  CallHandle* handle_ = nullptr;
  TimerHandle deadline_timer_;
  google::protobuf::Message* read_into_ = nullptr;
  ReadCallback read_done_;
  Callback writable_;
  // An interceptor waits for what the method comes to.
  absl::AnyInvocable<void(absl::Status)> method_done_;
  bool intercepted_ = false;  // what the method comes to is for interceptors
  bool method_begun_ = false;
  bool method_finished_ = false;
  bool request_read_ = false;
  bool input_ended_ = false;
  bool serving_ = false;    // read_done_ is called
  bool receiving_ = false;  // a piece of the body is waited for
  bool begun_ = false;      // the answer's head was written
  bool ended_ = false;
  alignas(8) std::array<char, kArenaBytes> arena_block_;
  google::protobuf::Arena arena_;
  // The last members: destroyed first, since they may refer to all others.
  Task<absl::Status> method_task_;
  Task<absl::Status> interceptor_task_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVER_CALL_H_
