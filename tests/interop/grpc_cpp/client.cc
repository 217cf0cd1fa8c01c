// The interop tests' client on gRPC C++: runs all cases and prints "ok CASE" or "FAILED CASE: why"
// for each.
//
//   client HOST:PORT [ROOT_PEM]

#include <grpcpp/grpcpp.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <list>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/interop/grpc_cpp/test_only.h"
#include "tests/interop/test.grpc.pb.h"

namespace grpc::testing {
namespace {

constexpr std::array<size_t, 4> kRequestBytes = {27182, 8, 1828, 45904};
constexpr std::array<int, 4> kResponseBytes = {31415, 9, 2653, 58979};
constexpr char kEchoInitial[] = "x-grpc-test-echo-initial";
constexpr char kEchoTrailing[] = "x-grpc-test-echo-trailing-bin";
constexpr char kInitial[] = "test_initial_metadata_value";
constexpr char kTrailing[] = "\xab\xab\xab";
constexpr int kSoakCalls = 30;
constexpr int kSoakChannels = 10;
constexpr int kConcurrentCalls = 1000;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("not so: " + what);
}

void require_code(StatusCode wanted, const Status& status) {
  if (status.error_code() == wanted) return;
  throw std::runtime_error("wanted code " + std::to_string(wanted) + ", got " +
                           std::to_string(status.error_code()) + " " + status.error_message());
}

void require_ok(const Status& status) { require_code(StatusCode::OK, status); }

// A context whose call ends in any case.
struct Context : ClientContext {
  Context() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30)); }
};

struct Peer {
  std::string target;
  std::string authorities;  // empty: plain

  std::shared_ptr<Channel> connect() const {
    ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    SslCredentialsOptions tls;
    tls.pem_root_certs = authorities;
    return CreateCustomChannel(
        target, authorities.empty() ? InsecureChannelCredentials() : SslCredentials(tls),
        arguments);
  }
};

using Stub = TestService::Stub;

std::string zeros(size_t bytes) { return std::string(bytes, '\0'); }

SimpleRequest large_request() {
  SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->set_body(zeros(271828));
  return request;
}

void call_large(Stub& stub, ClientContext& context, const SimpleRequest& request) {
  SimpleResponse response;
  require_ok(stub.UnaryCall(&context, request, &response));
  require(response.payload().body() == zeros(314159), "314,159 zeros in the reply");
}

StreamingOutputCallRequest output_request(int response_bytes, size_t payload_bytes) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(response_bytes);
  request.mutable_payload()->set_body(zeros(payload_bytes));
  return request;
}

template <class Stream>
void read(Stream& stream, int bytes) {
  StreamingOutputCallResponse response;
  require(stream.Read(&response), "another reply comes");
  require(response.payload().body() == zeros(static_cast<size_t>(bytes)),
          std::to_string(bytes) + " zeros in a reply");
}

template <class Stream>
void read_end(Stream& stream) {
  StreamingOutputCallResponse response;
  require(!stream.Read(&response), "no more replies come");
}

// ---- one request, one reply ----

void empty_unary(const Peer&, Stub& stub) {
  Context context;
  Empty reply;
  require_ok(stub.EmptyCall(&context, Empty(), &reply));
}

void large_unary(const Peer&, Stub& stub) {
  Context context;
  call_large(stub, context, large_request());
}

void add_metadata(ClientContext& context) {
  context.AddMetadata(kEchoInitial, kInitial);
  context.AddMetadata(kEchoTrailing, kTrailing);
}

void check_metadata(const ClientContext& context) {
  const auto& initial = context.GetServerInitialMetadata();
  const auto first = initial.find(kEchoInitial);
  require(first != initial.end() && first->second == kInitial, "initial metadata comes back");
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto last = trailing.find(kEchoTrailing);
  require(last != trailing.end() && last->second == kTrailing, "trailing metadata comes back");
}

void custom_metadata(const Peer&, Stub& stub) {
  Context unary;
  add_metadata(unary);
  call_large(stub, unary, large_request());
  check_metadata(unary);

  Context duplex;
  add_metadata(duplex);
  auto stream = stub.FullDuplexCall(&duplex);
  require(stream->Write(output_request(314159, 271828)), "a request is sent");
  stream->WritesDone();
  read(*stream, 314159);
  read_end(*stream);
  require_ok(stream->Finish());
  check_metadata(duplex);
}

void check_status(const Status& status, const std::string& message) {
  require_code(StatusCode::UNKNOWN, status);
  require(status.error_message() == message, "the status has its message");
}

void status_of_unary(Stub& stub, const std::string& message) {
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  Context context;
  SimpleResponse response;
  check_status(stub.UnaryCall(&context, request, &response), message);
}

