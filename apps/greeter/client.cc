// greeter_client: calls greeter in each of the four kinds of calls and prints its greetings.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "apps/greeter/greeter.turbo.h"
#include "framework/turbo.h"

ABSL_FLAG(std::string, target, "localhost:8080", "the server: host:port, or unix:/path");
ABSL_FLAG(bool, tls, false, "speaks TLS; the system's authorities say whom to trust");
ABSL_FLAG(std::string, tls_ca, "", "PEM file of the authorities to trust instead; means --tls");
ABSL_FLAG(uint32_t, timeout_ms, 5000, "milliseconds that each call may take");

namespace {

using helloworld::Greeter;
using helloworld::HelloReply;
using helloworld::HelloRequest;
using turbo::Task;
using turbo::rpc::ClientContext;

constexpr const char* kFlags[] = {"target", "tls", "tls_ca", "timeout_ms"};

std::chrono::milliseconds timeout() {
  return std::chrono::milliseconds(absl::GetFlag(FLAGS_timeout_ms));
}

HelloRequest request_for(const std::string& name) {
  HelloRequest request;
  request.set_name(name);
  return request;
}

void print(std::string_view method, const HelloReply& reply) {
  std::printf("%s: %s\n", std::string(method).c_str(), reply.message().c_str());
}

// One name, one greeting; with a callback, where all others here are coroutines.
class Hello {
 public:
  explicit Hello(Greeter::Stub stub) : stub_(stub) { context_.set_timeout(timeout()); }

  void say(const std::string& name, absl::AnyInvocable<void(absl::Status)> done) {
    stub_.say_hello(context_, request_for(name),
                    [done = std::move(done)](absl::StatusOr<HelloReply> reply) mutable {
                      if (reply.ok()) print(Greeter::kSayHello.name(), *reply);
                      done(reply.status());
                    });
  }

 private:
  Greeter::Stub stub_;
  ClientContext context_;
};

// All names in one greeting.
Task<absl::Status> greet_all(Greeter::Stub stub, const std::vector<std::string>& names) {
  ClientContext context;
  context.set_timeout(timeout());
  auto writer = stub.say_hello_stream_request(context);
  for (const std::string& name : names) {
    auto write = writer.write(request_for(name));
    const absl::Status written = co_await write;
    if (!written.ok()) break;  // finish() tells why
  }
  auto finish = writer.finish();
  const absl::StatusOr<HelloReply> reply = co_await finish;
  if (reply.ok()) print(Greeter::kSayHelloStreamRequest.name(), *reply);
  co_return reply.status();
}

// All greetings there are.
Task<absl::Status> be_greeted(Greeter::Stub stub, const std::string& name) {
  ClientContext context;
  context.set_timeout(timeout());
  auto reader = stub.say_hello_stream_reply(context, request_for(name));
  for (HelloReply reply;;) {
    auto read = reader.read(reply);
    if (!co_await read) break;
    print(Greeter::kSayHelloStreamReply.name(), reply);
  }
  auto finish = reader.finish();
  co_return co_await finish;
}

// A name when the one before has been greeted.
Task<absl::Status> greet_in_turn(Greeter::Stub stub, const std::vector<std::string>& names) {
  ClientContext context;
  context.set_timeout(timeout());
  auto stream = stub.say_hello_bidi_stream(context);
  HelloReply reply;
  for (const std::string& name : names) {
    auto write = stream.write(request_for(name));
    const absl::Status written = co_await write;
    if (!written.ok()) break;
    auto read = stream.read(reply);
    if (!co_await read) break;
    print(Greeter::kSayHelloBidiStream.name(), reply);
  }
  auto finish = stream.finish();
  co_return co_await finish;
}

Task<absl::Status> greet_by_coroutines(Greeter::Stub stub, const std::vector<std::string>& names) {
  auto all = greet_all(stub, names);
  absl::Status status = co_await all;
  if (!status.ok()) co_return status;
  auto many = be_greeted(stub, names.front());
  status = co_await many;
  if (!status.ok()) co_return status;
  auto turns = greet_in_turn(stub, names);
  co_return co_await turns;
}

turbo::rpc::ChannelOptions options_from_flags() {
  turbo::rpc::ChannelOptions options;
  const std::string authorities = absl::GetFlag(FLAGS_tls_ca);
  if (absl::GetFlag(FLAGS_tls) || !authorities.empty()) {
    options.tls.emplace();
    options.tls->ca_file = authorities;
  }
  return options;
}

absl::Status greet(const std::vector<std::string>& names) {
  turbo::IOLoop loop;
  turbo::rpc::Channel channel(absl::GetFlag(FLAGS_target), options_from_flags());
  const Greeter::Stub stub(channel);
  absl::Status result;
  Task<absl::Status> rest = greet_by_coroutines(stub, names);
  Hello hello(stub);
  loop.add_callback([&] {
    hello.say(names.front(), [&](absl::Status said) {
      result = std::move(said);
      if (!result.ok()) return loop.stop();
      rest.start([&] {
        result = rest.result();
        loop.stop();
      });
    });
  });
  loop.start();
  return result;
}

// Abseil's own --help would not find flags in a file named client.cc, and would end with 1.
bool asks_for_help(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument == "--help" || argument == "-help" || argument == "-h";
  });
}

void print_help() {
  std::printf(
      "greeter_client calls helloworld.Greeter in each of the four kinds of calls.\n\n"
      "  greeter_client --target=localhost:8080 Ann Bob\n\n");
  for (const char* name : kFlags) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    const std::string initial = flag.DefaultValue();
    std::printf("  --%s: %s%s\n", name, flag.Help().c_str(),
                initial.empty() ? "" : (" (" + initial + ")").c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (asks_for_help(argc, argv)) {
    print_help();
    return 0;
  }
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  std::vector<std::string> names(rest.begin() + 1, rest.end());
  if (names.empty()) names = {"world"};
  const absl::Status greeted = greet(names);
  if (greeted.ok()) return 0;
  std::fprintf(stderr, "greeter_client: %s\n", greeted.ToString().c_str());
  return 1;
}
