// hello: a small HTTP server that shows the three kinds of handlers, and is measured by
// benchmarks/peers.

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
#include "framework/turbo.h"

ABSL_FLAG(std::string, address, "0.0.0.0", "address to listen on: IPv4, IPv6, or unix:/path");
ABSL_FLAG(uint32_t, port, 8080, "TCP port; 0 lets the system choose one");
ABSL_FLAG(uint32_t, loops, 0, "event loops, one thread each; 0: one for each usable core");
ABSL_FLAG(std::string, tls_cert, "", "PEM file, certificate and chain: the port speaks TLS");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's key");
ABSL_FLAG(bool, tls_self_signed, false, "speaks TLS with a certificate made at start");
ABSL_FLAG(bool, tls_and_plain, false, "with TLS: serves plain HTTP on the same port too");
ABSL_FLAG(std::string, access_log, "", "file for a JSON line a request; SIGHUP reopens it");
ABSL_FLAG(uint64_t, max_body, 128 << 20, "bytes of the largest request body accepted");

namespace {

using turbo::Buffer;
using turbo::Task;
using turbo::web::Application;
using turbo::web::Request;
using turbo::web::RequestHandler;
using turbo::web::Response;

// More than any machine has cores; a mistyped number should not start a thread for each.
constexpr uint32_t kMostLoops = 1024;

constexpr std::string_view kIndexPage = R"(<!doctype html>
<title>Turbo says hello</title>
<h1>Turbo says hello</h1>
<ul>
<li><a href="/plaintext">/plaintext</a>: 13 bytes
<li><a href="/json">/json</a>: the same as JSON
<li><a href="/hello/you">/hello/:name</a>: greets by name
<li><a href="/blob">/blob</a>: 1 MiB from memory
<li><a href="/cookie">/cookie</a>: the cookies your browser sent
<li>POST / and POST /echo: the body comes back
</ul>
)";

// A plain function answers at once.
void home(Request&, Response& response) {
  response.set_header("Content-Type", "text/html; charset=utf-8");
  response.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.set_header("X-Content-Type-Options", "nosniff");
  response.write(Buffer::from_static(kIndexPage));
}

void plaintext(Request&, Response& response) {
  response.set_header("Content-Type", "text/plain");
  response.write("Hello, World!");
}

// A coroutine may wait for something before it answers.
Task<> json(Request&, Response& response) {
  response.set_header("Content-Type", "application/json");
  response.write(R"({"message":"Hello, World!"})");
  co_return;
}

// A class has a method for each HTTP method.
class Greeter : public RequestHandler {
 public:
  void get() override {
    set_header("Content-Type", "text/plain; charset=utf-8");
    write("Hello, ");
    write(path_parameter("name"));
    write("!\n");
  }
};

void echo(Request& request, Response& response) {
  std::string_view type = request.header("Content-Type").value_or("application/octet-stream");
  response.set_header("Content-Type", type);
  response.write(std::move(request.body()));
}

void blob(Request&, Response& response) {
  // One copy for the whole process, never changed: every answer refers to it.
  static const std::string bytes(1 << 20, 'x');
  response.set_header("Content-Type", "application/octet-stream");
  response.write(Buffer::from_static(bytes));
}

void cookies(Request& request, Response& response) {
  response.set_header("Content-Type", "text/plain; charset=utf-8");
  turbo::http::CookieReader reader = request.cookies();
  while (auto cookie = reader.next()) {
    response.write(cookie->name);
    response.write("=");
    response.write(cookie->value);
    response.write("\n");
  }
}

// Every connection is a descriptor: take as many as the system allows.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

absl::StatusOr<turbo::Address> address_from_flags() {
  std::string address = absl::GetFlag(FLAGS_address);
  if (address.rfind("unix:", 0) == 0) return turbo::Address::unix_path(address.substr(5));
  uint32_t port = absl::GetFlag(FLAGS_port);
  if (port > 65535) return absl::InvalidArgumentError("--port is at most 65535");
  return turbo::Address::parse(address, static_cast<uint16_t>(port));
}

