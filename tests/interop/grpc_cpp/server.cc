// The interop tests' server on gRPC C++: prints "listening on PORT" and serves until it is killed.
//
//   server [CERTIFICATE_PEM KEY_PEM]

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/interop/grpc_cpp/test_only.h"
#include "tests/interop/test.grpc.pb.h"

namespace grpc::testing {
namespace {

constexpr char kEchoInitial[] = "x-grpc-test-echo-initial";
constexpr char kEchoTrailing[] = "x-grpc-test-echo-trailing-bin";

void echo_metadata(ServerContext& context) {
  for (const auto& [key, value] : context.client_metadata()) {
    const std::string text(value.data(), value.size());
    if (key == kEchoInitial) context.AddInitialMetadata(kEchoInitial, text);
    if (key == kEchoTrailing) context.AddTrailingMetadata(kEchoTrailing, text);
  }
}

Status status_of(const EchoStatus& wanted) {
  return {static_cast<StatusCode>(wanted.code()), wanted.message()};
}

template <class Request>
bool came_as_it_says(const ServerContext& context, const Request& request) {
  return !request.has_expect_compressed() ||
         request.expect_compressed().value() ==
             InteropServerContextInspector::request_was_compressed(context);
}

template <class Response>
void fill(int32_t bytes, Response& response) {
  response.mutable_payload()->set_body(std::string(static_cast<size_t>(bytes), '\0'));
}

// The replies that one request asks for.
template <class Writer>
void answer(const StreamingOutputCallRequest& request, Writer& writer) {
  for (const ResponseParameters& parameters : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(parameters.interval_us()));
    StreamingOutputCallResponse response;
    fill(parameters.size(), response);
    WriteOptions options;
    if (!parameters.compressed().value()) options.set_no_compression();
    if (!writer.Write(response, options)) return;
  }
}

class Server final : public TestService::Service {
  Status EmptyCall(ServerContext* context, const Empty*, Empty*) override {
    echo_metadata(*context);
    return Status::OK;
  }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request,
                   SimpleResponse* response) override {
    echo_metadata(*context);
    if (!came_as_it_says(*context, *request)) return {StatusCode::INVALID_ARGUMENT, "compression"};
    if (request->response_status().code() != 0) return status_of(request->response_status());
    context->set_compression_algorithm(request->response_compressed().value() ? GRPC_COMPRESS_GZIP
                                                                              : GRPC_COMPRESS_NONE);
    fill(request->response_size(), *response);
    return Status::OK;
  }

  Status StreamingOutputCall(ServerContext* context, const StreamingOutputCallRequest* request,
                             ServerWriter<StreamingOutputCallResponse>* writer) override {
    echo_metadata(*context);
    context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    answer(*request, *writer);
    return Status::OK;
  }

  Status StreamingInputCall(ServerContext* context, ServerReader<StreamingInputCallRequest>* reader,
                            StreamingInputCallResponse* response) override {
    echo_metadata(*context);
    size_t bytes = 0;
    for (StreamingInputCallRequest request; reader->Read(&request);) {
      if (!came_as_it_says(*context, request)) return {StatusCode::INVALID_ARGUMENT, "compression"};
      bytes += request.payload().body().size();
    }
    response->set_aggregated_payload_size(static_cast<int32_t>(bytes));
    return Status::OK;
  }

  using Stream = ServerReaderWriter<StreamingOutputCallResponse, StreamingOutputCallRequest>;

  Status FullDuplexCall(ServerContext* context, Stream* stream) override {
    echo_metadata(*context);
    for (StreamingOutputCallRequest request; stream->Read(&request);) {
      if (request.response_status().code() != 0) return status_of(request.response_status());
      answer(request, *stream);
    }
    return Status::OK;
  }

  Status HalfDuplexCall(ServerContext* context, Stream* stream) override {
    echo_metadata(*context);
    std::vector<StreamingOutputCallRequest> requests;
    for (StreamingOutputCallRequest request; stream->Read(&request);) requests.push_back(request);
    for (const StreamingOutputCallRequest& request : requests) answer(request, *stream);
    return Status::OK;
  }
};

std::string read_file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::shared_ptr<ServerCredentials> credentials(int argc, char** argv) {
  if (argc < 3) return InsecureServerCredentials();
  SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({read_file(argv[2]), read_file(argv[1])});
  return SslServerCredentials(options);
}

int serve(int argc, char** argv) {
  Server service;
  int port = 0;
  ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", credentials(argc, argv), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("listening on %d\n", port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace grpc::testing

int main(int argc, char** argv) { return grpc::testing::serve(argc, argv); }
