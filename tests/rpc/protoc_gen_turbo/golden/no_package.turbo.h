// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/no_package.proto; do not edit.
#ifndef TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fpackage_2eturbo_2eh
#define TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fpackage_2eturbo_2eh

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/loop/task.h"
#include "framework/rpc/method.h"
#include "framework/rpc/service.h"
#include "framework/rpc/stub.h"
#include "tests/rpc/protoc_gen_turbo/four_kinds.pb.h"
#include "tests/rpc/protoc_gen_turbo/no_package.pb.h"

class Oracle {
 public:
  static constexpr std::string_view kName = "Oracle";
  static constexpr ::turbo::rpc::Method kAsk{"/Oracle/Ask", ::turbo::rpc::MethodKind::kUnary};
  static constexpr ::turbo::rpc::Method kAskAll{"/Oracle/AskAll",
                                                ::turbo::rpc::MethodKind::kBidiStreaming};

  // What a server implements: of each pair the coroutine, or the call that is finished later. What
  // is not overridden answers kUnimplemented.
  class Service : public ::turbo::rpc::Service {
   public:
    virtual ::turbo::Task<::absl::Status> ask(::turbo::rpc::ServerContext& context,
                                              const Question& request, Question_Part& reply);
    virtual void start_ask(::turbo::rpc::UnaryCall<Question, Question_Part> call);

    virtual ::turbo::Task<::absl::Status> ask_all(
        ::turbo::rpc::ServerContext& context,
        ::turbo::rpc::ServerStream<Question_Part, ::test::kinds::Point>& stream);
    virtual void start_ask_all(::turbo::rpc::BidiCall<Question_Part, ::test::kinds::Point> call);

    void add_methods(::turbo::rpc::MethodTable& methods) override;
  };

  // What a client calls: a single reply is awaited or goes to a callback, streams are objects.
  // Copies are cheap; the channel outlives them.
  class Stub {
   public:
    explicit Stub(::turbo::rpc::Channel& channel) : channel_(&channel) {}

    auto ask(const Question& request) const {
      return ::turbo::rpc::call_unary<Question_Part>(*channel_, kAsk, request);
    }
    auto ask(::turbo::rpc::ClientContext& context, const Question& request) const {
      return ::turbo::rpc::call_unary<Question_Part>(*channel_, kAsk, context, request);
    }
    void ask(::turbo::rpc::ClientContext& context, const Question& request,
             ::absl::AnyInvocable<void(::absl::StatusOr<Question_Part>)> done) const;

    ::turbo::rpc::ClientStream<Question_Part, ::test::kinds::Point> ask_all(
        ::turbo::rpc::ClientContext& context) const;

   private:
    ::turbo::rpc::Channel* channel_;
  };
};

#endif  // TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2fno_5fpackage_2eturbo_2eh
