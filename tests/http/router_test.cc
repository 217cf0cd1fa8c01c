#include "framework/http/router.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "framework/http/route_expression.h"

namespace turbo::http {
namespace {

Router router_of(const std::vector<std::string>& patterns) {
  Router router;
  for (size_t i = 0; i < patterns.size(); ++i) {
    const absl::Status status = router.add(patterns[i], static_cast<uint32_t>(i));
    EXPECT_TRUE(status.ok()) << status;
  }
  return router;
}

// "2 name=[value]", or "none".
std::string find(const Router& router, std::string_view path) {
  RouteMatch match;
  if (!router.find(path, match)) return "none";
  std::string text = std::to_string(match.route);
  for (uint32_t i = 0; i < match.parameter_count; ++i) {
    const PathParameter& parameter = match.parameters[i];
    text.append(" ").append(parameter.name).append("=[").append(parameter.value).append("]");
  }
  return text;
}

TEST(RouterTest, finds_literal_paths_exactly) {
  const Router router = router_of({"/", "/a", "/a/b", "/a/"});
  EXPECT_EQ(find(router, "/"), "0");
  EXPECT_EQ(find(router, "/a"), "1");
  EXPECT_EQ(find(router, "/a/b"), "2");
  EXPECT_EQ(find(router, "/a/"), "3");
  for (const char* path :
       {"", "*", "a", "//", "/A", "/b", "/ab", "/a/b/", "/a/b/c", "/a//b", "//a"}) {
    EXPECT_EQ(find(router, path), "none") << path;
  }
}

TEST(RouterTest, a_parameter_is_one_segment_and_not_empty) {
  const Router router = router_of({"/hello/:name", "/:x/:y/z"});
  EXPECT_EQ(find(router, "/hello/bob"), "0 name=[bob]");
  EXPECT_EQ(find(router, "/hello/a%2Fb"), "0 name=[a%2Fb]");
  EXPECT_EQ(find(router, "/hello/"), "none");
  EXPECT_EQ(find(router, "/hello"), "none");
  EXPECT_EQ(find(router, "/hello/a/b"), "none");
  EXPECT_EQ(find(router, "/1/2/z"), "1 x=[1] y=[2]");
  EXPECT_EQ(find(router, "//2/z"), "none");
}

TEST(RouterTest, a_wildcard_is_the_rest_and_may_be_empty) {
  const Router router = router_of({"/files/*path", "/:user/files/*path"});
  EXPECT_EQ(find(router, "/files/a/b/"), "0 path=[a/b/]");
  EXPECT_EQ(find(router, "/files/"), "0 path=[]");
  EXPECT_EQ(find(router, "/files//x"), "0 path=[/x]");
  EXPECT_EQ(find(router, "/files"), "none");
  EXPECT_EQ(find(router, "/bob/files/x"), "1 user=[bob] path=[x]");
}

TEST(RouterTest, the_more_particular_branch_wins_in_either_order) {
  const std::vector<std::string> patterns = {"/a/b", "/a/:x", "/a/*rest", "/:y/b", "/*all"};
  const std::vector<std::string> reversed(patterns.rbegin(), patterns.rend());
  const Router forward = router_of(patterns);
  const Router backward = router_of(reversed);
  const std::vector<std::pair<const char*, int>> cases = {{"/a/b", 0}, {"/a/c", 1}, {"/a/b/c", 2},
                                                          {"/a/", 2},  {"/c/b", 3}, {"/a", 4},
                                                          {"/c/d", 4}, {"/", 4}};
  for (const auto& [path, route] : cases) {
    EXPECT_EQ(std::stoi(find(forward, path)), route) << path;
    EXPECT_EQ(std::stoi(find(backward, path)), 4 - route) << path;
  }
}

TEST(RouterTest, steps_back_from_a_literal_that_leads_nowhere) {
  const Router router = router_of({"/a/b/c", "/:x/b/d", "/a/:y/e", "/*rest"});
  EXPECT_EQ(find(router, "/a/b/d"), "1 x=[a]");
  EXPECT_EQ(find(router, "/a/b/e"), "2 y=[b]");
  EXPECT_EQ(find(router, "/a/b/f"), "3 rest=[a/b/f]");
}

TEST(RouterTest, names_belong_to_the_pattern) {
  const Router router = router_of({"/:a/x", "/:b/y"});
  EXPECT_EQ(find(router, "/1/x"), "0 a=[1]");
  EXPECT_EQ(find(router, "/1/y"), "1 b=[1]");
}

TEST(RouterTest, an_expression_constrains_the_whole_of_a_decoded_segment) {
  const Router router = router_of({"/u/:id([0-9]+)", "/f/:name([^./]+)/x", "/w/*js(.*\\.js|)"});
  EXPECT_EQ(find(router, "/u/42"), "0 id=[42]");
  EXPECT_EQ(find(router, "/u/4%32"), "0 id=[4%32]");
  for (const char* path :
       {"/u/", "/u/a", "/u/4a", "/u/a4", "/u/4/", "/u/4%", "/u/4%3", "/u/%0a4", "/u/4%0A", "/u/%00",
        "/f/a.b/x", "/f/a%2Eb/x", "/f/a%2fb/x", "/f//x", "/f/%ff/x", "/w/a.j", "/w/a.js/b", "/w"}) {
    EXPECT_EQ(find(router, path), "none") << path;
  }
  EXPECT_EQ(find(router, "/f/a%20b/x"), "1 name=[a%20b]");
  EXPECT_EQ(find(router, "/w/a/b.js"), "2 js=[a/b.js]");
  EXPECT_EQ(find(router, "/w/a%2fb.j%73"), "2 js=[a%2fb.j%73]");
  EXPECT_EQ(find(router, "/w/"), "2 js=[]");
}

TEST(RouterTest, an_expression_may_hold_parentheses_and_slashes) {
  const Router router = router_of({"/a/:x((b|c)+)/d", "/b/:x([()\\]/]+\\)\\()",
                                   "/c/:x([[:digit:])]+)", "/d/:x([])]+)", "/e/:x([^])]+)"});
  EXPECT_EQ(find(router, "/a/bcb/d"), "0 x=[bcb]");
  EXPECT_EQ(find(router, "/b/(]))("), "1 x=[(]))(]");
  EXPECT_EQ(find(router, "/c/1)2"), "2 x=[1)2]");
  EXPECT_EQ(find(router, "/d/])"), "3 x=[])]");
  EXPECT_EQ(find(router, "/e/ab"), "4 x=[ab]");
}

TEST(RouterTest, constrained_parameters_come_behind_literals_and_before_others) {
  const std::vector<std::string> patterns = {"/a/new", "/a/:id([0-9]+)", "/a/:any",
                                             "/a/*js(.*\\.js)", "/a/*rest"};
  const std::vector<std::string> reversed(patterns.rbegin(), patterns.rend());
  const Router forward = router_of(patterns);
  const Router backward = router_of(reversed);
  const std::vector<std::pair<const char*, int>> cases = {
      {"/a/new", 0}, {"/a/7", 1}, {"/a/x.js", 2}, {"/a/b/x.js", 3}, {"/a/b/x", 4}, {"/a/", 4}};
  for (const auto& [path, route] : cases) {
    EXPECT_EQ(std::stoi(find(forward, path)), route) << path;
    EXPECT_EQ(std::stoi(find(backward, path)), 4 - route) << path;
  }
}

TEST(RouterTest, the_expression_added_first_is_tried_first) {
  const Router router = router_of({"/:a([0-9]+)/x", "/:b([0-9a-f]+)/x", "/:c([0-9a-f]+)/y"});
  EXPECT_EQ(find(router, "/12/x"), "0 a=[12]");
  EXPECT_EQ(find(router, "/1f/x"), "1 b=[1f]");
  EXPECT_EQ(find(router, "/12/y"), "2 c=[12]") << "steps back from the first";
  EXPECT_EQ(find(router, "/12/z"), "none");
}

TEST(RouterTest, refuses_what_is_no_expression_and_says_why) {
  Router router;
  for (const char* pattern : {"/:a(", "/:a()", "/:a([0-9]", "/:a([)", "/:a(x)y", "/:a(x)(y)",
                              "/:(x)", "/:a(*)", "/:a((?=x)x)", "/:a(x)/:a(y)", "/*a(x)/b",
                              "/:a(\\1)", "/:a(((((x{100}){100}){100}){100}))"}) {
    EXPECT_EQ(router.add(pattern, 1).code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
  EXPECT_NE(router.add("/:a(x**)", 1).message().find("bad repetition"), absl::string_view::npos);
  const std::string longest(RouteExpression::kMaxBytes, 'x');
  EXPECT_TRUE(router.add("/:a(" + longest + ")", 1).ok());
  EXPECT_FALSE(router.add("/:a(" + longest + "x)", 1).ok());
  EXPECT_EQ(find(router, "/" + longest), "1 a=[" + longest + "]");
}

TEST(RouterTest, limits_the_expressions_at_one_place) {
  for (const std::string kind : {":", "*"}) {
    Router router;
    for (size_t i = 0; i < Router::kMaxExpressions; ++i) {
      ASSERT_TRUE(router.add("/" + kind + "a(x" + std::to_string(i) + ")", 0).ok());
    }
    EXPECT_FALSE(router.add("/" + kind + "a(y)", 0).ok());
    EXPECT_TRUE(router.add("/b/" + kind + "a(y)", 0).ok());
  }
}

TEST(RouterTest, limits_the_value_an_expression_sees) {
  const Router router = router_of({"/:a(x*)"});
  const std::string longest(RouteExpression::kMaxValueBytes, 'x');
  std::string encoded;
  for (size_t i = 0; i < longest.size(); ++i) encoded += "%78";
  EXPECT_NE(find(router, "/" + longest), "none");
  EXPECT_NE(find(router, "/" + encoded), "none");
  EXPECT_EQ(find(router, "/" + longest + "x"), "none");
  EXPECT_EQ(find(router, "/" + encoded + "x"), "none");
}

TEST(RouterTest, makes_urls_of_names) {
  Router router;
  for (const char* pattern : {"/", "/a%20b/", "/users/:id([0-9]+)", "/u/:a/x/:b", "/files/*path"}) {
    ASSERT_TRUE(router.set_name(pattern, pattern).ok());
  }
  const auto url = [&router](std::string_view name, std::vector<PathArgument> arguments) {
    absl::StatusOr<std::string> url = router.url_for(name, arguments);
    return url.ok() ? *url : "error";
  };
  EXPECT_EQ(url("/", {}), "/");
  EXPECT_EQ(url("/a%20b/", {}), "/a%20b/");
  EXPECT_EQ(url("/users/:id([0-9]+)", {{"id", "5"}}), "/users/5");
  EXPECT_EQ(url("/u/:a/x/:b", {{"b", "/?#%"}, {"a", "\xc3\xa4 \r\n\\"}}),
            "/u/%C3%A4%20%0D%0A%5C/x/%2F%3F%23%25");
  EXPECT_EQ(url("/files/*path", {{"path", "a/b c"}}), "/files/a/b%20c");
  EXPECT_EQ(url("/files/*path", {{"path", ""}}), "/files/");
}

TEST(RouterTest, makes_no_url_of_arguments_that_do_not_fit) {
  Router router;
  ASSERT_TRUE(router.set_name("user", "/users/:id([0-9]+)").ok());
  ASSERT_TRUE(router.set_name("pair", "/:a/:b").ok());
  ASSERT_TRUE(router.set_name("all", "/*path").ok());
  const auto code = [&router](std::string_view name, std::vector<PathArgument> arguments) {
    return router.url_for(name, arguments).status().code();
  };
  EXPECT_EQ(code("nobody", {}), absl::StatusCode::kNotFound);
  const std::vector<std::pair<const char*, std::vector<PathArgument>>> cases = {
      {"user", {}},
      {"user", {{"id", "a"}}},
      {"user", {{"id", ""}}},
      {"user", {{"id", "5"}, {"x", "1"}}},
      {"user", {{"id", "5"}, {"id", "5"}}},
      {"user", {{"x", "5"}}},
      {"pair", {{"a", "1"}, {"b", ".."}}},
      {"pair", {{"a", "."}, {"b", "1"}}},
      {"all", {{"path", "/evil.com"}}},
      {"all", {{"path", "a/../b"}}},
      {"all", {{"path", ".."}}}};
  for (const auto& [name, arguments] : cases) {
    EXPECT_EQ(code(name, arguments), absl::StatusCode::kInvalidArgument) << name;
  }
  const std::array<PathArgument, 2> surplus{{{"id", "5"}, {"x", "1"}}};
  EXPECT_NE(router.url_for("user", surplus).status().message().find("x is unknown"),
            absl::string_view::npos);
}

TEST(RouterTest, a_name_has_one_pattern) {
  Router router;
  EXPECT_TRUE(router.set_name("a", "/a").ok());
  EXPECT_TRUE(router.set_name("a", "/a").ok());
  EXPECT_TRUE(router.set_name("b", "/a").ok());
  EXPECT_EQ(router.set_name("a", "/b").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(router.set_name("", "/a").ok());
  EXPECT_FALSE(router.set_name("c", "/:a(*)").ok());
}

TEST(RouterTest, refuses_malformed_patterns) {
  Router router;
  for (const char* pattern : {"", "a", "*", "/:", "/*", "/:1", "/:a-b", "/*a/b", "//", "/a//b",
                              "/a b", "/a?b", "/a#b", "/\xc3\xa9", "/a*", "/:a/:a", "/:a/*a"}) {
    EXPECT_EQ(router.add(pattern, 1).code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
  EXPECT_EQ(find(router, "/"), "none");
}

TEST(RouterTest, refuses_patterns_that_match_the_same_paths) {
  Router router =
      router_of({"/", "/a/:x", "/b/*rest", "/c/:x([0-9]+)", "/d/*rest(a*)", "/e/:x(a)/f"});
  for (const char* pattern :
       {"/", "/a/:y", "/b/*other", "/c/:y([0-9]+)", "/d/*other(a*)", "/e/:y(a)/f"}) {
    const absl::Status status = router.add(pattern, 9);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << pattern;
  }
  EXPECT_NE(std::string(router.add("/a/:y", 9).message()).find("\"/a/:x\""), std::string::npos)
      << "the message names the other pattern";
  EXPECT_EQ(find(router, "/a/1"), "1 x=[1]");
}

TEST(RouterTest, limits_the_parameters_of_a_pattern) {
  const auto pattern = [](size_t parameters) {
    std::string text;
    for (size_t i = 0; i < parameters; ++i) text += "/:p" + std::to_string(i);
    return text;
  };
  for (const size_t count : {RouteMatch::kMaxParameters - 1, RouteMatch::kMaxParameters}) {
    const Router router = router_of({pattern(count)});
    std::string path;
    for (size_t i = 0; i < count; ++i) path += "/v";
    RouteMatch match;
    ASSERT_TRUE(router.find(path, match));
    EXPECT_EQ(match.parameter_count, count);
  }
  Router router;
  EXPECT_EQ(router.add(pattern(RouteMatch::kMaxParameters + 1), 0).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RouterTest, finds_each_of_ten_thousand_routes) {
  Router router;
  for (uint32_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE(router.add("/route" + std::to_string(i) + "/:x", i).ok());
  }
  for (uint32_t i = 0; i < 10000; ++i) {
    ASSERT_EQ(find(router, "/route" + std::to_string(i) + "/v"), std::to_string(i) + " x=[v]");
  }
  EXPECT_EQ(find(router, "/route10000/v"), "none");
}

TEST(RouterTest, a_path_of_many_slashes_is_only_walked_as_deep_as_the_routes) {
  const Router router = router_of({"/a/b"});
  EXPECT_EQ(find(router, std::string(100000, '/')), "none");
}

}  // namespace
}  // namespace turbo::http
