// CallFixture: Services with a hand-written service on a real HTTP/2 server in memory, and what a
// client sees of its calls.
#ifndef TURBO_TESTS_RPC_CALL_FIXTURE_H_
#define TURBO_TESTS_RPC_CALL_FIXTURE_H_

#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/rpc/services.h"
#include "tests/rpc/framing.h"
#include "tests/server/http2_client.h"

namespace turbo::rpc {

using google::protobuf::StringValue;

// A method of each kind; what each does is the test's to say.
class TestService : public Service {
 public:
  static constexpr Method kUnary{"/turbo.test.Test/Unary", MethodKind::kUnary};
  static constexpr Method kCollect{"/turbo.test.Test/Collect", MethodKind::kClientStreaming};
  static constexpr Method kList{"/turbo.test.Test/List", MethodKind::kServerStreaming};
  static constexpr Method kChat{"/turbo.test.Test/Chat", MethodKind::kBidiStreaming};

  void add_methods(MethodTable& methods) override {
    methods.add(kUnary, *this, &TestService::start_unary);
    methods.add(kCollect, *this, &TestService::start_collect);
    methods.add(kList, *this, &TestService::start_list);
    methods.add(kChat, *this, &TestService::start_chat);
  }

  std::function<void(UnaryCall<StringValue, StringValue>)> unary;
  std::function<Task<absl::Status>(ServerContext&, const StringValue&, StringValue&)> unary_task;
  std::function<Task<absl::Status>(ServerContext&, ServerReader<StringValue>&, StringValue&)>
      collect;
  std::function<Task<absl::Status>(ServerContext&, const StringValue&, ServerWriter<StringValue>&)>
      list;
  std::function<Task<absl::Status>(ServerContext&, ServerStream<StringValue, StringValue>&)> chat;
  std::function<void(BidiCall<StringValue, StringValue>)> chat_call;

 private:
  void start_unary(UnaryCall<StringValue, StringValue> call) {
    if (unary) return unary(std::move(call));
    std::move(call).run(*this, &TestService::run_unary);
  }
  Task<absl::Status> run_unary(ServerContext& context, const StringValue& request,
                               StringValue& reply) {
    return unary_task(context, request, reply);
  }
  void start_collect(ClientStreamingCall<StringValue, StringValue> call) {
    std::move(call).run(*this, &TestService::run_collect);
  }
  Task<absl::Status> run_collect(ServerContext& context, ServerReader<StringValue>& reader,
                                 StringValue& reply) {
    return collect(context, reader, reply);
  }
  void start_list(ServerStreamingCall<StringValue, StringValue> call) {
    std::move(call).run(*this, &TestService::run_list);
  }
  Task<absl::Status> run_list(ServerContext& context, const StringValue& request,
                              ServerWriter<StringValue>& writer) {
    return list(context, request, writer);
  }
  void start_chat(BidiCall<StringValue, StringValue> call) {
    if (chat_call) return chat_call(std::move(call));
    std::move(call).run(*this, &TestService::run_chat);
  }
  Task<absl::Status> run_chat(ServerContext& context,
                              ServerStream<StringValue, StringValue>& stream) {
    return chat(context, stream);
  }
};

class CallFixture : public HTTP2Fixture {
 protected:
  CallFixture() { services_.add(service_); }
  ~CallFixture() override { server_.reset(); }  // before its services

  HTTP2Client& client() {
    if (server_ == nullptr) serve(services_);
    if (client_ == nullptr) client_ = ask_http2();
    return *client_;
  }

  // A call of one message.
  ScriptedStream& call(const Method& method, std::string_view message,
                       std::vector<http::Field> more = {}) {
    return client().ask("POST", method.path, frame(message), fields(std::move(more)));
  }
  ScriptedStream& call(const Method& method, const google::protobuf::Message& message) {
    return client().ask("POST", method.path, framed(message.SerializeAsString()), fields({}));
  }
  ScriptedStream& open(const Method& method, std::vector<http::Field> more = {}) {
    return client().open(method.path, fields(std::move(more)));
  }
  void say(ScriptedStream& call, std::string_view message) { client().add(call, frame(message)); }
  void say(ScriptedStream& call, const google::protobuf::Message& message) {
    client().add(call, framed(message.SerializeAsString()));
  }

  // One message as it is sent.
  static std::string frame(std::string_view text) {
    StringValue value;
    value.set_value(std::string(text));
    return framed(value.SerializeAsString());
  }

  // The texts of the messages that came, each in brackets.
  static std::string texts(const ScriptedStream& call) {
    std::string text;
    std::string_view rest = call.body;
    while (rest.size() >= 5) {
      const size_t bytes = static_cast<uint8_t>(rest[3]) << 8 | static_cast<uint8_t>(rest[4]);
      StringValue value;
      EXPECT_TRUE(value.ParseFromString(std::string(rest.substr(5, bytes))));
      text += "[" + value.value() + "]";
      rest.remove_prefix(5 + bytes);
    }
    return text + std::string(rest);
  }

  // The messages that came, whatever they are.
  template <class Message>
  static std::vector<Message> messages(const ScriptedStream& call) {
    const std::string_view pieces[] = {call.body};
    std::vector<Message> parsed;
    for (const std::string& bytes : read_pieces(MessageReader(SIZE_MAX), pieces).messages) {
      EXPECT_TRUE(parsed.emplace_back().ParseFromString(bytes));
    }
    return parsed;
  }

  // "0", or "5 what it says"; of Trailers-Only too.
  static std::string status_of(const ScriptedStream& call) {
    std::string all = call.head + call.end;
    all.resize(std::min(all.find(" content-length="), all.size()));
    const auto value_of = [&all](std::string_view name, std::string_view end) {
      const size_t at = all.find(name);
      if (at == std::string::npos) return std::string();
      const size_t begin = at + name.size();
      return all.substr(begin, all.find(end, begin) - begin);
    };
    const std::string message = value_of("grpc-message=", "\n");
    return value_of("grpc-status=", " ") + (message.empty() ? "" : " " + message);
  }

  TestService service_;
  Services services_;
  std::unique_ptr<HTTP2Client> client_;

 private:
  // Kept, as views of them are.
  std::vector<http::Field> fields(std::vector<http::Field> more) {
    more.insert(more.begin(), {{"content-type", "application/grpc"}, {"te", "trailers"}});
    return more;
  }
};

}  // namespace turbo::rpc

#endif  // TURBO_TESTS_RPC_CALL_FIXTURE_H_
