// greeter: a gRPC server that greets in each of the four kinds of calls, answers health checks and
// tells tools about itself, with a page for browsers on the same port.

#include <sys/resource.h>

#include <algorithm>
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
#include "framework/rpc/health/health_service.h"
#include "framework/rpc/reflection/reflection_service.h"
#include "framework/rpc/services.h"
#include "framework/turbo.h"

ABSL_FLAG(std::string, address, "0.0.0.0", "address to listen on: IPv4, IPv6, or unix:/path");
ABSL_FLAG(uint32_t, port, 8080, "TCP port; 0 lets the system choose one");
ABSL_FLAG(uint32_t, loops, 0, "event loops, one thread each; 0: one for each usable core");
ABSL_FLAG(std::string, tls_cert, "", "PEM file, certificate and chain: the port speaks TLS");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's key");
ABSL_FLAG(bool, tls_self_signed, false, "speaks TLS with a certificate made at start");
ABSL_FLAG(std::string, access_log, "", "file for a JSON line a call; SIGHUP reopens it");

namespace {

using helloworld::Greeter;
using helloworld::HelloReply;
using helloworld::HelloRequest;
using turbo::Task;
using turbo::rpc::ServerContext;
using turbo::rpc::ServerReader;
using turbo::rpc::ServerStream;
using turbo::rpc::ServerStreamingCall;

constexpr const char* kFlags[] = {"address",         "port",      "loops", "tls_cert", "tls_key",
                                  "tls_self_signed", "access_log"};
// More than any machine has cores; a mistyped number should not start a thread for each.
constexpr uint32_t kMostLoops = 1024;
// What SayHelloStreamRequest greets by name in one reply.
constexpr size_t kMostNameBytes = 64 << 10;

constexpr const char* kSalutations[] = {"Hello", "Good to see you", "Goodbye"};
constexpr std::chrono::milliseconds kBetweenSalutations(20);

std::string greeting(std::string_view salutation, std::string_view name) {
  std::string text(salutation);
  return text.append(", ").append(name.empty() ? "world" : name).append("!");
}

// One of them on each loop.
class GreeterService final : public Greeter::Service {
 public:
  Task<absl::Status> say_hello(ServerContext&, const HelloRequest& request,
                               HelloReply& reply) override {
    reply.set_message(greeting(kSalutations[0], request.name()));
    co_return absl::OkStatus();
  }

  Task<absl::Status> say_hello_stream_request(ServerContext&, ServerReader<HelloRequest>& reader,
                                              HelloReply& reply) override {
    std::string names;
    for (HelloRequest request;;) {
      auto read = reader.read(request);
      if (!co_await read) break;
      if (!names.empty()) names += ", ";
      names += request.name();
      if (names.size() > kMostNameBytes) {
        co_return absl::ResourceExhaustedError("those are too many names for one greeting");
      }
    }
    reply.set_message(greeting(kSalutations[0], names));
    co_return absl::OkStatus();
  }

  // No coroutine: the call is kept until the last greeting.
  void start_say_hello_stream_reply(ServerStreamingCall<HelloRequest, HelloReply> call) override {
    greet_on(std::make_shared<ServerStreamingCall<HelloRequest, HelloReply>>(std::move(call)), 0);
  }

  Task<absl::Status> say_hello_bidi_stream(
      ServerContext&, ServerStream<HelloRequest, HelloReply>& stream) override {
    HelloRequest request;
    HelloReply reply;
    for (;;) {
      auto read = stream.read(request);
      if (!co_await read) co_return absl::OkStatus();
      reply.set_message(greeting(kSalutations[0], request.name()));
      auto write = stream.write(reply);
      co_await write;  // a client that does not read is not read from
    }
  }

 private:
  // The client may go between two greetings, and its call with it.
  static void greet_on(std::shared_ptr<ServerStreamingCall<HelloRequest, HelloReply>> call,
                       size_t next) {
    if (!call->active()) return;
    if (next == std::size(kSalutations)) return call->finish(absl::OkStatus());
    HelloReply reply;
    reply.set_message(greeting(kSalutations[next], call->request().name()));
    call->write(reply);
    turbo::IOLoop& loop = call->context().loop();
    loop.call_later(kBetweenSalutations,
                    [call = std::move(call), next] { greet_on(call, next + 1); });
  }
};

// What a browser sees.
void page(turbo::web::Request&, turbo::web::Response& response) {
  response.set_header("Content-Type", "text/plain; charset=utf-8");
  response.write("helloworld.Greeter is served here, by gRPC.\n");
}

// Every connection is a descriptor: take as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::StatusOr<turbo::Address> address_from_flags() {
  const std::string address = absl::GetFlag(FLAGS_address);
  if (address.rfind("unix:", 0) == 0) return turbo::Address::unix_path(address.substr(5));
  const uint32_t port = absl::GetFlag(FLAGS_port);
  if (port > 65535) return absl::InvalidArgumentError("--port is at most 65535");
  return turbo::Address::parse(address, static_cast<uint16_t>(port));
}

