// ServerContext: what a server's method may ask and say about its call, besides the messages.
//
//   if (auto token = context.metadata().find("authorization")) ...
//   context.trailing_metadata().add("cost", "3").IgnoreError();
//
// Owner:   the call; gone when it is over, as a method's task is.
// Threads: the loop's.
// Errors:  none of its own.
// Limits:  metadata: HTTPServerOptions::limits.
// Cost:    metadata is decoded when it is first asked for.
#ifndef TURBO_RPC_SERVER_CONTEXT_H_
#define TURBO_RPC_SERVER_CONTEXT_H_

#include <google/protobuf/arena.h>

#include <memory>
#include <optional>
#include <string_view>

#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/loop/callback.h"
#include "framework/loop/io_loop.h"
#include "framework/rpc/compression.h"
#include "framework/rpc/metadata.h"
#include "framework/rpc/method.h"
#include "framework/tls/session.h"

namespace turbo::rpc {

class ServerCall;

class ServerContext {
 public:
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  const Method& method() const { return method_; }
  IOLoop& loop() const;
  Address peer_address() const;
  // Null over plain HTTP.
  const tls::Session* tls() const;
  // The host the client asked for.
  std::string_view authority() const;

  // ---- metadata ----
  // The client's.
  const Metadata& metadata();
  // Sent with the first message, or by send_initial_metadata(); nothing later.
  Metadata& initial_metadata() { return rare().initial; }
  // Sent with the status.
  Metadata& trailing_metadata() { return rare().trailing; }
  void send_initial_metadata();

  // ---- time ----
  // When the client gives up; the call is cancelled then. Pass it on to calls made meanwhile.
  std::optional<TimePoint> deadline() const { return deadline_; }
  // Calls back when the call ends in another way than by its method: the client has cancelled it or
  // is gone, its deadline has passed, a message was malformed or too large. Nothing more can be
  // sent once the client is gone. Then the method's task is destroyed.
  void on_cancelled(Callback callback) { rare().cancelled = std::move(callback); }

  // ---- messages ----
  // How replies are compressed, if the client understands it. Before the first of them.
  void set_compression(Compression compression) { compression_ = compression; }
  // Off: replies written from now on go as they are: those that would not become smaller, or in
  // which a secret stands beside what somebody else may choose.
  void compress_replies(bool on);
  // Whether the request read last came compressed.
  bool request_was_compressed() const;
  // Request and replies live there; for what lives as long as the call.
  google::protobuf::Arena& arena();

 private:
  friend class ServerCall;
  struct Rare {
    std::optional<Metadata> received;
    Metadata initial;
    Metadata trailing;
    Callback cancelled;
  };

  ServerContext(ServerCall& call, const Method& method) : call_(call), method_(method) {}
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }

  ServerCall& call_;
  const Method& method_;
  std::optional<TimePoint> deadline_;
  Compression compression_ = Compression::kIdentity;
  std::unique_ptr<Rare> rare_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_SERVER_CONTEXT_H_
