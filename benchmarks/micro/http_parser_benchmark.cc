// What a request costs the parser, with the buffer it comes in.
//
// Instructions per request: run under `valgrind --tool=callgrind` with two numbers of iterations
// (--benchmark_min_time), and divide the difference of the totals by the difference of the
// iterations.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "framework/http/request_parser.h"

namespace turbo::http {
namespace {

constexpr std::string_view kWrk =
    "GET /plaintext HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view kCurl =
    "GET /plaintext HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "User-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n"
    "\r\n";

constexpr std::string_view kBrowser =
    "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg?size=large HTTP/1.1\r\n"
    "Host: www.kittyhell.com\r\n"
    "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
    "Gecko/20100401 Firefox/3.6.3\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n"
    "Accept-Encoding: gzip,deflate\r\n"
    "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n"
    "Keep-Alive: 115\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=1284621061; "
    "session=3f5d8a9c0b7e4d21\r\n"
    "Referer: http://www.kittyhell.com/2010/03/22/hello-kitty/\r\n"
    "\r\n";

void parse_one(RequestParser& parser, Buffer& input, std::string_view request) {
  input.append(request);
  if (parser.next(input) != RequestParser::Event::kHead) abort();
  benchmark::DoNotOptimize(parser.head().path.data());
  if (parser.next(input) != RequestParser::Event::kEnd) abort();
  parser.restart();
}

// No two requests in a row have the same fields.
void parse(benchmark::State& state, std::string_view request) {
  const RequestParserLimits limits;
  RequestParser parser(limits);
  Buffer input;
  std::string other(request);
  other[other.size() - 5] = '1';  // the last field's last byte
  for (auto _ : state) {
    parse_one(parser, input, request);
    parse_one(parser, input, other);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * 2));
}
BENCHMARK_CAPTURE(parse, wrk, kWrk);
BENCHMARK_CAPTURE(parse, curl, kCurl);
BENCHMARK_CAPTURE(parse, browser, kBrowser);

// The fields are those of the request before.
void repeated(benchmark::State& state, std::string_view request) {
  const RequestParserLimits limits;
  RequestParser parser(limits);
  Buffer input;
  for (auto _ : state) parse_one(parser, input, request);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(repeated, wrk, kWrk);
BENCHMARK_CAPTURE(repeated, curl, kCurl);
BENCHMARK_CAPTURE(repeated, browser, kBrowser);

// What parse() costs without the parser: filling and emptying a buffer.
void buffer_alone(benchmark::State& state) {
  Buffer input;
  for (auto _ : state) {
    input.append(kWrk);
    Buffer taken = std::move(input);
    benchmark::DoNotOptimize(taken.front().data());
  }
}
BENCHMARK(buffer_alone);

// Sixteen heads in one read.
void pipelined(benchmark::State& state) {
  const RequestParserLimits limits;
  RequestParser parser(limits);
  std::string requests;
  for (int i = 0; i < 16; ++i) requests += kWrk;
  Buffer input;
  for (auto _ : state) {
    input.append(requests);
    for (int i = 0; i < 16; ++i) {
      if (parser.next(input) != RequestParser::Event::kHead) abort();
      if (parser.next(input) != RequestParser::Event::kEnd) abort();
      parser.restart();
    }
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(pipelined);

// A head of `range` bytes that arrives byte by byte: linear, so the time per byte does not grow.
void byte_by_byte(benchmark::State& state) {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nX: " +
                              std::string(static_cast<size_t>(state.range(0)) - 33, 'a') +
                              "\r\n\r\n";
  const RequestParserLimits limits;
  RequestParser parser(limits);
  Buffer input;
  for (auto _ : state) {
    for (const char& c : request) {
      input.append(std::string_view(&c, 1));
      benchmark::DoNotOptimize(parser.next(input));
    }
    if (parser.next(input) != RequestParser::Event::kEnd) abort();
    parser.restart();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * request.size()));
}
BENCHMARK(byte_by_byte)->Arg(100)->Arg(1000)->Arg(10000)->Arg(30000);

// The hostile body: one byte a chunk. Bytes are those on the wire.
void tiny_chunks(benchmark::State& state) {
  RequestParserLimits limits;
  RequestParser parser(limits);
  std::string body;
  for (int i = 0; i < 10000; ++i) body += "1\r\nA\r\n";
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n";
  for (auto _ : state) {
    Buffer input = Buffer::from_static(request);
    RequestParser::Event event;
    do {
      event = parser.next(input);
    } while (event == RequestParser::Event::kHead || event == RequestParser::Event::kBody);
    if (event != RequestParser::Event::kEnd) abort();
    parser.restart();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * request.size()));
}
BENCHMARK(tiny_chunks);

}  // namespace
}  // namespace turbo::http
