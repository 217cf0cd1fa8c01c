// What reflection tells tools.
#include "framework/rpc/reflection/reflection_service.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <string>
#include <vector>

#include "framework/rpc/reflection/reflection_v1alpha.turbo.h"
#include "tests/rpc/call_fixture.h"

namespace turbo::rpc {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using Questions = std::vector<ServerReflectionRequest>;

class ReflectionTest : public CallFixture {
 protected:
  ReflectionTest() { services_.add<ReflectionService>(); }

  static constexpr Method kV1 = grpc::reflection::v1::ServerReflection::kServerReflectionInfo;
  static constexpr Method kV1Alpha =
      grpc::reflection::v1alpha::ServerReflection::kServerReflectionInfo;

  static ServerReflectionRequest file(const std::string& name) {
    ServerReflectionRequest request;
    request.set_file_by_filename(name);
    return request;
  }
  static ServerReflectionRequest symbol(const std::string& name) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(name);
    return request;
  }
  static ServerReflectionRequest extension(const std::string& type, int number) {
    ServerReflectionRequest request;
    request.mutable_file_containing_extension()->set_containing_type(type);
    request.mutable_file_containing_extension()->set_extension_number(number);
    return request;
  }
  static ServerReflectionRequest extensions(const std::string& type) {
    ServerReflectionRequest request;
    request.set_all_extension_numbers_of_type(type);
    return request;
  }

  // The answers of one stream.
  std::vector<ServerReflectionResponse> ask(const Questions& questions,
                                            const Method& method = kV1) {
    ScriptedStream& stream = open(method);
    for (const ServerReflectionRequest& question : questions) say(stream, question);
    client().end(stream);
    EXPECT_TRUE(answered(stream));
    EXPECT_EQ(status_of(stream), "0");
    auto answers = messages<ServerReflectionResponse>(stream);
    EXPECT_EQ(answers.size(), questions.size());
    answers.resize(questions.size());
    return answers;
  }

  // The names of the files in an answer, or the error: "a.proto b.proto ", "5 no such ...".
  static std::string files_in(const ServerReflectionResponse& answer) {
    std::string text;
    if (answer.has_error_response()) {
      text = std::to_string(answer.error_response().error_code()) + " " +
             answer.error_response().error_message();
    }
    for (const std::string& bytes : answer.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      text += file.name() + " ";
    }
    return text;
  }
};

constexpr char kNothing[] = "5 no such file, symbol or extension";

TEST_F(ReflectionTest, services_are_those_that_are_served) {
  ServerReflectionRequest question;
  question.set_list_services("whatever");
  const auto answer = ask({question})[0];
  std::vector<std::string> names;
  for (const auto& service : answer.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"grpc.reflection.v1.ServerReflection",
                                             "grpc.reflection.v1alpha.ServerReflection",
                                             "turbo.test.Test"}));
}

TEST_F(ReflectionTest, a_file_comes_with_what_it_imports) {
  const std::string files = files_in(ask({file("tests/rpc/reflected.proto")})[0]);
  EXPECT_EQ(files,
            "tests/rpc/reflected.proto google/protobuf/wrappers.proto "
            "google/protobuf/duration.proto ");
}

TEST_F(ReflectionTest, imports_are_sent_once_a_stream_and_what_is_asked_for_always) {
  const auto answers = ask({file("google/protobuf/wrappers.proto"),
                            file("tests/rpc/reflected.proto"), file("tests/rpc/reflected.proto")});
  EXPECT_EQ(files_in(answers[0]), "google/protobuf/wrappers.proto ");
  EXPECT_EQ(files_in(answers[1]), "tests/rpc/reflected.proto google/protobuf/duration.proto ");
  EXPECT_EQ(files_in(answers[2]), "tests/rpc/reflected.proto ");
}

