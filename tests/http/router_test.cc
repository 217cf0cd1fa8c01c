#include "framework/http/router.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

TEST(RouterTest, refuses_malformed_patterns) {
  Router router;
  for (const char* pattern : {"", "a", "*", "/:", "/*", "/:1", "/:a-b", "/*a/b", "//", "/a//b",
                              "/a b", "/a?b", "/a#b", "/\xc3\xa9", "/a*", "/:a/:a", "/:a/*a"}) {
    EXPECT_EQ(router.add(pattern, 1).code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
  EXPECT_EQ(find(router, "/"), "none");
}

TEST(RouterTest, refuses_patterns_that_match_the_same_paths) {
  Router router = router_of({"/", "/a/:x", "/b/*rest"});
  for (const char* pattern : {"/", "/a/:y", "/b/*other"}) {
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
