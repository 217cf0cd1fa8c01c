// What messages cost on their way: found in a call's bytes and parsed, written with their prefix,
// of a few sizes; compressed, and in pieces; and what metadata and a status cost. The payload is
// one string of bytes, so that framing and copying show and protobuf's fields do not.

#include <benchmark/benchmark.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <string>

#include "framework/rpc/message_reader.h"
#include "framework/rpc/metadata.h"
#include "framework/rpc/protobuf_buffer.h"
#include "framework/rpc/status_fields.h"

namespace turbo::rpc {
namespace {

using google::protobuf::BytesValue;

BytesValue message_of(int64_t bytes) {
  BytesValue message;
  message.set_value(std::string(static_cast<size_t>(bytes), 'm'));
  return message;
}

Buffer framed(const BytesValue& message, Compression compression) {
  Buffer out;
  if (!append_message(message, compression, SIZE_MAX, out)) abort();
  return out;
}

// As DATA frames bring it.
Buffer in_pieces(const Buffer& whole, size_t piece_bytes) {
  Buffer pieces;
  for (size_t at = 0; at < whole.size(); at += piece_bytes) {
    pieces.append(whole.share(at, std::min(piece_bytes, whole.size() - at)));
  }
  return pieces;
}

Buffer next_message(MessageReader& reader) {
  absl::StatusOr<std::optional<Buffer>> message = reader.next();
  if (!message.ok() || !message->has_value()) abort();
  return **std::move(message);
}

// Found only: what the reader itself costs.
void find_message(benchmark::State& state) {
  const Buffer whole = framed(message_of(state.range(0)), Compression::kIdentity);
  MessageReader reader;
  for (auto _ : state) {
    reader.add(whole.share());
    benchmark::DoNotOptimize(next_message(reader));
  }
}
BENCHMARK(find_message)->Arg(100);

void read_message(benchmark::State& state, Compression compression, size_t piece_bytes) {
  const Buffer whole = in_pieces(framed(message_of(state.range(0)), compression), piece_bytes);
  MessageReader reader;
  reader.set_compression(compression);
  BytesValue read;
  for (auto _ : state) {
    reader.add(whole.share());
    if (!parse_message(next_message(reader), read)) abort();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(read_message, whole, Compression::kIdentity, SIZE_MAX)
    ->Arg(0)
    ->Arg(100)
    ->Arg(10'000)
    ->Arg(1 << 20);
BENCHMARK_CAPTURE(read_message, pieces, Compression::kIdentity, 4096)->Arg(10'000)->Arg(1 << 20);
BENCHMARK_CAPTURE(read_message, gzip, Compression::kGzip, SIZE_MAX)->Arg(100)->Arg(10'000);

void append_message(benchmark::State& state, Compression compression) {
  const BytesValue message = message_of(state.range(0));
  Buffer out;
  for (auto _ : state) {
    if (!append_message(message, compression, SIZE_MAX, out)) abort();
    // In one block for many small messages, so that the block's own cost does not show.
    if (out.size() > 3000) out.clear();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(append_message, plain, Compression::kIdentity)
    ->Arg(0)
    ->Arg(100)
    ->Arg(10'000)
    ->Arg(1 << 20);
BENCHMARK_CAPTURE(append_message, gzip, Compression::kGzip)->Arg(100)->Arg(10'000);

// As C++ clients send it, with a token and bytes.
void decode_metadata(benchmark::State& state) {
  const http::Field fields[] = {
      {"te", "trailers"},
      {"content-type", "application/grpc"},
      {"user-agent", "grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)"},
      {"grpc-accept-encoding", "identity, deflate, gzip"},
      {"authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.aaaaaaaaaaaaaaaa"},
      {"trace-bin", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}};
  for (auto _ : state) {
    Metadata metadata;
    metadata.decode(fields);
    benchmark::DoNotOptimize(metadata);
  }
}
BENCHMARK(decode_metadata);

void encode_status(benchmark::State& state) {
  const absl::Status status = absl::NotFoundError("there is no such thing: \"naïve\"");
  for (auto _ : state) {
    rpc::encode_status(status, [](std::string_view name, std::string_view value) {
      benchmark::DoNotOptimize(name);
      benchmark::DoNotOptimize(value);
    });
  }
}
BENCHMARK(encode_status);

}  // namespace
}  // namespace turbo::rpc
