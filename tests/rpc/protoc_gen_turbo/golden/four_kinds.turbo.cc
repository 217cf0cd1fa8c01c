// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/four_kinds.proto; do not edit.
#include "tests/rpc/protoc_gen_turbo/four_kinds.turbo.h"

#include <utility>

namespace test::kinds {

::turbo::Task<::absl::Status> Guide::Service::where_am_i(::turbo::rpc::ServerContext&, const Point&,
                                                         Point&) {
  co_return ::turbo::rpc::unimplemented(kWhereAmI);
}

void Guide::Service::start_where_am_i(::turbo::rpc::UnaryCall<Point, Point> call) {
  std::move(call).run(*this, &Service::where_am_i);
}

::turbo::Task<::absl::Status> Guide::Service::record(::turbo::rpc::ServerContext&,
                                                     ::turbo::rpc::ServerReader<Point>&, Summary&) {
  co_return ::turbo::rpc::unimplemented(kRecord);
}

void Guide::Service::start_record(::turbo::rpc::ClientStreamingCall<Point, Summary> call) {
  std::move(call).run(*this, &Service::record);
}

::turbo::Task<::absl::Status> Guide::Service::list(::turbo::rpc::ServerContext&, const Summary&,
                                                   ::turbo::rpc::ServerWriter<Point>&) {
  co_return ::turbo::rpc::unimplemented(kList);
}

void Guide::Service::start_list(::turbo::rpc::ServerStreamingCall<Summary, Point> call) {
  std::move(call).run(*this, &Service::list);
}

::turbo::Task<::absl::Status> Guide::Service::chat(::turbo::rpc::ServerContext&,
                                                   ::turbo::rpc::ServerStream<Point, Summary>&) {
  co_return ::turbo::rpc::unimplemented(kChat);
}

void Guide::Service::start_chat(::turbo::rpc::BidiCall<Point, Summary> call) {
  std::move(call).run(*this, &Service::chat);
}

::turbo::Task<::absl::Status> Guide::Service::forget_everything(::turbo::rpc::ServerContext&,
                                                                const ::google::protobuf::Empty&,
                                                                ::google::protobuf::Empty&) {
  co_return ::turbo::rpc::unimplemented(kForgetEverything);
}

void Guide::Service::start_forget_everything(
    ::turbo::rpc::UnaryCall<::google::protobuf::Empty, ::google::protobuf::Empty> call) {
  std::move(call).run(*this, &Service::forget_everything);
}

void Guide::Service::add_methods(::turbo::rpc::MethodTable& methods) {
  methods.add(kWhereAmI, *this, &Service::start_where_am_i);
  methods.add(kRecord, *this, &Service::start_record);
  methods.add(kList, *this, &Service::start_list);
  methods.add(kChat, *this, &Service::start_chat);
  methods.add(kForgetEverything, *this, &Service::start_forget_everything);
}

void Guide::Stub::where_am_i(::turbo::rpc::ClientContext& context, const Point& request,
                             ::absl::AnyInvocable<void(::absl::StatusOr<Point>)> done) const {
  ::turbo::rpc::call_unary<Point>(*channel_, kWhereAmI, context, request, std::move(done));
}

::turbo::rpc::ClientWriter<Point, Summary> Guide::Stub::record(
    ::turbo::rpc::ClientContext& context) const {
  return ::turbo::rpc::ClientWriter<Point, Summary>(*channel_, kRecord, context);
}

::turbo::rpc::ClientReader<Point> Guide::Stub::list(::turbo::rpc::ClientContext& context,
                                                    const Summary& request) const {
  return ::turbo::rpc::ClientReader<Point>(*channel_, kList, context, request);
}

::turbo::rpc::ClientStream<Point, Summary> Guide::Stub::chat(
    ::turbo::rpc::ClientContext& context) const {
  return ::turbo::rpc::ClientStream<Point, Summary>(*channel_, kChat, context);
}

void Guide::Stub::forget_everything(
    ::turbo::rpc::ClientContext& context, const ::google::protobuf::Empty& request,
    ::absl::AnyInvocable<void(::absl::StatusOr<::google::protobuf::Empty>)> done) const {
  ::turbo::rpc::call_unary<::google::protobuf::Empty>(*channel_, kForgetEverything, context,
                                                      request, std::move(done));
}

}  // namespace test::kinds
