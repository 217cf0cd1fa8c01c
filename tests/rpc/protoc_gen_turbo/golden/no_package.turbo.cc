// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/no_package.proto; do not edit.
#include "tests/rpc/protoc_gen_turbo/no_package.turbo.h"

#include <utility>

::turbo::Task<::absl::Status> Oracle::Service::ask(::turbo::rpc::ServerContext&, const Question&,
                                                   Question_Part&) {
  co_return ::turbo::rpc::unimplemented(kAsk);
}

void Oracle::Service::start_ask(::turbo::rpc::UnaryCall<Question, Question_Part> call) {
  std::move(call).run(*this, &Service::ask);
}

::turbo::Task<::absl::Status> Oracle::Service::ask_all(
    ::turbo::rpc::ServerContext&,
    ::turbo::rpc::ServerStream<Question_Part, ::test::kinds::Point>&) {
  co_return ::turbo::rpc::unimplemented(kAskAll);
}

void Oracle::Service::start_ask_all(
    ::turbo::rpc::BidiCall<Question_Part, ::test::kinds::Point> call) {
  std::move(call).run(*this, &Service::ask_all);
}

void Oracle::Service::add_methods(::turbo::rpc::MethodTable& methods) {
  methods.add(kAsk, *this, &Service::start_ask);
  methods.add(kAskAll, *this, &Service::start_ask_all);
}

void Oracle::Stub::ask(::turbo::rpc::ClientContext& context, const Question& request,
                       ::absl::AnyInvocable<void(::absl::StatusOr<Question_Part>)> done) const {
  ::turbo::rpc::call_unary<Question_Part>(*channel_, kAsk, context, request, std::move(done));
}

::turbo::rpc::ClientStream<Question_Part, ::test::kinds::Point> Oracle::Stub::ask_all(
    ::turbo::rpc::ClientContext& context) const {
  return ::turbo::rpc::ClientStream<Question_Part, ::test::kinds::Point>(*channel_, kAskAll,
                                                                         context);
}
