// Messages and statuses as JSON.
#include "framework/rpc/json_printer.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "framework/base/status.h"
#include "framework/base/views.h"
#include "framework/rpc/json_parser.h"
#include "framework/rpc/status_fields.h"
#include "tests/rpc/library.pb.h"

namespace turbo::rpc {
namespace {

using test::Everything;

TEST(JSONPrinterTest, messages_become_texts) {
  Everything message;
  message.set_large(7);
  message.set_odd_name("\"<\n");
  message.mutable_inner()->set_small(1);
  EXPECT_EQ(*to_json(message, {}), R"({"large":"7","inner":{"small":1},"@odd":"\"\u003c\n"})");
  EXPECT_EQ(*to_json(message, {.proto_names = true}),
            R"({"large":"7","inner":{"small":1},"odd_name":"\"\u003c\n"})");
  test::Author author;
  EXPECT_EQ(*to_json(author, {}), "{}");
  EXPECT_EQ(*to_json(author, {.print_defaults = true}), R"({"name":"","birthYear":0})");
  test::Book book;
  book.mutable_extra()->set_type_url("type.googleapis.com/no.such.Type");
  book.mutable_extra()->set_value("x");
  EXPECT_EQ(to_json(book, {}).status().code(), absl::StatusCode::kInternal);
}

TEST(JSONPrinterTest, a_message_that_nests_too_deep_is_an_error) {
  Everything message;
  Everything* inside = &message;
  for (int i = 0; i < 90; ++i) inside = inside->mutable_inner();
  EXPECT_EQ(to_json(message, {}).status().code(), absl::StatusCode::kInternal);
}

const google::protobuf::FieldDescriptor& field(const char* name) {
  return *Everything::descriptor()->FindFieldByName(name);
}

TEST(JSONPrinterTest, one_field_is_a_text) {
  Everything message;
  for (const auto& [name, absent] :
       std::initializer_list<std::pair<const char*, const char*>>{{"text", "\"\""},
                                                                  {"raw", "\"\""},
                                                                  {"flag", "false"},
                                                                  {"small", "0"},
                                                                  {"large", "\"0\""},
                                                                  {"id", "\"0\""},
                                                                  {"ratio", "0"},
                                                                  {"colour", "\"NONE\""},
                                                                  {"words", "[]"},
                                                                  {"inner", "null"},
                                                                  {"many", "[]"},
                                                                  {"counts", "{}"},
                                                                  {"time", "null"}}) {
    EXPECT_EQ(*field_to_json(message, field(name), {}), absent) << name;
  }
  message.set_text("a\"},{\\");
  message.add_words("x,y");
  message.add_words("z");
  message.mutable_inner()->set_small(1);
  message.mutable_inner()->add_words("]}");
  (*message.mutable_counts())["a:b"] = 2;
  message.mutable_time()->set_seconds(5);
  message.set_odd_name("odd");
  message.set_large(7);
  for (const JSONOptions& options : {JSONOptions(), JSONOptions{.proto_names = true}}) {
    for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const char*>>{
             {"text", R"("a\"},{\\")"},
             {"words", R"(["x,y","z"])"},
             {"inner", R"({"small":1,"words":["]}"]})"},
             {"counts", R"({"a:b":2})"},
             {"time", R"("1970-01-01T00:00:05Z")"},
             {"odd_name", R"("odd")"},
             {"large", R"("7")"}}) {
      EXPECT_EQ(*field_to_json(message, field(name), options), text) << name;
    }
  }
}

TEST(JSONPrinterTest, a_status_has_code_message_and_details) {
  EXPECT_EQ(status_to_json(absl::NotFoundError("no \"x\"\n<ä>")),
            R"({"code":5,"message":"no \"x\"\u000a\u003cä\u003e","details":[]})");
  EXPECT_EQ(status_to_json(absl::UnknownError("")), R"({"code":2,"message":"","details":[]})");
  const auto any = [](std::string_view url, std::string_view value) {
    google::protobuf::Any packed;
    packed.set_type_url(std::string(url));
    packed.set_value(std::string(value));
    const std::string bytes = packed.SerializeAsString();
    return std::string("\x1a") + static_cast<char>(bytes.size()) + bytes;
  };
  google::protobuf::Duration duration;
  duration.set_seconds(3);
  absl::Status status = absl::UnavailableError("later");
  status.SetPayload(
      to_absl(kDetailsPayload),
      absl::Cord(std::string("\x08\x0e") +
                 any("type.googleapis.com/google.protobuf.Duration", duration.SerializeAsString()) +
                 any("type.googleapis.com/no.such.Type", "\x01\x02")));
  EXPECT_EQ(status_to_json(status),
            R"({"code":14,"message":"later","details":[)"
            R"({"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"},)"
            R"({"@type":"type.googleapis.com/no.such.Type","value":"AQI="}]})");
  status.SetPayload(to_absl(kDetailsPayload), absl::Cord("\x1a\xff"));
  EXPECT_EQ(status_to_json(status), R"({"code":14,"message":"later","details":[]})");
}

TEST(JSONPrinterTest, a_status_of_any_bytes_is_json) {
  for (const std::string_view text : {"\xff", "a\xc3", "\x01\x7f", "\xed\xa0\x80", "\"\\"}) {
    const std::string json = status_to_json(make_status(absl::StatusCode::kInternal, text));
    google::protobuf::Struct read;
    EXPECT_TRUE(parse_json(json, read, {}).ok()) << json;
    EXPECT_EQ(read.fields().at("code").number_value(), 13);
  }
}

}  // namespace
}  // namespace turbo::rpc