void status_code_and_message(const Peer&, Stub& stub) {
  const std::string message = "test status message";
  status_of_unary(stub, message);
  StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  require(stream->Write(request), "a request is sent");
  stream->WritesDone();
  read_end(*stream);
  check_status(stream->Finish(), message);
}

void special_status_message(const Peer&, Stub& stub) {
  status_of_unary(stub,
                  "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n");
}

void unimplemented_method(const Peer&, Stub& stub) {
  Context context;
  Empty reply;
  require_code(StatusCode::UNIMPLEMENTED, stub.UnimplementedCall(&context, Empty(), &reply));
}

void unimplemented_service(const Peer& peer, Stub&) {
  Context context;
  Empty reply;
  require_code(
      StatusCode::UNIMPLEMENTED,
      UnimplementedService::NewStub(peer.connect())->UnimplementedCall(&context, Empty(), &reply));
}

void rpc_soak(const Peer& peer, Stub& stub) {
  for (int i = 0; i < kSoakCalls; ++i) large_unary(peer, stub);
}

void channel_soak(const Peer& peer, Stub&) {
  for (int i = 0; i < kSoakChannels; ++i) large_unary(peer, *TestService::NewStub(peer.connect()));
}

// A call that is not waited for.
struct Pending {
  Context context;
  SimpleResponse response;
};

void concurrent_unary(const Peer&, Stub& stub) {
  SimpleRequest request;
  request.set_response_size(3141);
  request.mutable_payload()->set_body(zeros(2718));
  std::list<Pending> calls;
  std::mutex mutex;
  std::condition_variable changed;
  int ended = 0;
  int right = 0;
  for (int i = 0; i < kConcurrentCalls; ++i) {
    Pending& call = calls.emplace_back();
    stub.async()->UnaryCall(&call.context, &request, &call.response, [&](const Status& status) {
      const std::lock_guard lock(mutex);
      ++ended;
      right += status.ok() && call.response.payload().body().size() == 3141;
      changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ended == kConcurrentCalls; });
  require(right == kConcurrentCalls, "all calls are answered, not " + std::to_string(right));
}

// ---- streams ----

StreamingInputCallRequest input_request(size_t bytes) {
  StreamingInputCallRequest request;
  request.mutable_payload()->set_body(zeros(bytes));
  return request;
}

void client_streaming(const Peer&, Stub& stub) {
  Context context;
  StreamingInputCallResponse response;
  auto writer = stub.StreamingInputCall(&context, &response);
  for (const size_t bytes : kRequestBytes) {
    require(writer->Write(input_request(bytes)), "a request is sent");
  }
  writer->WritesDone();
  require_ok(writer->Finish());
  require(response.aggregated_payload_size() == 74922, "74,922 bytes came in");
}

void server_streaming(const Peer&, Stub& stub) {
  StreamingOutputCallRequest request;
  for (const int bytes : kResponseBytes) request.add_response_parameters()->set_size(bytes);
  Context context;
  auto reader = stub.StreamingOutputCall(&context, request);
  for (const int bytes : kResponseBytes) read(*reader, bytes);
  read_end(*reader);
  require_ok(reader->Finish());
}

void ping_pong(const Peer&, Stub& stub) {
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  for (size_t i = 0; i < kRequestBytes.size(); ++i) {
    require(stream->Write(output_request(kResponseBytes[i], kRequestBytes[i])),
            "a request is sent");
    read(*stream, kResponseBytes[i]);
  }
  stream->WritesDone();
  read_end(*stream);
  require_ok(stream->Finish());
}

void half_duplex(const Peer&, Stub& stub) {
  Context context;
  auto stream = stub.HalfDuplexCall(&context);
  for (const int bytes : kResponseBytes) {
    require(stream->Write(output_request(bytes, 10)), "a request is sent");
  }
  stream->WritesDone();
  for (const int bytes : kResponseBytes) read(*stream, bytes);
  read_end(*stream);
  require_ok(stream->Finish());
}

void empty_stream(const Peer&, Stub& stub) {
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  stream->WritesDone();
  read_end(*stream);
  require_ok(stream->Finish());
}

void cancel_after_begin(const Peer&, Stub& stub) {
  Context context;
  StreamingInputCallResponse response;
  auto writer = stub.StreamingInputCall(&context, &response);
  context.TryCancel();
  require_code(StatusCode::CANCELLED, writer->Finish());
}

void cancel_after_first_response(const Peer&, Stub& stub) {
  Context context;
  auto stream = stub.FullDuplexCall(&context);
  require(stream->Write(output_request(31415, 27182)), "a request is sent");
  read(*stream, 31415);
  context.TryCancel();
  require_code(StatusCode::CANCELLED, stream->Finish());
}

void timeout_on_sleeping_server(const Peer&, Stub& stub) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  auto stream = stub.FullDuplexCall(&context);
  StreamingOutputCallRequest request;
  request.mutable_payload()->set_body(zeros(27182));
  stream->Write(request);
  read_end(*stream);
  require_code(StatusCode::DEADLINE_EXCEEDED, stream->Finish());
}

