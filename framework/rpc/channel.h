// Channel: the way to a service: finds its servers, keeps connections to them, and makes calls.
//
//   Channel channel("dns:///greeter.example.org:443", {.tls = tls::ClientOptions()});
//   helloworld::Greeter::Stub stub(channel);
//   auto call = stub.say_hello(request);        // on the loop that runs here
//   absl::StatusOr<HelloReply> reply = co_await call;
//
//   Channel ─► ChannelPart, one for each loop that calls ─► LoadBalancer ─► Subchannel, one for
//   each
//                    │ calls that wait                                      address ─► connection
//                    └ resolver
//
// A call runs on the loop that it is begun on, over a connection of that loop: nothing is shared
// between loops but what never changes. Nothing is connected before the first call, nor after a
// failure without one.
//
// Owner:   the program. It dies when none of its loops runs, or on the thread of one: parts of
//          other loops end there, soon; before its loops are destroyed. Calls that are open then
//          end with kCancelled.
// Threads: any that has a loop; a call's objects stay with its loop.
// Errors:  status(): a malformed target or unusable TLS; every call then fails with it.
// Limits:  ChannelOptions.
// Cost:    a part for each loop, made at its first call; see ClientCall and HTTP2ClientConnection.
#ifndef TURBO_RPC_CHANNEL_H_
#define TURBO_RPC_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "framework/loop/io_loop.h"
#include "framework/rpc/channel_options.h"

namespace turbo::rpc {

class ChannelPart;
struct ChannelConfig;

class Channel {
 public:
  explicit Channel(std::string_view target, ChannelOptions options = {});
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  const absl::Status& status() const;

  // ---- for ClientCall ----
  // Of this thread's loop.
  ChannelPart& part();

 private:
  ChannelPart& find_part(IOLoop& loop);

  const std::shared_ptr<const ChannelConfig> config_;
  const uint64_t serial_;  // no other channel of the program has it, however long it lives
  std::mutex mutex_;
  std::vector<std::unique_ptr<ChannelPart>> parts_;
};

}  // namespace turbo::rpc

#endif  // TURBO_RPC_CHANNEL_H_
