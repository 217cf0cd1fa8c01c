// Templates: what they match and whose value is which part of a path.
#include "framework/rpc/path_template.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace turbo::rpc {
namespace {

// Pattern, verb and variables.
std::string shown(std::string_view text) {
  absl::StatusOr<PathTemplate> parsed = PathTemplate::parse(text);
  if (!parsed.ok()) return "?";
  std::string all = parsed->pattern;
  if (!parsed->verb.empty()) all += " verb " + parsed->verb;
  for (const PathTemplate::Variable& variable : parsed->variables) {
    all += " " + variable.field_path + "=" + std::to_string(variable.first) + "+" +
           std::to_string(variable.count) + (variable.to_end ? "..." : "");
  }
  if (!parsed->pattern_without_rest.empty()) all += " or " + parsed->pattern_without_rest;
  return all;
}

TEST(PathTemplateTest, templates_become_patterns) {
  const struct {
    std::string_view text, pattern;
  } cases[] = {
      {"/", "/"},
      {"/v1/shelves", "/v1/shelves"},
      {"/v1/*/x", "/v1/:p2/x"},
      {"/v1/{shelf}", "/v1/:p2 shelf=1+1"},
      {"/v1/{a.b_c.d}/x/{e}", "/v1/:p2/x/:p4 a.b_c.d=1+1 e=3+1"},
      {"/v1/{name=shelves/*/books/*}", "/v1/shelves/:p3/books/:p5 name=1+4"},
      {"/v1/{name=*}", "/v1/:p2 name=1+1"},
      {"/{name=x}", "/x name=0+1"},
      {"/v1/{path=**}", "/v1/*p2 path=1+0... or /v1"},
      {"/v1/{path=a/*/**}", "/v1/a/:p3/*p4 path=1+2... or /v1/a/:p3"},
      {"/v1/**", "/v1/*p2 or /v1"},
      {"/**", "/*p1"},
      {"/v1/x:go", "/v1/x verb go"},
      {"/v1/{name=a/*}:go", "/v1/a/:p3 verb go name=1+2"},
      {"/v1/{path=**}:go", "/v1/*p2 verb go path=1+0... or /v1"},
      {"/:go", "/ verb go"},
      {"/v1/gr\xc3\xb6\xc3\x9f"
       "e",
       "/v1/gr%C3%B6%C3%9Fe"},
      {"/v1/a%20b", "/v1/a%20b"},
      {"/v1/$rpc/a@b,c;d=e", "?"},
      {"/v1/$rpc/a@b,c;d", "/v1/$rpc/a@b,c;d"},
  };
  for (const auto& each : cases) EXPECT_EQ(shown(each.text), each.pattern) << each.text;
}

TEST(PathTemplateTest, malformed_templates_are_refused) {
  for (const std::string_view text :
       {"",          "v1",         "//",    "/v1/",    "/v1//x",  "/{",          "/{a",
        "/{a=",      "/{a=}",      "/{a=*", "/{a=*/}", "/{a}}",   "/}",          "/{a={b}}",
        "/{a{b}}",   "/{a=b/{c}}", "/***",  "/*x",     "/x*",     "/**/x",       "/{a=**}/x",
        "/{a=**/x}", "/**/**",     "/v1:",  "/v1:a:b", "/v1:a/b", "/v1/{a=b:c}", "/v1/{a}b",
        "/a{b}",     "/v1?x",      "/v1#x", "/v1/%zz", "/a=b"}) {
    EXPECT_EQ(shown(text), "?") << text;
  }
  EXPECT_EQ(PathTemplate::parse("/a/{b").status().message(),
            "the template \"/a/{b\": a variable without its '}'");
}

// The first variable's value.
std::string value_in(std::string_view text, std::string_view path) {
  absl::StatusOr<PathTemplate> parsed = PathTemplate::parse(text);
  if (!parsed.ok() || parsed->variables.empty()) return "no variable";
  return parsed->variables[0].value(path).value_or("?");
}

TEST(PathTemplateTest, values_are_parts_of_the_path) {
  const struct {
    std::string_view text, path, value;
  } cases[] = {
      {"/v1/{a}", "/v1/x", "x"},
      {"/v1/{a}/y", "/v1/x/y", "x"},
      {"/{a}", "/x", "x"},
      {"/v1/{a=s/*}", "/v1/s/x", "s/x"},
      {"/v1/{a=s/*}/y", "/v1/s/x/y", "s/x"},
      {"/v1/{a=**}", "/v1/x/y/", "x/y/"},
      {"/v1/{a=**}", "/v1/", ""},
      {"/v1/{a=**}", "/v1", ""},
      {"/{a=**}", "/", ""},
      {"/v1/{a=s/**}", "/v1/s", "s"},
      {"/v1/{a=s/**}", "/v1/s/x//y", "s/x//y"},
      {"/v1/{a}", "/v1/x%2Fy%20%25%41", "x/y %A"},
      {"/v1/{a=s/*}", "/v1/s/x%2Fy%2fz%20%25%2B", "s/x%2Fy%2fz %+"},
      {"/v1/{a=**}", "/v1/%2F%2f%2", "?"},
      {"/v1/{a=**}", "/v1/%2G", "?"},
      {"/v1/{a=**}", "/v1/%2F", "%2F"},
      {"/v1/{a}", "/v1/%", "?"},
      {"/v1/{a}", "/v1/%zz", "?"},
      {"/v1/{a=s/*}", "/v1/s/%zz", "?"},
      {"/v1/{a}", "/v1/a+b", "a+b"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(value_in(each.text, each.path), each.value) << each.text << " " << each.path;
  }
}

TEST(PathTemplateTest, a_verb_stands_behind_the_last_colon_of_the_last_segment) {
  const struct {
    std::string_view path, bare, verb;
  } cases[] = {
      {"/a:b", "/a", "b"}, {"/a:b:c", "/a:b", "c"}, {"/a:b/c", "/a:b/c", ""}, {"/a", "/a", ""},
      {"/a:", "/a", ""},   {"/", "/", ""},          {"/:b", "/", "b"},        {"", "", ""},
      {"*", "*", ""},
  };
  for (const auto& each : cases) {
    std::string_view bare = each.path;
    EXPECT_EQ(cut_verb(bare), each.verb) << each.path;
    EXPECT_EQ(bare, each.bare) << each.path;
  }
}

}  // namespace
}  // namespace turbo::rpc
