// The RPC benchmark's server on gRPC C++, by its callback or its asynchronous interface, with one
// thread for calls.
//
//   grpc_server --port=50051 --api=callback

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "benchmarks/peers/rpc/bench.grpc.pb.h"

namespace {

using turbo::bench::Bench;
using turbo::bench::ListRequest;
using turbo::bench::Payload;

std::string text_of(uint32_t bytes) { return std::string(bytes, 'x'); }

// ---- the callback interface ----

class ListReactor final : public grpc::ServerWriteReactor<Payload> {
 public:
  explicit ListReactor(const ListRequest& request) : left_(request.count()) {
    payload_.set_body(text_of(request.bytes()));
    write();
  }
  void OnWriteDone(bool ok) override { ok ? write() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void write() {
    if (left_ == 0) return Finish(grpc::Status::OK);
    --left_;
    StartWrite(&payload_);
  }

  uint32_t left_;
  Payload payload_;
};

class CallbackService final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Payload* request,
                                 Payload* reply) override {
    reply->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<Payload>* List(grpc::CallbackServerContext*,
                                          const ListRequest* request) override {
    return new ListReactor(*request);
  }
};

// ---- the asynchronous interface: each call is a state machine on the completion queue ----

class Call {
 public:
  virtual ~Call() = default;
  virtual void proceed(bool ok) = 0;
};

class EchoCall final : public Call {
 public:
  EchoCall(Bench::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_.RequestEcho(&context_, &request_, &responder_, &queue_, &queue_, this);
  }
  void proceed(bool ok) override {
    if (!ok || finished_) {
      delete this;
      return;
    }
    new EchoCall(service_, queue_);
    finished_ = true;
    reply_.set_body(request_.body());
    responder_.Finish(reply_, grpc::Status::OK, this);
  }

 private:
  Bench::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  Payload request_;
  Payload reply_;
  grpc::ServerAsyncResponseWriter<Payload> responder_;
  bool finished_ = false;
};

class ListCall final : public Call {
 public:
  ListCall(Bench::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), writer_(&context_) {
    service_.RequestList(&context_, &request_, &writer_, &queue_, &queue_, this);
  }
  void proceed(bool ok) override {
    if (!ok || finished_) {
      delete this;
      return;
    }
    if (!begun_) begin();
    if (left_ > 0) {
      --left_;
      writer_.Write(payload_, this);
    } else {
      finished_ = true;
      writer_.Finish(grpc::Status::OK, this);
    }
  }

 private:
  void begin() {
    new ListCall(service_, queue_);
    begun_ = true;
    left_ = request_.count();
    payload_.set_body(text_of(request_.bytes()));
  }

  Bench::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  ListRequest request_;
  Payload payload_;
  grpc::ServerAsyncWriter<Payload> writer_;
  uint32_t left_ = 0;
  bool begun_ = false;
  bool finished_ = false;
};

// As many calls can be taken at once without waiting for the thread to ask for more.
constexpr int kCallsAsked = 256;

void serve_async(Bench::AsyncService& service, grpc::ServerCompletionQueue& queue) {
  for (int i = 0; i < kCallsAsked; ++i) new EchoCall(service, queue);
  new ListCall(service, queue);
  void* call;
  for (bool ok; queue.Next(&call, &ok);) static_cast<Call*>(call)->proceed(ok);
}

int run(const std::string& port, bool async) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + port, grpc::InsecureServerCredentials());
  CallbackService callbacks;
  Bench::AsyncService calls;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  if (async) {
    builder.RegisterService(&calls);
    queue = builder.AddCompletionQueue();
  } else {
    builder.RegisterService(&callbacks);
  }
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "cannot listen on port %s\n", port.c_str());
    return 1;
  }
  async ? serve_async(calls, *queue) : server->Wait();
  return 0;
}

const char* value_of(const char* argument, const char* flag) {
  const size_t bytes = std::strlen(flag);
  return std::strncmp(argument, flag, bytes) == 0 ? argument + bytes : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  std::string port = "50051";
  std::string api = "callback";
  for (int i = 1; i < argc; ++i) {
    if (const char* value = value_of(argv[i], "--port=")) {
      port = value;
    } else if (const char* value = value_of(argv[i], "--api=")) {
      api = value;
    } else {
      std::printf("grpc_server [--port=50051] [--api=callback|async]\n");
      return std::strcmp(argv[i], "--help") == 0 ? 0 : 2;
    }
  }
  if (api != "callback" && api != "async") {
    std::fprintf(stderr, "--api is callback or async\n");
    return 2;
  }
  return run(port, api == "async");
}