// Null without any of the TLS flags.
absl::StatusOr<std::shared_ptr<turbo::tls::ServerContext>> tls_from_flags() {
  turbo::tls::Certificate certificate;
  certificate.chain_file = absl::GetFlag(FLAGS_tls_cert);
  certificate.key_file = absl::GetFlag(FLAGS_tls_key);
  if (certificate.chain_file.empty() != certificate.key_file.empty()) {
    return absl::InvalidArgumentError("--tls_cert and --tls_key go together");
  }
  const bool files = !certificate.chain_file.empty();
  if (absl::GetFlag(FLAGS_tls_self_signed)) {
    if (files) return absl::InvalidArgumentError("--tls_self_signed stands alone, without files");
    absl::StatusOr<turbo::tls::Certificate> made = turbo::tls::self_signed();
    if (!made.ok()) return made.status();
    certificate = *std::move(made);
  } else if (!files) {
    return nullptr;
  }
  turbo::tls::ServerOptions options;
  options.certificates.push_back(std::move(certificate));
  return turbo::tls::ServerContext::create(std::move(options));
}

// Abseil's own --help would not find flags in a file named main.cc, and would end with 1.
bool asks_for_help(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument == "--help" || argument == "-help" || argument == "-h";
  });
}

void print_help() {
  std::printf(
      "greeter serves helloworld.Greeter over gRPC, on all cores, until SIGINT or SIGTERM.\n\n"
      "  greeter --port=8080 --address=127.0.0.1 --loops=2\n\n");
  for (const char* name : kFlags) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    const std::string initial = flag.DefaultValue();
    std::printf("  --%s: %s%s\n", name, flag.Help().c_str(),
                initial.empty() ? "" : (" (" + initial + ")").c_str());
  }
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "greeter: %s\n", std::string(status.message()).c_str());
  return 1;
}

int serve(const turbo::Address& address, std::shared_ptr<turbo::tls::ServerContext> tls) {
  turbo::web::Application app;
  app.get("/", page);
  turbo::rpc::Health health;
  health.set(Greeter::kName, turbo::rpc::HealthStatus::kServing);
  turbo::rpc::Services services;
  services.add<GreeterService>();
  services.add<turbo::rpc::HealthService>(&health);
  services.add<turbo::rpc::ReflectionService>();
  services.set_http(app);
  turbo::web::ServeOptions options;
  options.address = address;
  options.loops = absl::GetFlag(FLAGS_loops);
  const char* const spoken = tls == nullptr ? "" : " (TLS)";
  options.tls = std::move(tls);
  if (std::string log = absl::GetFlag(FLAGS_access_log); !log.empty()) {
    options.access_log = {.path = std::move(log), .format = turbo::web::AccessLogFormat::kJSON};
  }
  options.on_listening = [spoken](const turbo::Address& bound, size_t loops) {
    std::printf("greeter: listening on %s%s with %zu loop%s\n", bound.to_string().c_str(), spoken,
                loops, loops == 1 ? "" : "s");
    std::fflush(stdout);
  };
  const absl::Status served = turbo::web::serve(services, std::move(options));
  if (!served.ok()) return fail(served);
  std::printf("greeter: stopped\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (asks_for_help(argc, argv)) {
    print_help();
    return 0;
  }
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) return fail(absl::InvalidArgumentError("takes flags only; see --help"));
  if (absl::GetFlag(FLAGS_loops) > kMostLoops) {
    return fail(absl::InvalidArgumentError("--loops is at most 1024"));
  }
  const absl::StatusOr<turbo::Address> address = address_from_flags();
  if (!address.ok()) return fail(address.status());
  auto tls = tls_from_flags();
  if (!tls.ok()) return fail(tls.status());
  raise_descriptor_limit();
  return serve(*address, *std::move(tls));
}
