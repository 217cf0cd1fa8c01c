// HTTP requests as messages: rules, paths, queries and bodies.
#include "framework/rpc/transcoding.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/rpc/annotated_method.h"

namespace turbo::rpc {
namespace {

using test::Everything;

google::api::HttpRule rule_of(const std::string& text) {
  google::api::HttpRule rule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &rule)) << text;
  return rule;
}

std::vector<HTTPRule> rules_of(const google::api::HttpRule& rule) {
  return http_rules_of(AnnotatedMethod(rule).get());
}

std::string shown(const std::vector<HTTPRule>& rules) {
  std::string text;
  for (const HTTPRule& rule : rules) {
    text += rule.method + " " + rule.path;
    if (!rule.body.empty()) text += " body " + rule.body;
    if (!rule.response_body.empty()) text += " response " + rule.response_body;
    text += ";";
  }
  return text;
}

TEST(HTTPRuleTest, rules_are_read_from_what_no_code_knows) {
  EXPECT_EQ(shown(rules_of(rule_of("get: '/a'"))), "GET /a;");
  EXPECT_EQ(shown(rules_of(rule_of("put: '/a' body: '*' response_body: 'r'"))),
            "PUT /a body * response r;");
  EXPECT_EQ(shown(rules_of(rule_of("custom { kind: 'LOCK' path: '/l' }"))), "LOCK /l;");
  EXPECT_EQ(shown(rules_of(rule_of(R"(post: '/a' body: 'b'
                                      additional_bindings { delete: '/c' }
                                      additional_bindings {
                                        patch: '/d' body: '*'
                                        additional_bindings { get: '/not/this/deep' }
                                      })"))),
            "POST /a body b;DELETE /c;PATCH /d body *;");
  EXPECT_EQ(shown(rules_of(rule_of(""))), "");
}

TEST(HTTPRuleTest, rules_are_read_from_what_generated_code_knows) {
  const auto* const service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("turbo.test.Library");
  EXPECT_EQ(shown(http_rules_of(*service->FindMethodByName("GetBook"))),
            "GET /v1/{name=shelves/*/books/*};GET /v1/books/{name};");
  EXPECT_EQ(shown(http_rules_of(*service->FindMethodByName("Plain"))), "");
}

// What a request comes to: the message, "?" and why not, or "none".
class Called {
 public:
  explicit Called(const std::string& rule, JSONOptions options = {})
      : method_(rule_of(rule)), options_(options) {
    absl::Status added = transcoding_.add(method_.get(), 7);
    EXPECT_TRUE(added.ok()) << added;
  }

  std::string by(std::string_view method, std::string_view target, const std::string& body = "") {
    const std::string_view path = target.substr(0, target.find('?'));
    const std::optional<Transcoding::Match> match = transcoding_.find(method, path);
    if (!match.has_value()) return "none";
    EXPECT_EQ(match->method, 7U);
    const std::string_view query =
        path.size() == target.size() ? "" : target.substr(path.size() + 1);
    Everything message;
    absl::Status parsed = match->binding->parse({match->path, query, body}, options_, message);
    if (parsed.ok()) return message.ShortDebugString();
    EXPECT_EQ(parsed.code(), absl::StatusCode::kInvalidArgument);
    return "? " + std::string(parsed.message());
  }

 private:
  AnnotatedMethod method_;
  const JSONOptions options_;
  Transcoding transcoding_;
};

TEST(TranscodingTest, a_request_is_told_by_method_path_and_verb) {
  const struct {
    std::string_view rule, method, path, message;
  } cases[] = {
      {"get: '/a'", "GET", "/a", ""},
      {"get: '/a'", "POST", "/a", "none"},
      {"get: '/a'", "GET", "/a/", "none"},
      {"get: '/a'", "GET", "/A", "none"},
      {"get: '/a'", "GET", "/a:x", "none"},
      {"get: '/a:x'", "GET", "/a:x", ""},
      {"get: '/a:x'", "GET", "/a", "none"},
      {"get: '/a:x'", "GET", "/a:y", "none"},
      {"get: '/'", "GET", "/", ""},
      {"get: '/a/{text}'", "GET", "/a/b", "text: \"b\""},
      {"get: '/a/{text}'", "GET", "/a/", "none"},
      {"get: '/a/{text}'", "GET", "/a/b/c", "none"},
      {"get: '/a/{text}'", "GET", "/a/b:c", "text: \"b:c\""},
      {"get: '/a/{text}:c'", "GET", "/a/b:c", "text: \"b\""},
      {"get: '/a/{text}:c'", "GET", "/a/b:d:c", "text: \"b:d\""},
      {"get: '/a/{text=x/*}'", "GET", "/a/x/b", "text: \"x/b\""},
      {"get: '/a/{text=x/*}'", "GET", "/a/y/b", "none"},
      {"get: '/a/{text=**}'", "GET", "/a/x/y", "text: \"x/y\""},
      {"get: '/a/{text=**}'", "GET", "/a", ""},
      {"get: '/a/{text=**}'", "GET", "/ab", "none"},
      {"get: '/a/{text=**}:c'", "GET", "/a/x/y:c", "text: \"x/y\""},
      {"get: '/a/{text=**}:c'", "GET", "/a:c", ""},
      {"get: '/a/{inner.text}/{small}'", "GET", "/a/b/7", "small: 7 inner { text: \"b\" }"},
      {"get: '/a/{small}'", "GET", "/a/x",
       "? a malformed value of the field turbo.test.Everything.small"},
      {"get: '/a/{text}'", "GET", "/a/%zz", "? a malformed '%' in the path"},
      {"get: '/a/{text}'", "GET", "/a/%ff",
       "? a malformed value of the field turbo.test.Everything.text"},
      {"get: '/a/{text}'", "GET", "/a/%C3%A4%2F", "text: \"\\303\\244/\""},
      {"get: '/a/{time}'", "GET", "/a/1970-01-01T00:00:05Z", "time { seconds: 5 }"},
      {"get: '/gr\xc3\xbcn'", "GET", "/gr%C3%BCn", ""},
      {"custom { kind: 'LOCK' path: '/a' }", "LOCK", "/a", ""},
      {"custom { kind: '*' path: '/a/{text}' }", "DELETE", "/a/b", "text: \"b\""},
      {"get: '/a' additional_bindings { put: '/b/{text}' }", "PUT", "/b/c", "text: \"c\""},
      {"get: '/a' additional_bindings { put: '/b/{text}' }", "GET", "/a", ""},
      {"get: '/a/{text}' additional_bindings { get: '/a/b:c' }", "GET", "/a/b:c", ""},
      {"get: '/a/{text}' additional_bindings { get: '/a/b/{text=**}' }", "GET", "/a/b",
       "text: \"b\""},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Called(std::string(each.rule)).by(each.method, each.path), each.message)
        << each.rule << " | " << each.method << " " << each.path;
  }
}

TEST(TranscodingTest, parameters_are_fields) {
  const struct {
    std::string_view query, message;
  } cases[] = {
      {"", ""},
      {"&&", ""},
      {"small=7&text=a+b%21", "text: \"a b!\" small: 7"},
      {"words=a&small=1&words=b&words=", "small: 1 words: \"a\" words: \"b\" words: \"\""},
      {"inner.inner.text=x&inner.small=2", "inner { small: 2 inner { text: \"x\" } }"},
      {"inner.words=x&inner.words=y", "inner { words: \"x\" words: \"y\" }"},
      {"odd_name=x", "odd_name: \"x\""},
      {"%40odd=x", "odd_name: \"x\""},
      {"colours=RED&colours=2", "colours: RED colours: BLUE"},
      {"raw=AP8%3D", "raw: \"\\000\\377\""},
      {"duration=3s&mask=smallTown", "duration { seconds: 3 } mask { paths: \"small_town\" }"},
      {"perhaps=x", "perhaps { value: \"x\" }"},
      {"text", ""},
      {"small=1&small=2", "? a parameter twice: small"},
      {"small=", "? a malformed value of the field turbo.test.Everything.small"},
      {"small=%2", "? a query that is malformed or too long"},
      {"nothing=1", "? no field nothing"},
      {"=1", "? no field "},
      {"inner=1", "? a message, not a value: inner"},
      {"many.text=1", "? no field many.text"},
      {"counts.a=1", "? no field counts.a"},
  };
  for (const auto& each : cases) {
    const std::string message = Called("get: '/a'").by("GET", "/a?" + std::string(each.query));
    EXPECT_EQ(message, each.message) << each.query;
  }
}

TEST(TranscodingTest, what_is_in_the_path_is_no_parameter) {
  Called called("get: '/a/{inner.text}'");
  EXPECT_EQ(called.by("GET", "/a/x?inner.small=1"), "inner { text: \"x\" small: 1 }");
  EXPECT_EQ(called.by("GET", "/a/x?inner.text=y"),
            "? a parameter for what is elsewhere: inner.text");
}

TEST(TranscodingTest, too_many_parameters_are_refused) {
  std::string query = "/a?words=0";
  for (int i = 1; i < 1000; ++i) query += "&words=" + std::to_string(i);
  EXPECT_NE(Called("get: '/a'").by("GET", query).front(), '?');
  EXPECT_EQ(Called("get: '/a'").by("GET", query + "&words=x"),
            "? a query that is malformed or too long");
}

TEST(TranscodingTest, bodies_are_all_of_the_message_or_a_field) {
  const struct {
    std::string_view rule, target, body, message;
  } cases[] = {
      {"post: '/a' body: '*'", "/a", R"({"small": 1})", "small: 1"},
      {"post: '/a' body: '*'", "/a", "", ""},
      {"post: '/a' body: '*'", "/a?small=1", "", "? a parameter for what is elsewhere: small"},
      {"post: '/a' body: '*'", "/a?none=1", "", "? no field none"},
      {"post: '/a/{small}' body: '*'", "/a/1", R"({"small": 2, "text": "x"})",
       "text: \"x\" small: 1"},
      {"post: '/a' body: 'inner'", "/a?small=1", R"({"small": 2})", "small: 1 inner { small: 2 }"},
      {"post: '/a' body: 'inner'", "/a?inner.small=1", "{}",
       "? a parameter for what is elsewhere: inner.small"},
      {"post: '/a/{inner.text}' body: 'inner'", "/a/x", R"({"small": 2, "text": "y"})",
       "inner { text: \"x\" small: 2 }"},
      {"post: '/a' body: 'words'", "/a", R"(["x", "y"])", "words: \"x\" words: \"y\""},
      {"post: '/a' body: 'odd_name'", "/a", R"("x")", "odd_name: \"x\""},
      {"post: '/a' body: 'small'", "/a", R"(1, "text": "x")",
       "? the JSON at byte 2: more than one value"},
      {"post: '/a'", "/a?small=1", "", "small: 1"},
      {"post: '/a'", "/a", "{}", "? a body, where the method takes none"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Called(std::string(each.rule)).by("POST", each.target, std::string(each.body)),
              each.message)
        << each.rule << " | " << each.target << " " << each.body;
  }
  const std::string malformed = Called("post: '/a' body: '*'").by("POST", "/a", "{");
  EXPECT_EQ(malformed, "? the JSON at byte 1: a member begins with its name");
}

TEST(TranscodingTest, what_is_unknown_may_be_ignored) {
  Called called("post: '/a/{text}' body: 'inner' additional_bindings { post: '/all' body: '*' }",
                {.ignore_unknown = true});
  EXPECT_EQ(called.by("POST", "/a/x?nothing=1&small=2&text=y&inner.small=3", R"({"none": 1})"),
            "text: \"x\" small: 2 inner { }");
  EXPECT_EQ(called.by("POST", "/all?small=1", "{}"), "");
}

std::string made(const std::string& rule) {
  const AnnotatedMethod method(rule_of(rule));
  Transcoding transcoding;
  absl::Status added = transcoding.add(method.get(), 0);
  return added.ok() ? "" : std::string(added.message());
}

TEST(TranscodingTest, rules_that_do_not_fit_are_refused) {
  const std::string name = "the HTTP annotation of annotated.Service.Method: ";
  const struct {
    std::string_view rule, why;
  } cases[] = {
      {"body: '*'", "it has no HTTP method"},
      {"get: 'a'", "the template \"a\": a path begins with '/'"},
      {"custom { kind: 'GET' }", "the template \"\": a path begins with '/'"},
      {"get: '/{nothing}'", "no field nothing"},
      {"get: '/{words}'", "a repeated field in a path: words"},
      {"get: '/{inner}'", "a message, not a value: inner"},
      {"get: '/{text}/{text}'", "a field twice: text"},
      {"post: '/{inner.text}' body: 'none'", "no field none"},
      {"post: '/a' body: 'inner.text'", "no field inner.text"},
      {"get: '/a' response_body: 'none'", "no field none"},
      {"get: '/a' additional_bindings { get: '/a' }",
       "route \"/a\" matches the same paths as \"/a\""},
      {"get: '/{text}' additional_bindings { get: '/{left=*}' }",
       "route \"/:p1\" matches the same paths as \"/:p1\""},
      {"get: '/a/{text=b/*}' additional_bindings { get: '/a/b/{left}' }",
       "route \"/a/b/:p3\" matches the same paths as \"/a/b/:p3\""},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(made(std::string(each.rule)), name + std::string(each.why)) << each.rule;
  }
}

TEST(TranscodingTest, replies_are_all_or_a_field) {
  const AnnotatedMethod method(
      rule_of("get: '/a' response_body: 'inner' additional_bindings { get: '/b' }"));
  Transcoding transcoding;
  ASSERT_TRUE(transcoding.add(method.get(), 0).ok());
  Everything reply;
  reply.mutable_inner()->set_small(1);
  EXPECT_EQ(*transcoding.find("GET", "/a")->binding->print(reply, {}), R"({"small":1})");
  EXPECT_EQ(*transcoding.find("GET", "/b")->binding->print(reply, {}), R"({"inner":{"small":1}})");
}

}  // namespace
}  // namespace turbo::rpc
