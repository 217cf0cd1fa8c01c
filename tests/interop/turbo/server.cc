// The interop tests' server on Turbo: prints "listening on PORT" and serves until SIGTERM. GET
// /open_calls tells how many of its methods run.

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "framework/rpc/services.h"
#include "framework/turbo.h"
#include "tests/interop/turbo/test_service.h"

ABSL_FLAG(uint32_t, port, 0, "TCP port on 127.0.0.1; 0 lets the system choose one");
ABSL_FLAG(uint32_t, loops, 2, "event loops, one thread each");
ABSL_FLAG(uint32_t, max_head_bytes, 32768, "bytes of the largest head accepted");
ABSL_FLAG(std::string, tls_cert, "", "PEM file, certificate and chain: the port speaks TLS");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's key");

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  turbo::rpc::Services services;
  services.add<turbo::interop::TestService>();
  turbo::web::Application app;
  app.get("/open_calls", [](turbo::web::Request&, turbo::web::Response& response) {
    response.write(std::to_string(turbo::interop::TestService::open_calls()));
  });
  services.set_http(app);
  turbo::web::ServeOptions options;
  options.address = turbo::Address::loopback_ipv4(static_cast<uint16_t>(absl::GetFlag(FLAGS_port)));
  options.loops = absl::GetFlag(FLAGS_loops);
  options.http.limits.max_header_bytes = absl::GetFlag(FLAGS_max_head_bytes);
  if (const std::string chain = absl::GetFlag(FLAGS_tls_cert); !chain.empty()) {
    turbo::tls::ServerOptions tls;
    tls.certificates = {{.chain_file = chain, .key_file = absl::GetFlag(FLAGS_tls_key)}};
    auto context = turbo::tls::ServerContext::create(std::move(tls));
    if (!context.ok()) {
      std::fprintf(stderr, "%s\n", context.status().ToString().c_str());
      return 1;
    }
    options.tls = *std::move(context);
  }
  options.on_listening = [](const turbo::Address& bound, size_t) {
    std::printf("listening on %u\n", static_cast<unsigned>(bound.port()));
    std::fflush(stdout);
  };
  const absl::Status served = turbo::web::serve(services, std::move(options));
  if (!served.ok()) std::fprintf(stderr, "%s\n", served.ToString().c_str());
  return served.ok() ? 0 : 1;
}
