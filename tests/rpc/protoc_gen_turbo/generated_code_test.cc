// What protoc-gen-turbo writes, compiled: the classes are what servers and clients use, and all of
// their names are good.

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "framework/rpc/service.h"
#include "framework/rpc/stub.h"
#include "tests/rpc/protoc_gen_turbo/four_kinds.turbo.h"
#include "tests/rpc/protoc_gen_turbo/no_package.turbo.h"
#include "tests/rpc/protoc_gen_turbo/no_service.turbo.h"
#include "tests/rpc/protoc_gen_turbo/odd_names.turbo.h"
#include "tests/rpc/protoc_gen_turbo/odd_parent.turbo.h"

namespace turbo::rpc {
namespace {

using test::kinds::Guide;
using test::kinds::Point;
using test::kinds::Summary;

// The paths of a service's methods, and who streams.
std::map<std::string, MethodKind> methods_of(Service& service) {
  MethodTable table;
  service.add_methods(table);
  std::map<std::string, MethodKind> methods;
  table.for_each([&](const MethodEntry& entry) {
    methods.emplace(std::string(entry.method.path), entry.method.kind);
  });
  return methods;
}

TEST(GeneratedCodeTest, a_service_has_its_methods) {
  Guide::Service service;
  const std::map<std::string, MethodKind> expected = {
      {"/test.kinds.Guide/WhereAmI", MethodKind::kUnary},
      {"/test.kinds.Guide/Record", MethodKind::kClientStreaming},
      {"/test.kinds.Guide/List", MethodKind::kServerStreaming},
      {"/test.kinds.Guide/Chat", MethodKind::kBidiStreaming},
      {"/test.kinds.Guide/ForgetEverything", MethodKind::kUnary},
  };
  EXPECT_EQ(methods_of(service), expected);
}

TEST(GeneratedCodeTest, odd_services_have_their_methods_by_the_names_of_the_proto) {
  test::odd::turbo::absl::class_service::Service odd;
  EXPECT_EQ(methods_of(odd).size(), 10U);
  EXPECT_TRUE(methods_of(odd).contains("/test.odd.turbo.absl.class_service/Delete"));
  test::odd::turbo::absl::Service_::Service empty;
  EXPECT_TRUE(methods_of(empty).empty());
  test::odd::Service_::Service service;
  EXPECT_TRUE(methods_of(service).contains("/test.odd.Service/Call"));
  test::odd::Stub_::Service stub;
  EXPECT_TRUE(methods_of(stub).contains("/test.odd.Stub/Call"));
  Oracle::Service oracle;
  EXPECT_TRUE(methods_of(oracle).contains("/Oracle/AskAll"));
}

// All that is overridden here: the coroutine of some, the call of others.
class Everything : public Guide::Service {
 public:
  Task<absl::Status> where_am_i(ServerContext&, const Point& request, Point& reply) override {
    reply = request;
    co_return absl::OkStatus();
  }
  Task<absl::Status> record(ServerContext&, ServerReader<Point>& reader, Summary& reply) override {
    Point point;
    for (;;) {
      auto read = reader.read(point);
      if (!co_await read) break;
      reply.set_points(reply.points() + 1);
    }
    co_return absl::OkStatus();
  }
  void start_list(ServerStreamingCall<Summary, Point> call) override {
    call.finish(absl::OkStatus());
  }
  void start_chat(BidiCall<Point, Summary> call) override { call.finish(absl::OkStatus()); }
};

TEST(GeneratedCodeTest, of_each_pair_either_is_overridden) {
  Everything service;
  EXPECT_EQ(methods_of(service).size(), 5U);
}

TEST(GeneratedCodeTest, a_stub_gives_the_objects_of_each_kind) {
  const Guide::Stub* stub = nullptr;
  ClientContext* context = nullptr;
  const Summary* summary = nullptr;
  static_assert(std::is_same_v<decltype(stub->record(*context)), ClientWriter<Point, Summary>>);
  static_assert(std::is_same_v<decltype(stub->list(*context, *summary)), ClientReader<Point>>);
  static_assert(std::is_same_v<decltype(stub->chat(*context)), ClientStream<Point, Summary>>);
  static_assert(std::is_copy_constructible_v<Guide::Stub>);
}

// Of no_service.proto nothing is used, nor are the messages of most others.
TEST(GeneratedCodeTest, reflection_finds_what_no_code_mentions) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const std::string_view name : {Guide::kName, Oracle::kName, test::odd::Stub_::kName}) {
    EXPECT_NE(pool->FindServiceByName(std::string(name)), nullptr) << name;
  }
  EXPECT_NE(pool->FindMessageTypeByName("test.Alone"), nullptr);
  EXPECT_NE(pool->FindExtensionByName("hint"), nullptr);
}

}  // namespace
}  // namespace turbo::rpc
