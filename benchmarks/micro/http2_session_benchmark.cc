// What a request and a body cost a server's session, by either codec.
//
// Instructions per request: run under `valgrind --tool=callgrind` with two numbers of iterations
// (--benchmark_min_time), and divide the difference of the totals by the difference of the
// iterations.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/http2/session.h"

namespace turbo::http2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kHello = "Hello, World!";
const std::string kMebibyte(1 << 20, 'b');

std::string number(uint32_t value, int bytes = 4) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(value >> shift));
  }
  return text;
}

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  return number(static_cast<uint32_t>(payload.size()), 3) + number(type, 1) + number(flags, 1) +
         number(stream) + std::string(payload);
}

std::string get(uint32_t stream, std::string_view block) { return frame(1, 0x5, stream, block); }

std::string text_of(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

// GET / by https in static indexes, then fields that the table is to keep.
std::string first_block(const Fields& fields) {
  std::string block = "\x82\x84\x87";
  for (const auto& [name, value] : fields) block += "\x40" + text_of(name) + text_of(value);
  return block;
}

// The same by indexes alone, as clients send it from the second request on.
std::string next_block(const Fields& fields) {
  std::string block = "\x82\x84\x87";
  for (size_t i = fields.size(); i-- > 0;) block.push_back(static_cast<char>(0x80 | (62 + i)));
  return block;
}

const Fields& load_generator() {
  static const Fields fields = {{":authority", "127.0.0.1:8080"}, {"user-agent", "h2load"}};
  return fields;
}

const Fields& browser() {
  static const Fields fields = {
      {":authority", "www.example.com"},
      {"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"},
      {"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
      {"accept-language", "en-US,en;q=0.5"},
      {"accept-encoding", "gzip, deflate, br"},
      {"referer", "https://www.example.com/2010/03/22/hello-kitty/"},
      {"cookie", "visits=2"},
      {"cookie", "session=3f5d8a9c0b7e4d21"},
      {"sec-fetch-dest", "document"},
      {"sec-fetch-mode", "navigate"},
      {"sec-fetch-site", "same-origin"},
      {"te", "trailers"}};
  return fields;
}

// A stream that is used again for each request, with the same answer.
class Answer final : public Stream {
 public:
  void begin(Session& session, std::string_view body) {
    restart();
    session_ = &session;
    left_ = body;
  }

  void on_head(bool) override { benchmark::DoNotOptimize(head().path.data()); }
  void on_data(Buffer piece) override { session_->consume(*this, piece.size()); }
  void on_end(std::span<const http::Field>) override {
    static constexpr http::Field kFields[] = {{"server", "turbo"},
                                              {"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                              {"content-type", "text/plain"},
                                              {"content-length", "13"}};
    session_->respond(*this, 200, kFields, Body::kFollows);
  }
  void on_closed(ErrorCode, bool) override { closed = true; }
  Ready body_ready() override { return {left_.size(), true}; }
  bool take_body(size_t bytes, Buffer& out) override {
    out.append_static(left_.substr(0, bytes));
    left_.remove_prefix(bytes);
    return true;
  }

  bool closed = true;

 private:
  Session* session_ = nullptr;
  std::string_view left_;
};

class Server final : public SessionHandler {
 public:
  Server(std::string_view body, Codec codec)
      : body_(body), answers_(128), options_{.codec = codec} {
    receive(std::string(kPreface) + frame(4, 0, 0, number(4, 2) + number(1 << 30)) +
            frame(8, 0, 0, number(1 << 30)));
    send();
  }

  void receive(std::string_view bytes) { session_->receive(Buffer::copy_of(bytes), now_); }

  // How many bytes went.
  size_t send() {
    Buffer out;
    session_->send(out, size_t{1} << 30);
    benchmark::DoNotOptimize(out.front().data());
    return out.size();
  }

  Stream* on_stream() override {
    Answer& answer = answers_[next_++ % answers_.size()];
    if (!answer.closed) abort();
    answer.closed = false;
    answer.begin(*session_, body_);
    return &answer;
  }

 private:
  std::string_view body_;
  std::vector<Answer> answers_;
  size_t next_ = 0;
  const SessionOptions options_;
  const TimePoint now_{std::chrono::hours(1)};
  std::unique_ptr<Session> session_ = make_server_session(*this, options_);
};

// So many requests a read, and their answers a write.
void requests(benchmark::State& state, const Fields& fields, Codec codec) {
  const auto at_once = static_cast<uint32_t>(state.range(0));
  Server server(kHello, codec);
  uint32_t stream = 1;
  server.receive(get(stream, first_block(fields)));
  server.send();
  std::string input;
  for (uint32_t i = 0; i < at_once; ++i) input += get(0, next_block(fields));
  const size_t frame_bytes = input.size() / at_once;
  for (auto _ : state) {
    for (uint32_t i = 0; i < at_once; ++i) {
      stream += 2;
      input.replace(i * frame_bytes + 5, 4, number(stream));
    }
    server.receive(input);
    if (server.send() < at_once * kHello.size()) abort();
  }
  state.SetItemsProcessed(state.iterations() * at_once);
}

void BM_Request(benchmark::State& state, Codec codec) { requests(state, load_generator(), codec); }
BENCHMARK_CAPTURE(BM_Request, native, Codec::kNative)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(BM_Request, nghttp2, Codec::kNGHTTP2)->Arg(1)->Arg(10)->Arg(100);

void BM_BrowsersRequest(benchmark::State& state, Codec codec) { requests(state, browser(), codec); }
BENCHMARK_CAPTURE(BM_BrowsersRequest, native, Codec::kNative)->Arg(1)->Arg(10);
BENCHMARK_CAPTURE(BM_BrowsersRequest, nghttp2, Codec::kNGHTTP2)->Arg(1)->Arg(10);

void BM_MebibyteOut(benchmark::State& state, Codec codec) {
  Server server(kMebibyte, codec);
  uint32_t stream = 1;
  server.receive(get(stream, first_block(load_generator())));
  server.send();
  const std::string block = next_block(load_generator());
  for (auto _ : state) {
    stream += 2;
    server.receive(get(stream, block) + frame(8, 0, 0, number(1 << 20)));
    if (server.send() < kMebibyte.size()) abort();
  }
  state.SetBytesProcessed(state.iterations() * (1 << 20));
}
BENCHMARK_CAPTURE(BM_MebibyteOut, native, Codec::kNative);
BENCHMARK_CAPTURE(BM_MebibyteOut, nghttp2, Codec::kNGHTTP2);

void BM_MebibyteIn(benchmark::State& state, Codec codec) {
  Server server(kHello, codec);
  uint32_t stream = 1;
  server.receive(get(stream, first_block(load_generator())));
  server.send();
  const std::string block = next_block(load_generator());
  std::string data = frame(0, 0, 0, std::string(16384, 'b'));
  std::string last = frame(0, 1, 0, std::string(16384, 'b'));
  for (auto _ : state) {
    stream += 2;
    server.receive(frame(1, 0x4, stream, block));
    for (int i = 0; i < 64; ++i) {
      std::string& piece = i == 63 ? last : data;
      piece.replace(5, 4, number(stream));
      server.receive(piece);
      server.send();
    }
    server.receive(frame(8, 0, 0, number(13)));
  }
  state.SetBytesProcessed(state.iterations() * (1 << 20));
}
BENCHMARK_CAPTURE(BM_MebibyteIn, native, Codec::kNative);
BENCHMARK_CAPTURE(BM_MebibyteIn, nghttp2, Codec::kNGHTTP2);

}  // namespace
}  // namespace turbo::http2
