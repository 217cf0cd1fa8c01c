// What the access log costs a request: the line alone, and a whole request over a socket pair with
// and without it.

#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/fd.h"
#include "framework/net/socket_transport.h"
#include "framework/server/http_server.h"
#include "framework/web/access_log.h"
#include "framework/web/application.h"

namespace turbo::web {
namespace {

constexpr std::string_view kBrowser =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Safari/537.36";

void format_line(benchmark::State& state, AccessLogFormat format) {
  AccessLogFormatter formatter(format);
  std::vector<char> room(AccessLogFormatter::kMaxLineBytes);
  AccessRecord record;
  record.client = "192.168.100.200";
  record.method = "GET";
  record.target = "/articles/2024/05/some-title?page=2&sort=date";
  record.protocol = "HTTP/1.1";
  record.status = 200;
  record.bytes = 12345;
  record.host = "www.example.org";
  record.referer = "https://www.example.org/articles";
  record.user_agent = kBrowser;
  record.duration = std::chrono::microseconds(321);
  for (auto _ : state) benchmark::DoNotOptimize(formatter.write(record, room.data()));
}
BENCHMARK_CAPTURE(format_line, common, AccessLogFormat::kCommon);
BENCHMARK_CAPTURE(format_line, combined, AccessLogFormat::kCombined);
BENCHMARK_CAPTURE(format_line, json, AccessLogFormat::kJSON);

// One connection, one request after the other.
void request(benchmark::State& state, bool logged) {
  Application app;
  app.get("/plaintext", [](Request&, Response& response) { response.write("Hello, World!"); });
  auto log = AccessLog::open({.path = "/dev/null", .format = AccessLogFormat::kJSON});
  if (!log.ok()) abort();
  LoggedService with_log(app, **log);
  IOLoop loop;
  HTTPServer server({&loop}, logged ? static_cast<Service&>(with_log) : app);
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) abort();
  const UniqueFd client(ends[0]);
  server.serve(std::make_unique<SocketTransport>(UniqueFd(ends[1])));
  constexpr std::string_view kRequest =
      "GET /plaintext HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl/8.5\r\nAccept: "
      "*/*\r\n\r\n";
  std::array<char, 1024> answer;
  for (auto _ : state) {
    if (::send(client.get(), kRequest.data(), kRequest.size(), 0) < 0) abort();
    while (::recv(client.get(), answer.data(), answer.size(), 0) < 0) loop.run_once();
  }
}
BENCHMARK_CAPTURE(request, plain, false);
BENCHMARK_CAPTURE(request, logged, true);

}  // namespace
}  // namespace turbo::web
