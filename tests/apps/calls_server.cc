// The program that calls_browser_test.py calls: the library of tests/rpc over gRPC, gRPC-Web and
// HTTP with JSON, and a page.
//
//   calls_server [--tls] [origin]     pages of `origin` may call it
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "framework/loop/sleep.h"
#include "framework/rpc/services.h"
#include "framework/turbo.h"
#include "tests/rpc/library.turbo.h"

namespace {

using turbo::Task;
using turbo::rpc::ServerContext;
using turbo::rpc::ServerWriter;
namespace test = turbo::test;

class Shelves final : public test::Library::Service {
 public:
  // Says the token that came, before and behind the book.
  Task<absl::Status> get_book(ServerContext& context, const test::GetBookRequest& request,
                              test::Book& reply) override {
    const std::string token(context.metadata().find("token").value_or("none"));
    context.initial_metadata().add("token-seen", token).IgnoreError();
    context.trailing_metadata().add("token-last", token).IgnoreError();
    if (request.name() == "lost") co_return absl::NotFoundError("no such book: ä");
    reply.set_name(request.name());
    co_return absl::OkStatus();
  }

  // A book each moment, for ever if as many as that are asked for.
  Task<absl::Status> watch_books(ServerContext& context, const test::ListBooksRequest& request,
                                 ServerWriter<test::Book>& writer) override {
    test::Book book;
    for (int i = 0; i < request.page_size(); ++i) {
      book.set_name(request.parent() + "/" + std::to_string(i));
      auto write = writer.write(book);
      co_await write;
      auto pause = turbo::sleep_for(context.loop(), std::chrono::milliseconds(20));
      co_await pause;
    }
    co_return absl::AbortedError("enough");
  }
};

absl::StatusOr<turbo::HTTPListenOptions> listen_options(bool tls) {
  if (!tls) return turbo::HTTPListenOptions{};
  absl::StatusOr<turbo::tls::Certificate> certificate = turbo::tls::self_signed();
  if (!certificate.ok()) return certificate.status();
  turbo::tls::ServerOptions options;
  options.certificates.push_back(*std::move(certificate));
  auto context = turbo::tls::ServerContext::create(std::move(options));
  if (!context.ok()) return context.status();
  return turbo::HTTPListenOptions{.tls = *std::move(context)};
}

int fail(const absl::Status& status) {
  std::fprintf(stderr, "calls_server: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool tls = argc > 1 && std::string_view(argv[1]) == "--tls";
  const int origin = tls ? 2 : 1;
  turbo::web::Application page;
  page.get("/", [](turbo::web::Request&, turbo::web::Response& response) {
    response.set_header("Content-Type", "text/html; charset=utf-8");
    response.write("<!doctype html><link rel=icon href=data:><title>calls</title>");
  });
  turbo::rpc::Services services;
  services.add<Shelves>().serve_json().set_http(page);
  if (origin < argc) {
    services.set_cors(
        {.origins = {argv[origin]}, .exposed_metadata = {"token-seen", "token-last"}});
  }

  turbo::IOLoop loop;
  turbo::HTTPServer server({&loop}, services);
  auto options = listen_options(tls);
  if (!options.ok()) return fail(options.status());
  auto bound = server.listen(turbo::Address::loopback_ipv4(0), *std::move(options));
  if (!bound.ok()) return fail(bound.status());
  const absl::Status signals = loop.add_signal_handler(
      SIGTERM, [&](int) { server.stop(std::chrono::seconds(5), [&loop] { loop.stop(); }); });
  if (!signals.ok()) return fail(signals);
  std::printf("calls_server: listening on %s\n", bound->to_string().c_str());
  std::fflush(stdout);
  loop.start();
  return 0;
}
