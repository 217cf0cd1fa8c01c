#include "framework/rpc/protoc_gen_turbo/names.h"

#include <gtest/gtest.h>

namespace turbo::rpc {
namespace {

TEST(NamesTest, functions_are_in_snake_case) {
  EXPECT_EQ(snake_case("SayHello"), "say_hello");
  EXPECT_EQ(snake_case("sayHello"), "say_hello");
  EXPECT_EQ(snake_case("say_hello"), "say_hello");
  EXPECT_EQ(snake_case("Say_Hello"), "say_hello");
  EXPECT_EQ(snake_case("A"), "a");
}

TEST(NamesTest, an_acronym_is_a_word) {
  EXPECT_EQ(snake_case("HTTPGet"), "http_get");
  EXPECT_EQ(snake_case("GetHTTP2Info"), "get_http2_info");
  EXPECT_EQ(snake_case("GetHTTP"), "get_http");
  EXPECT_EQ(snake_case("GET"), "get");
}

TEST(NamesTest, a_word_may_end_with_digits) {
  EXPECT_EQ(snake_case("S3Upload"), "s3_upload");
  EXPECT_EQ(snake_case("GetV2"), "get_v2");
  EXPECT_EQ(snake_case("Get_2"), "get_2");
}

TEST(NamesTest, two_underscores_are_one) {
  EXPECT_EQ(snake_case("a__b"), "a_b");
  EXPECT_EQ(snake_case("A__B"), "a_b");
  EXPECT_EQ(snake_case("_Hidden"), "_hidden");
}

TEST(NamesTest, constants_are_in_camel_case) {
  EXPECT_EQ(camel_case("SayHello"), "SayHello");
  EXPECT_EQ(camel_case("sayHello"), "SayHello");
  EXPECT_EQ(camel_case("say_hello"), "SayHello");
  EXPECT_EQ(camel_case("GetHTTP2Info"), "GetHTTP2Info");
}

}  // namespace
}  // namespace turbo::rpc
