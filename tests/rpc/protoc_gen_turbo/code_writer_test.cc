#include "framework/rpc/protoc_gen_turbo/code_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::rpc {
namespace {

std::string x(size_t count) { return std::string(count, 'x'); }

std::string listed(std::string_view open, const std::vector<std::string>& items,
                   std::string_view close) {
  CodeWriter code;
  code.list(open, items, close);
  return code.text();
}

std::string commented(std::string_view text) {
  CodeWriter code;
  code.comment(text);
  return code.text();
}

TEST(CodeWriterTest, lines_are_indented_and_empty_ones_are_empty) {
  CodeWriter code;
  code.line("a");
  code.indent();
  code.line("b");
  code.line();
  code.outdent();
  code.line("c");
  EXPECT_EQ(code.text(), "a\n  b\n\nc\n");
}

TEST(CodeWriterTest, a_list_stays_on_its_line_up_to_100_columns) {
  EXPECT_EQ(listed("f(", {"a", x(92)}, ");"), "f(a, " + x(92) + ");\n");
  EXPECT_EQ(listed("f(", {"a", x(93)}, ");"), "f(a, " + x(93) + ");\n");
  EXPECT_EQ(listed("f(", {"a", x(94)}, ");"), "f(a,\n  " + x(94) + ");\n");
}

TEST(CodeWriterTest, what_follows_a_comma_stands_below_the_first_item) {
  EXPECT_EQ(listed("call(", {x(40), x(40), x(40), "b"}, ");"),
            "call(" + x(40) + ", " + x(40) + ",\n     " + x(40) + ", b);\n");
}

TEST(CodeWriterTest, without_room_beside_the_name_the_list_stands_below_it) {
  EXPECT_EQ(listed(x(60) + "(", {x(30), x(40)}, ");"),
            x(60) + "(\n    " + x(30) + ", " + x(40) + ");\n");
}

TEST(CodeWriterTest, an_item_wider_than_a_line_is_broken_at_its_spaces) {
  EXPECT_EQ(listed("f(", {"A<" + x(60) + ", " + x(60) + "> a"}, ");"),
            "f(\n    A<" + x(60) + ",\n        " + x(60) + "> a);\n");
  EXPECT_EQ(listed("f(", {"b", "A<" + x(45) + ", " + x(45) + "> name", "c"}, ");"),
            "f(\n    b,\n    A<" + x(45) + ", " + x(45) + ">\n        name, c);\n");
}

TEST(CodeWriterTest, a_type_without_room_for_the_name_has_a_line_of_its_own) {
  EXPECT_EQ(listed(x(60) + " " + x(60) + "(", {"a"}, ");"), x(60) + "\n" + x(60) + "(a);\n");
}

TEST(CodeWriterTest, a_comment_keeps_its_lines_and_their_indentation) {
  EXPECT_EQ(commented(" one\n\n   two\n"), "// one\n//\n//   two\n");
  EXPECT_EQ(commented("/ three strokes\n"), "/// three strokes\n");
}

TEST(CodeWriterTest, empty_lines_around_a_comment_are_dropped) {
  EXPECT_EQ(commented("\n \n one\n\n"), "// one\n");
  EXPECT_EQ(commented(""), "");
  EXPECT_EQ(commented("\n\n"), "");
}

TEST(CodeWriterTest, text_does_not_touch_the_strokes) {
  EXPECT_EQ(commented("one\n"), "// one\n");
  EXPECT_EQ(commented("\tone\n"), "// \tone\n");
}

TEST(CodeWriterTest, a_long_comment_is_broken_between_words) {
  EXPECT_EQ(commented(" " + x(60) + " " + x(40) + " y\n"),
            "// " + x(60) + "\n// " + x(40) + " y\n");
  EXPECT_EQ(commented(" " + x(97)), "// " + x(97) + "\n");
  EXPECT_EQ(commented(" " + x(98) + " y"), "// " + x(98) + "\n// y\n");
  EXPECT_EQ(commented(" " + x(200)), "// " + x(200) + "\n");
  EXPECT_EQ(commented(" " + x(200) + " y"), "// " + x(200) + "\n// y\n");
  EXPECT_EQ(commented(std::string(200, '/')), "//" + std::string(200, '/') + "\n");
}

// Neither of these is the start of code.
TEST(CodeWriterTest, nothing_gets_out_of_a_comment) {
  EXPECT_EQ(commented(" one\rint two;\n"), "// one int two;\n");
  EXPECT_EQ(commented(" one\fint two;\n"), "// one int two;\n");
  EXPECT_EQ(commented(" one\r\n two\r\n"), "// one\n// two\n");
  EXPECT_EQ(commented(" one \\\n"), "// one \\ //\n");
  EXPECT_EQ(commented(" one \\  \n"), "// one \\ //\n");
  EXPECT_EQ(commented(" " + x(90) + " \\ " + x(10)), "// " + x(90) + " \\ //\n// " + x(10) + "\n");
}

}  // namespace
}  // namespace turbo::rpc