// ---- compression ----

void client_compressed_unary(const Peer&, Stub& stub) {
  SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  Context probe;
  SimpleResponse response;
  require_code(StatusCode::INVALID_ARGUMENT, stub.UnaryCall(&probe, request, &response));
  for (const bool compressed : {true, false}) {
    Context context;
    context.set_compression_algorithm(compressed ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_NONE);
    request.mutable_expect_compressed()->set_value(compressed);
    call_large(stub, context, request);
  }
}

void client_compressed_streaming(const Peer&, Stub& stub) {
  StreamingInputCallRequest first = input_request(27182);
  first.mutable_expect_compressed()->set_value(true);
  StreamingInputCallResponse response;
  Context plain;
  auto probe = stub.StreamingInputCall(&plain, &response);
  probe->Write(first);
  probe->WritesDone();
  require_code(StatusCode::INVALID_ARGUMENT, probe->Finish());

  Context context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  auto writer = stub.StreamingInputCall(&context, &response);
  require(writer->Write(first), "a request is sent");
  StreamingInputCallRequest second = input_request(45904);
  second.mutable_expect_compressed()->set_value(false);
  require(writer->Write(second, WriteOptions().set_no_compression()), "a request is sent");
  writer->WritesDone();
  require_ok(writer->Finish());
  require(response.aggregated_payload_size() == 73086, "73,086 bytes came in");
}

void server_compressed_unary(const Peer&, Stub& stub) {
  for (const bool compressed : {true, false}) {
    SimpleRequest request = large_request();
    request.mutable_response_compressed()->set_value(compressed);
    Context context;
    call_large(stub, context, request);
    require(InteropClientContextInspector::reply_was_compressed(context) == compressed,
            "the reply is compressed as asked for");
  }
}

void server_compressed_streaming(const Peer&, Stub& stub) {
  constexpr std::pair<int, bool> kReplies[] = {{31415, true}, {92653, false}};
  StreamingOutputCallRequest request;
  for (const auto& [bytes, compressed] : kReplies) {
    ResponseParameters& parameters = *request.add_response_parameters();
    parameters.set_size(bytes);
    parameters.mutable_compressed()->set_value(compressed);
  }
  Context context;
  auto reader = stub.StreamingOutputCall(&context, request);
  for (const auto& [bytes, compressed] : kReplies) {
    read(*reader, bytes);
    require(InteropClientContextInspector::reply_was_compressed(context) == compressed,
            "the reply is compressed as asked for");
  }
  read_end(*reader);
  require_ok(reader->Finish());
}

struct Case {
  const char* name;
  void (*run)(const Peer& peer, Stub& stub);
};

#define CASE(name) \
  { #name, name }
constexpr Case kCases[] = {
    CASE(empty_unary),
    CASE(large_unary),
    CASE(custom_metadata),
    CASE(status_code_and_message),
    CASE(special_status_message),
    CASE(unimplemented_method),
    CASE(unimplemented_service),
    CASE(rpc_soak),
    CASE(channel_soak),
    CASE(concurrent_unary),
    CASE(client_streaming),
    CASE(server_streaming),
    CASE(ping_pong),
    CASE(half_duplex),
    CASE(empty_stream),
    CASE(cancel_after_begin),
    CASE(cancel_after_first_response),
    CASE(timeout_on_sleeping_server),
    CASE(client_compressed_unary),
    CASE(client_compressed_streaming),
    CASE(server_compressed_unary),
    CASE(server_compressed_streaming),
};
#undef CASE

int run(const Peer& peer) {
  int failed = 0;
  for (const Case& each : kCases) {
    try {
      each.run(peer, *TestService::NewStub(peer.connect()));
      std::printf("ok %s\n", each.name);
    } catch (const std::runtime_error& error) {
      std::printf("FAILED %s: %s\n", each.name, error.what());
      ++failed;
    }
    std::fflush(stdout);
  }
  return failed;
}

std::string read_file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace
}  // namespace grpc::testing

int main(int argc, char** argv) {
  using namespace grpc::testing;
  if (argc < 2) return 2;
  return run({argv[1], argc > 2 ? read_file(argv[2]) : ""}) == 0 ? 0 : 1;
}
