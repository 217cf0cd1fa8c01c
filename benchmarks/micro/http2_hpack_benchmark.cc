// What the fields of a small request and of its answer cost, beside nghttp2's codec.

#include <benchmark/benchmark.h>
#include <nghttp2/nghttp2.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include "framework/http2/hpack_decoder.h"
#include "framework/http2/hpack_encoder.h"
#include "framework/http2/huffman.h"

namespace turbo::http2 {
namespace {

// As h2load asks; all but the path, a coded literal, is in the table the second time.
constexpr http::Field kRequest[] = {{":method", "GET"},
                                    {":scheme", "http"},
                                    {":path", "/plaintext"},
                                    {":authority", "127.0.0.1:8080"},
                                    {"user-agent", "h2load nghttp2/1.52.0"}};
constexpr http::Field kAnswer[] = {{"Server", "Turbo"},
                                   {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"Content-Type", "text/plain; charset=utf-8"},
                                   {"Content-Length", "13"}};

class CountingSink final : public FieldSink {
 public:
  uint8_t on_field(std::string_view name, std::string_view value, uint8_t) override {
    bytes += name.size() + value.size();
    return 1;
  }

  size_t bytes = 0;
};

nghttp2_nv pair_of(const http::Field& field) {
  const auto pointer = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  return {pointer(field.name), pointer(field.value), field.name.size(), field.value.size(), 0};
}

// A client's blocks: the first fills the table.
class Client {
 public:
  Client() {
    if (nghttp2_hd_deflate_new(&deflater_, 4096) != 0) abort();
    first = block();
    later = block();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { nghttp2_hd_deflate_del(deflater_); }

  std::string first;
  std::string later;

 private:
  std::string block() {
    nghttp2_nv fields[std::size(kRequest)];
    for (size_t i = 0; i < std::size(kRequest); ++i) fields[i] = pair_of(kRequest[i]);
    uint8_t out[300];
    const ssize_t size =
        nghttp2_hd_deflate_hd(deflater_, out, sizeof(out), fields, std::size(kRequest));
    if (size < 0) abort();
    return {reinterpret_cast<char*>(out), static_cast<size_t>(size)};
  }

  nghttp2_hd_deflater* deflater_ = nullptr;
};

void decode_request(benchmark::State& state) {
  const Client client;
  HPACKDecoder decoder;
  CountingSink sink;
  if (!decoder.decode(client.first, sink)) abort();
  for (auto _ : state) {
    if (!decoder.decode(client.later, sink)) abort();
  }
  benchmark::DoNotOptimize(sink.bytes);
}
BENCHMARK(decode_request);

size_t inflate(nghttp2_hd_inflater* inflater, const std::string& block) {
  size_t bytes = 0;
  const auto* in = reinterpret_cast<const uint8_t*>(block.data());
  for (size_t left = block.size();;) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, in, left, 1);
    if (used < 0) abort();
    in += used;
    left -= static_cast<size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) bytes += field.namelen + field.valuelen;
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater);
  return bytes;
}

void decode_request_by_nghttp2(benchmark::State& state) {
  const Client client;
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new(&inflater) != 0) abort();
  inflate(inflater, client.first);
  for (auto _ : state) benchmark::DoNotOptimize(inflate(inflater, client.later));
  nghttp2_hd_inflate_del(inflater);
}
BENCHMARK(decode_request_by_nghttp2);

char* write_answer(HPACKEncoder& encoder, char* out) {
  out = encoder.status(200, encoder.begin(out));
  for (const http::Field& field : kAnswer) out = encoder.field(field.name, field.value, out);
  return out;
}

void encode_answer(benchmark::State& state) {
  HPACKEncoder encoder(4096);
  char out[300];
  for (auto _ : state) benchmark::DoNotOptimize(write_answer(encoder, out));
}
BENCHMARK(encode_answer);

void encode_answer_by_nghttp2(benchmark::State& state) {
  nghttp2_hd_deflater* deflater = nullptr;
  if (nghttp2_hd_deflate_new(&deflater, 4096) != 0) abort();
  nghttp2_nv fields[] = {pair_of({":status", "200"}), pair_of(kAnswer[0]), pair_of(kAnswer[1]),
                         pair_of(kAnswer[2]), pair_of(kAnswer[3])};
  uint8_t out[300];
  for (auto _ : state) {
    benchmark::DoNotOptimize(nghttp2_hd_deflate_hd(deflater, out, sizeof(out), fields, 5));
  }
  nghttp2_hd_deflate_del(deflater);
}
BENCHMARK(encode_answer_by_nghttp2);

// A path, which is coded anew with each request.
void decode_huffman(benchmark::State& state) {
  const std::string path = "/static/images/2024/10/header-background.webp?version=1729";
  std::string coded(huffman_size(path), '\0');
  huffman_encode(path, coded.data());
  std::string text(huffman_room(coded.size()), '\0');
  for (auto _ : state) benchmark::DoNotOptimize(huffman_decode(coded, text.data()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(path.size()));
}
BENCHMARK(decode_huffman);

}  // namespace
}  // namespace turbo::http2
