// Written by protoc-gen-turbo from tests/rpc/protoc_gen_turbo/four_kinds.proto; do not edit.
#ifndef TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2ffour_5fkinds_2eturbo_2eh
#define TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2ffour_5fkinds_2eturbo_2eh

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/loop/task.h"
#include "framework/rpc/method.h"
#include "framework/rpc/service.h"
#include "framework/rpc/stub.h"
#include "google/protobuf/empty.pb.h"
#include "tests/rpc/protoc_gen_turbo/four_kinds.pb.h"

namespace test::kinds {

// Knows the way.
//
// Ask it politely:
//     stub.where_am_i(point)
class Guide {
 public:
  static constexpr std::string_view kName = "test.kinds.Guide";
  static constexpr ::turbo::rpc::Method kWhereAmI{"/test.kinds.Guide/WhereAmI",
                                                  ::turbo::rpc::MethodKind::kUnary};
  static constexpr ::turbo::rpc::Method kRecord{"/test.kinds.Guide/Record",
                                                ::turbo::rpc::MethodKind::kClientStreaming};
  static constexpr ::turbo::rpc::Method kList{"/test.kinds.Guide/List",
                                              ::turbo::rpc::MethodKind::kServerStreaming};
  static constexpr ::turbo::rpc::Method kChat{"/test.kinds.Guide/Chat",
                                              ::turbo::rpc::MethodKind::kBidiStreaming};
  static constexpr ::turbo::rpc::Method kForgetEverything{"/test.kinds.Guide/ForgetEverything",
                                                          ::turbo::rpc::MethodKind::kUnary};

  // What a server implements: of each pair the coroutine, or the call that is finished later. What
  // is not overridden answers kUnimplemented.
  class Service : public ::turbo::rpc::Service {
   public:
    // Names the place at a point, which the caller knows already since it asks for it, but not by
    // the name it has on maps.
    virtual ::turbo::Task<::absl::Status> where_am_i(::turbo::rpc::ServerContext& context,
                                                     const Point& request, Point& reply);
    virtual void start_where_am_i(::turbo::rpc::UnaryCall<Point, Point> call);

    // Takes
    // points.
    virtual ::turbo::Task<::absl::Status> record(::turbo::rpc::ServerContext& context,
                                                 ::turbo::rpc::ServerReader<Point>& reader,
                                                 Summary& reply);
    virtual void start_record(::turbo::rpc::ClientStreamingCall<Point, Summary> call);

    // In no order.
    virtual ::turbo::Task<::absl::Status> list(::turbo::rpc::ServerContext& context,
                                               const Summary& request,
                                               ::turbo::rpc::ServerWriter<Point>& writer);
    virtual void start_list(::turbo::rpc::ServerStreamingCall<Summary, Point> call);

    // Talks.
    virtual ::turbo::Task<::absl::Status> chat(::turbo::rpc::ServerContext& context,
                                               ::turbo::rpc::ServerStream<Point, Summary>& stream);
    virtual void start_chat(::turbo::rpc::BidiCall<Point, Summary> call);

    virtual ::turbo::Task<::absl::Status> forget_everything(
        ::turbo::rpc::ServerContext& context, const ::google::protobuf::Empty& request,
        ::google::protobuf::Empty& reply);
    virtual void start_forget_everything(
        ::turbo::rpc::UnaryCall<::google::protobuf::Empty, ::google::protobuf::Empty> call);

    void add_methods(::turbo::rpc::MethodTable& methods) override;
  };

  // What a client calls: a single reply is awaited or goes to a callback, streams are objects.
  // Copies are cheap; the channel outlives them.
  class Stub {
   public:
    explicit Stub(::turbo::rpc::Channel& channel) : channel_(&channel) {}

    // Names the place at a point, which the caller knows already since it asks for it, but not by
    // the name it has on maps.
    auto where_am_i(const Point& request) const {
      return ::turbo::rpc::call_unary<Point>(*channel_, kWhereAmI, request);
    }
    auto where_am_i(::turbo::rpc::ClientContext& context, const Point& request) const {
      return ::turbo::rpc::call_unary<Point>(*channel_, kWhereAmI, context, request);
    }
    void where_am_i(::turbo::rpc::ClientContext& context, const Point& request,
                    ::absl::AnyInvocable<void(::absl::StatusOr<Point>)> done) const;

    // Takes
    // points.
    ::turbo::rpc::ClientWriter<Point, Summary> record(::turbo::rpc::ClientContext& context) const;

    // In no order.
    ::turbo::rpc::ClientReader<Point> list(::turbo::rpc::ClientContext& context,
                                           const Summary& request) const;

    // Talks.
    ::turbo::rpc::ClientStream<Point, Summary> chat(::turbo::rpc::ClientContext& context) const;

    auto forget_everything(const ::google::protobuf::Empty& request) const {
      return ::turbo::rpc::call_unary<::google::protobuf::Empty>(*channel_, kForgetEverything,
                                                                 request);
    }
    auto forget_everything(::turbo::rpc::ClientContext& context,
                           const ::google::protobuf::Empty& request) const {
      return ::turbo::rpc::call_unary<::google::protobuf::Empty>(*channel_, kForgetEverything,
                                                                 context, request);
    }
    void forget_everything(
        ::turbo::rpc::ClientContext& context, const ::google::protobuf::Empty& request,
        ::absl::AnyInvocable<void(::absl::StatusOr<::google::protobuf::Empty>)> done) const;

   private:
    ::turbo::rpc::Channel* channel_;
  };
};

}  // namespace test::kinds

#endif  // TURBO_INCLUDED_tests_2frpc_2fprotoc_5fgen_5fturbo_2ffour_5fkinds_2eturbo_2eh
