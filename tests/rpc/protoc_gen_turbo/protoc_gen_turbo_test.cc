// The plugin as protoc runs it: what it writes for a few files, and what it refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kProtoc[] = "../com_google_protobuf/protoc";
constexpr char kPlugin[] = "framework/rpc/protoc_gen_turbo/protoc_gen_turbo";
const std::string kFolder = "tests/rpc/protoc_gen_turbo/";

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class ProtocGenTurboTest : public testing::Test {
 protected:
  ProtocGenTurboTest() {
    folder_ = fs::path(getenv("TEST_TMPDIR")) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_);
  }
  ~ProtocGenTurboTest() override { fs::remove_all(folder_); }

  // Whether protoc is content; what it prints is in errors().
  bool run(const std::string& arguments) {
    const std::string command = std::string(kProtoc) + " --plugin=protoc-gen-turbo=" + kPlugin +
                                " " + arguments + " >" + (folder_ / "errors").string() + " 2>&1";
    return system(command.c_str()) == 0;
  }

  // The files of this folder.
  bool run_on(const std::string& proto) {
    return run("-I. --turbo_out=" + folder_.string() + " " + kFolder + proto);
  }

  // A file of the test's own.
  bool run_on_text(std::string_view text, const std::string& name = "own.proto") {
    std::ofstream(folder_ / name) << text;
    return run("-I" + folder_.string() + " --turbo_out=" + folder_.string() + " " + name);
  }

  std::string errors() const { return read_file(folder_ / "errors"); }
  std::string written(const std::string& name) const { return read_file(folder_ / name); }

  void expect_golden(const std::string& name) const {
    EXPECT_EQ(written(kFolder + name), read_file(kFolder + "golden/" + name));
  }

  fs::path folder_;
};

TEST_F(ProtocGenTurboTest, writes_a_method_of_each_kind) {
  ASSERT_TRUE(run_on("four_kinds.proto")) << errors();
  expect_golden("four_kinds.turbo.h");
  expect_golden("four_kinds.turbo.cc");
}

TEST_F(ProtocGenTurboTest, writes_without_a_package_and_for_proto2) {
  ASSERT_TRUE(run_on("no_package.proto")) << errors();
  expect_golden("no_package.turbo.h");
  expect_golden("no_package.turbo.cc");
}

TEST_F(ProtocGenTurboTest, a_file_without_services_has_files_too) {
  ASSERT_TRUE(run_on("no_service.proto")) << errors();
  expect_golden("no_service.turbo.h");
  expect_golden("no_service.turbo.cc");
}

TEST_F(ProtocGenTurboTest, names_that_cpp_cannot_have_end_with_an_underscore) {
  ASSERT_TRUE(run_on("odd_names.proto")) << errors();
  const std::string header = written(kFolder + "odd_names.turbo.h");
  for (const char* text :
       {" delete_(", " start_delete(", " errno_(", " kName_{", " add_methods_("}) {
    EXPECT_THAT(header, HasSubstr(text));
  }
  ASSERT_TRUE(run_on("odd_parent.proto")) << errors();
  const std::string parent = written(kFolder + "odd_parent.turbo.h");
  EXPECT_THAT(parent, HasSubstr("\nclass Service_ {\n"));
  EXPECT_THAT(parent, HasSubstr("\nclass Stub_ {\n"));
  // Others know them by the names they have in the .proto.
  EXPECT_THAT(parent, HasSubstr("kName = \"test.odd.Service\";"));
}

TEST_F(ProtocGenTurboTest, messages_that_a_member_hides_are_named_in_full) {
  ASSERT_TRUE(run_on("odd_names.proto")) << errors();
  const std::string header = written(kFolder + "odd_names.turbo.h");
  EXPECT_THAT(header, HasSubstr("const ::test::odd::turbo::absl::Service& request"));
  EXPECT_THAT(header, HasSubstr("::test::odd::turbo::absl::Stub& reply"));
  EXPECT_THAT(header, HasSubstr("const ::test::odd::turbo::absl::echo& request"));
  EXPECT_THAT(header, HasSubstr("const ::Question_Part& request"));
}

TEST_F(ProtocGenTurboTest, runs_for_several_files_at_once) {
  ASSERT_TRUE(run_on("four_kinds.proto " + kFolder + "no_service.proto")) << errors();
  expect_golden("four_kinds.turbo.h");
  expect_golden("no_service.turbo.h");
}

TEST_F(ProtocGenTurboTest, parameters_are_refused) {
  const std::string source = kFolder + "four_kinds.proto";
  EXPECT_FALSE(run("-I. --turbo_out=fast=yes:" + folder_.string() + " " + source));
  EXPECT_THAT(errors(), HasSubstr("protoc-gen-turbo has no parameters, and is given \"fast=yes\""));
}

TEST_F(ProtocGenTurboTest, methods_of_one_name_in_snake_case_are_refused) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; package p; message M {}
                              service S { rpc GetIt(M) returns (M); rpc get_it(M) returns (M); })"));
  EXPECT_THAT(errors(), HasSubstr("own.proto: service p.S: methods GetIt and get_it would both be "
                                  "get_it in C++"));
}

TEST_F(ProtocGenTurboTest, a_method_named_as_anothers_start_is_refused) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; message M {}
                              service S { rpc Engine(M) returns (M);
                                          rpc StartEngine(stream M) returns (M); })"));
  EXPECT_THAT(errors(), HasSubstr("methods Engine and StartEngine would both be start_engine"));
}

TEST_F(ProtocGenTurboTest, methods_with_one_constant_are_refused) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; message M {}
                              service S { rpc AB(M) returns (M); rpc a_b(M) returns (M); })"));
  EXPECT_THAT(errors(), HasSubstr("methods AB and a_b would both be kAB"));
}

TEST_F(ProtocGenTurboTest, an_escaped_name_may_not_be_taken_either) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; message M {}
                              service S { rpc New(M) returns (M); rpc new_(M) returns (M); })"));
  EXPECT_THAT(errors(), HasSubstr("methods New and new_ would both be new_"));
}

TEST_F(ProtocGenTurboTest, a_package_that_cannot_be_a_namespace_is_refused) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; package acme.public.v1;)"));
  EXPECT_THAT(errors(), HasSubstr("package acme.public.v1: \"public\" cannot be a namespace"));
}

TEST_F(ProtocGenTurboTest, protobufs_own_services_are_refused) {
  EXPECT_FALSE(run_on_text(R"(syntax = "proto3"; option cc_generic_services = true;
                              message M {} service S { rpc Get(M) returns (M); })"));
  EXPECT_THAT(errors(), HasSubstr("cc_generic_services makes classes of the services' names"));
  EXPECT_TRUE(run_on_text(R"(syntax = "proto3"; option cc_generic_services = true;)")) << errors();
}

TEST_F(ProtocGenTurboTest, guards_keep_a_folder_and_an_underscore_apart) {
  fs::create_directories(folder_ / "a");
  ASSERT_TRUE(run_on_text(R"(syntax = "proto3";)", "a/b.proto")) << errors();
  ASSERT_TRUE(run_on_text(R"(syntax = "proto3";)", "a_b.proto")) << errors();
  EXPECT_THAT(written("a/b.turbo.h"), HasSubstr("#ifndef TURBO_INCLUDED_a_2fb_2eturbo_2eh\n"));
  EXPECT_THAT(written("a_b.turbo.h"), HasSubstr("#ifndef TURBO_INCLUDED_a_5fb_2eturbo_2eh\n"));
}

}  // namespace