TEST_F(ReflectionTest, a_file_is_found_by_whatever_it_declares) {
  for (const char* name : {"turbo.test.reflected.Extended", "turbo.test.reflected.Reflected",
                           "turbo.test.reflected.Reflected.Get", "turbo.test.reflected.name"}) {
    EXPECT_TRUE(begins_with(files_in(ask({symbol(name)})[0]), "tests/rpc/reflected.proto "))
        << name;
  }
}

TEST_F(ReflectionTest, a_file_that_is_described_is_the_one_that_was_compiled) {
  const auto answer = ask({symbol("grpc.reflection.v1.ErrorResponse")})[0];
  const auto& files = answer.file_descriptor_response().file_descriptor_proto();
  ASSERT_EQ(files.size(), 1);
  google::protobuf::FileDescriptorProto described, compiled;
  ASSERT_TRUE(described.ParseFromString(files[0]));
  ServerReflectionRequest::descriptor()->file()->CopyTo(&compiled);
  EXPECT_EQ(described.SerializeAsString(), compiled.SerializeAsString());
}

TEST_F(ReflectionTest, extensions_are_found_by_type_and_number) {
  const std::string type = "turbo.test.reflected.Extended";
  const auto answers = ask({extension(type, 150), extension(type, 151), extension("no.Type", 150),
                            extensions(type), extensions("no.Type")});
  EXPECT_TRUE(begins_with(files_in(answers[0]), "tests/rpc/reflected.proto "));
  EXPECT_EQ(files_in(answers[1]), kNothing);
  EXPECT_EQ(files_in(answers[2]), kNothing);
  const auto& numbers = answers[3].all_extension_numbers_response();
  EXPECT_EQ(numbers.base_type_name(), type);
  std::vector<int> sorted(numbers.extension_number().begin(), numbers.extension_number().end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, (std::vector<int>{100, 150}));
  EXPECT_EQ(files_in(answers[4]), "5 no such message type");
}

TEST_F(ReflectionTest, an_error_is_an_answer_and_the_stream_goes_on) {
  const auto answers = ask({file("no.proto"),
                            symbol("no.Symbol"),
                            symbol(""),
                            {},
                            file("google/protobuf/wrappers.proto")});
  for (int i : {0, 1, 2}) EXPECT_EQ(files_in(answers[i]), kNothing) << i;
  EXPECT_EQ(files_in(answers[3]), "3 an unknown question");
  EXPECT_EQ(files_in(answers[4]), "google/protobuf/wrappers.proto ");
}

TEST_F(ReflectionTest, an_answer_says_what_was_asked) {
  ServerReflectionRequest question = symbol("no.Symbol");
  question.set_host("a.example");
  const auto answer = ask({question})[0];
  EXPECT_EQ(answer.valid_host(), "a.example");
  EXPECT_EQ(answer.original_request().SerializeAsString(), question.SerializeAsString());
}

TEST_F(ReflectionTest, v1alpha_gets_the_same_answers) {
  const Questions questions = {file("tests/rpc/reflected.proto"), symbol("no.Symbol"), {}};
  const auto answers = ask(questions), alpha = ask(questions, kV1Alpha);
  for (size_t i = 0; i < questions.size(); ++i) {
    EXPECT_EQ(alpha[i].SerializeAsString(), answers[i].SerializeAsString()) << i;
    grpc::reflection::v1alpha::ServerReflectionResponse parsed;
    ASSERT_TRUE(parsed.ParseFromString(alpha[i].SerializeAsString()));
    EXPECT_EQ(parsed.DebugString(), answers[i].DebugString()) << i;
  }
}

TEST_F(ReflectionTest, a_question_is_answered_before_the_next_comes) {
  ScriptedStream& stream = open(kV1);
  say(stream, symbol("no.Symbol"));
  ASSERT_TRUE(run_until([&] { return messages<ServerReflectionResponse>(stream).size() == 1; }));
  say(stream, file("google/protobuf/wrappers.proto"));
  ASSERT_TRUE(run_until([&] { return messages<ServerReflectionResponse>(stream).size() == 2; }));
  EXPECT_EQ(stream.end, "");
}

}  // namespace
}  // namespace turbo::rpc
