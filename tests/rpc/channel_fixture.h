// ChannelFixture: a channel to scripted servers on one loop, and calls that write down what they
// come to.
#ifndef TURBO_TESTS_RPC_CHANNEL_FIXTURE_H_
#define TURBO_TESTS_RPC_CHANNEL_FIXTURE_H_

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/rpc/stub.h"
#include "framework/testing/stream_pair.h"
#include "tests/rpc/scripted_server.h"

namespace turbo::rpc {

using google::protobuf::StringValue;

inline constexpr Method kUnaryMethod = {"/test.Echo/Unary", MethodKind::kUnary};
inline constexpr Method kReadMethod = {"/test.Echo/Read", MethodKind::kServerStreaming};
inline constexpr Method kWriteMethod = {"/test.Echo/Write", MethodKind::kClientStreaming};
inline constexpr Method kChatMethod = {"/test.Echo/Chat", MethodKind::kBidiStreaming};

inline StringValue text(std::string_view value) {
  StringValue message;
  message.set_value(std::string(value));
  return message;
}
// On the wire, without the prefix.
inline std::string bytes_of(std::string_view value) { return text(value).SerializeAsString(); }

// "OK: reply" or the status.
struct Outcome {
  std::optional<absl::StatusOr<StringValue>> result;
  bool done() const { return result.has_value(); }
  std::string told() const {
    if (!done()) return "open";
    if (!result->ok()) return std::string(result->status().ToString());
    return "OK: " + (*result)->value();
  }
};

class ChannelFixture : public testing::Test {
 protected:
  void open(ChannelOptions options = {}) { open(server().target(), std::move(options)); }
  void open(std::string_view target, ChannelOptions options = {}) {
    channel_ = std::make_unique<Channel>(target, std::move(options));
  }
  ScriptedServer& server() {
    if (server_ == nullptr) server_ = std::make_unique<ScriptedServer>(loop_);
    return *server_;
  }

  // With a context of its own.
  Outcome& call(std::string_view request = "hello") {
    return call(contexts_.emplace_back(), request);
  }
  Outcome& call(ClientContext& context, std::string_view request = "hello") {
    Outcome& outcome = outcomes_.emplace_back();
    call_unary<StringValue>(
        *channel_, kUnaryMethod, context, text(request),
        [&outcome](absl::StatusOr<StringValue> reply) { outcome.result = std::move(reply); });
    return outcome;
  }
  // A loop is asked only after it has waited for something.
  bool run_until(absl::AnyInvocable<bool()> done) {
    return done() || run_loop_until(loop_, std::move(done));
  }
  // What the call came to.
  std::string told(Outcome& outcome) {
    run_until([&] { return outcome.done(); });
    return outcome.told();
  }
  void settle() {
    for (int i = 0; i < 50; ++i) loop_.run_once(std::chrono::milliseconds(1));
  }

  IOLoop loop_;
  std::unique_ptr<ScriptedServer> server_;
  std::deque<ClientContext> contexts_;
  std::deque<Outcome> outcomes_;
  std::unique_ptr<Channel> channel_;
};

inline bool begins_with(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_CHANNEL_FIXTURE_H_
