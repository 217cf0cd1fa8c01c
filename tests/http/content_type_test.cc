#include "framework/http/content_type.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

std::string read_type(std::string_view value) {
  const std::optional<ContentType> type = parse_content_type(value);
  if (!type) return "malformed";
  std::string text = type->media_type;
  for (const auto& [name, parameter] : type->parameters) {
    text.append(" ").append(name).append("=[").append(parameter).append("]");
  }
  return text;
}

TEST(ContentTypeTest, reads_types_and_parameters) {
  EXPECT_EQ(read_type("text/html"), "text/html");
  EXPECT_EQ(read_type("Text/HTML;Charset=\"utf-8\""), "text/html charset=[utf-8]");
  EXPECT_EQ(read_type("text/html \t; ;; charset=UTF-8 ; a=b;"), "text/html charset=[UTF-8] a=[b]");
  EXPECT_EQ(read_type("multipart/form-data; boundary=\"a b;c\\\"\\\\\\d\""),
            "multipart/form-data boundary=[a b;c\"\\d]");
  EXPECT_EQ(read_type("image/svg+xml; a=\"\""), "image/svg+xml a=[]");
  EXPECT_TRUE(parse_content_type("a/B")->is("a/b"));
  EXPECT_EQ(parse_content_type("a/b; C=d")->parameter("c"), "d");
  EXPECT_EQ(parse_content_type("a/b; C=d")->parameter("d"), std::nullopt);
}

TEST(ContentTypeTest, refuses_what_is_malformed) {
  for (const std::string& value : {""s,
                                   "text"s,
                                   "text/"s,
                                   "/html"s,
                                   "text /html"s,
                                   "text/ html"s,
                                   " text/html"s,
                                   "text/html x"s,
                                   "text/html,"s,
                                   "text/html; a"s,
                                   "text/html; =b"s,
                                   "text/html; a ="s,
                                   "text/html; a= b"s,
                                   "text/html; a =b"s,
                                   "text/html; a=b c"s,
                                   "text/html; a=\"b"s,
                                   "text/html; a=\"b\\"s,
                                   "text/html; a=\"b\"c"s,
                                   "text/html; a=\"\n\""s,
                                   "text/html; a=\"\\\n\""s,
                                   "text/html; a=\"\0\""s,
                                   "text/html; a=\xc3\xa9"s}) {
    EXPECT_EQ(read_type(value), "malformed") << value;
  }
}

TEST(ContentTypeTest, refuses_a_parameter_that_comes_twice_and_too_many) {
  EXPECT_EQ(read_type("multipart/form-data; boundary=a; Boundary=b"), "malformed");
  std::string many = "a/b";
  for (int i = 0; i < 16; ++i) many += "; p" + std::to_string(i) + "=v";
  EXPECT_NE(read_type(many), "malformed");
  EXPECT_EQ(read_type(many + "; x=y"), "malformed");
}

}  // namespace
}  // namespace turbo::http