// Null without any of the TLS flags.
absl::StatusOr<std::shared_ptr<turbo::tls::ServerContext>> tls_from_flags() {
  turbo::tls::Certificate certificate;
  certificate.chain_file = absl::GetFlag(FLAGS_tls_cert);
  certificate.key_file = absl::GetFlag(FLAGS_tls_key);
  const bool files = !certificate.chain_file.empty() || !certificate.key_file.empty();
  if (absl::GetFlag(FLAGS_tls_self_signed)) {
    if (files) return absl::InvalidArgumentError("--tls_self_signed stands alone, without files");
    absl::StatusOr<turbo::tls::Certificate> made = turbo::tls::self_signed();
    if (!made.ok()) return made.status();
    certificate = *std::move(made);
  } else if (!files) {
    if (!absl::GetFlag(FLAGS_tls_and_plain)) return nullptr;
    return absl::InvalidArgumentError("--tls_and_plain wants --tls_cert or --tls_self_signed too");
  } else if (certificate.chain_file.empty() || certificate.key_file.empty()) {
    return absl::InvalidArgumentError("--tls_cert and --tls_key go together");
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
      "hello serves a few small pages over HTTP, on all cores, until SIGINT or SIGTERM.\n\n"
      "  hello --port=8080 --address=127.0.0.1 --loops=2\n\n");
  for (const char* name : {"address", "port", "loops", "tls_cert", "tls_key", "tls_self_signed",
                           "tls_and_plain", "max_body", "access_log"}) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    std::printf("  --%s: %s (%s)\n", name, flag.Help().c_str(), flag.DefaultValue().c_str());
  }
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "hello: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (asks_for_help(argc, argv)) {
    print_help();
    return 0;
  }
  std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    return fail(absl::InvalidArgumentError("takes flags only; see --help"));
  }
  absl::StatusOr<turbo::Address> address = address_from_flags();
  if (!address.ok()) return fail(address.status());
  if (absl::GetFlag(FLAGS_loops) > kMostLoops) {
    return fail(absl::InvalidArgumentError("--loops is at most 1024"));
  }
  auto tls = tls_from_flags();
  if (!tls.ok()) return fail(tls.status());
  const rlim_t descriptors = raise_descriptor_limit();

  Application app;
  app.get("/", home);
  app.get("/plaintext", plaintext);
  app.get("/json", json);
  app.get("/blob", blob);
  app.get("/cookie", cookies);
  app.post("/", echo);
  app.post("/echo", echo);
  app.add_handler<Greeter>("/hello/:name");

  turbo::web::ServeOptions options;
  options.address = *address;
  options.loops = absl::GetFlag(FLAGS_loops);
  options.tls = *tls;
  options.plain_too = absl::GetFlag(FLAGS_tls_and_plain);
  options.http.limits.max_body_bytes = absl::GetFlag(FLAGS_max_body);
  if (std::string log = absl::GetFlag(FLAGS_access_log); !log.empty()) {
    options.access_log = {.path = std::move(log), .format = turbo::web::AccessLogFormat::kJSON};
  }
  const char* spoken = *tls == nullptr ? "" : options.plain_too ? " (TLS and plain)" : " (TLS)";
  options.on_listening = [descriptors, spoken](const turbo::Address& bound, size_t loops) {
    std::printf("hello: listening on %s%s with %zu loop%s, up to %llu descriptors\n",
                bound.to_string().c_str(), spoken, loops, loops == 1 ? "" : "s",
                static_cast<unsigned long long>(descriptors));
    std::fflush(stdout);
  };
  absl::Status served = turbo::web::serve(app, std::move(options));
  if (!served.ok()) return fail(served);
  std::printf("hello: stopped\n");
  return 0;
}
