// A service and a client of it, in one program, by way of loopback.
#include <chrono>
#include <cstdio>
#include <string>

#include "framework/rpc/services.h"
#include "framework/rpc/stub.h"
#include "framework/turbo.h"
#include "greeter/greeter.turbo.h"

namespace {

class Greeter : public consumer::Greeter::Service {
 public:
  turbo::Task<absl::Status> greet(turbo::rpc::ServerContext&, const consumer::GreetRequest& request,
                                  consumer::GreetReply& reply) override {
    reply.set_greeting("Hello, " + request.name());
    co_return absl::OkStatus();
  }
};

}  // namespace

int main() {
  turbo::IOLoop loop;
  turbo::rpc::Services services;
  services.add<Greeter>();
  turbo::HTTPServer server({&loop}, services);
  auto bound = server.listen(turbo::Address::loopback_ipv4(0));
  if (!bound.ok()) return 1;

  turbo::rpc::Channel channel(bound->to_string());
  const consumer::Greeter::Stub stub(channel);
  turbo::rpc::ClientContext context;
  context.set_timeout(std::chrono::seconds(20));
  consumer::GreetRequest request;
  request.set_name("you");
  std::string greeting;
  loop.add_callback([&] {
    stub.greet(context, request, [&](absl::StatusOr<consumer::GreetReply> reply) {
      if (reply.ok()) greeting = reply->greeting();
      server.stop(std::chrono::seconds(1), [&] { loop.stop(); });
    });
  });
  loop.start();
  std::printf("%s\n", greeting.c_str());
  return greeting == "Hello, you" ? 0 : 1;
}
