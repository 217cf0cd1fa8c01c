#include "framework/http/conditional.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo::http {
namespace {

std::string tags_of(std::string_view list) {
  std::string text;
  EntityTagReader reader(list);
  while (const auto tag = reader.next()) {
    text += (tag->weak ? "w:" : "s:") + std::string(tag->opaque) + " ";
  }
  return text;
}

TEST(EntityTagTest, reads_lists) {
  const struct {
    std::string_view list;
    std::string_view expected;
  } cases[] = {
      {R"("xyzzy")", "s:xyzzy "},
      {R"(W/"xyzzy")", "w:xyzzy "},
      {R"("")", "s: "},
      {R"("a", "b" ,W/"c",	"d")", "s:a s:b w:c s:d "},
      {R"(,, "a",,"b",)", "s:a s:b "},
      {R"("a,b", "c")", "s:a,b s:c "},
      {"\"\x80\xff\"", "s:\x80\xff "},
      {R"("a\", "b")", "s:a\\ s:b "},  // a backslash escapes nothing
      {"", ""},
      {"*", ""},
      {"xyzzy", ""},
      {R"(")", ""},
      {R"(W/)", ""},
      {R"(w/"a")", ""},
      {R"(W/ "a")", ""},
      {R"("a b")", ""},
      {R"("a" "b")", ""},
      {R"("a"x, "b")", ""},
      {R"("a", b, "c")", "s:a "},
      {R"("a", "b)", "s:a "},
  };
  for (const auto& each : cases) EXPECT_EQ(tags_of(each.list), each.expected) << each.list;
}

TEST(EntityTagTest, compares_by_the_table_of_the_rfc) {  // RFC 9110 8.8.3.2
  const struct {
    std::string_view a;
    std::string_view b;
    bool strong;
    bool weak;
  } cases[] = {
      {R"(W/"1")", R"(W/"1")", false, true},
      {R"(W/"1")", R"(W/"2")", false, false},
      {R"(W/"1")", R"("1")", false, true},
      {R"("1")", R"("1")", true, true},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(strong_match(*parse_entity_tag(each.a), *parse_entity_tag(each.b)), each.strong);
    EXPECT_EQ(weak_match(*parse_entity_tag(each.a), *parse_entity_tag(each.b)), each.weak);
  }
}

constexpr char kEarlier[] = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr char kSame[] = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr char kLater[] = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr std::chrono::sys_seconds kModified{std::chrono::seconds(784111777)};

RequestHead head_of(Method method, const std::vector<Field>& fields) {
  RequestHead head;
  head.method = method;
  head.fields = fields;
  return head;
}

TEST(PreconditionTest, follows_the_order_of_the_rfc) {  // RFC 9110 13.2.2
  constexpr auto kGo = Precondition::kProceed;
  constexpr auto kNot = Precondition::kNotModified;
  constexpr auto kFail = Precondition::kFailed;
  const struct {
    Method method;
    std::vector<Field> fields;
    Precondition expected;
  } cases[] = {
      {Method::kGet, {}, kGo},
      {Method::kGet, {{"If-Strange", "x"}, {"if", "y"}}, kGo},
      {Method::kGet, {{"If-Match", R"("now")"}}, kGo},
      {Method::kGet, {{"if-match", R"("old", "now")"}}, kGo},
      {Method::kGet, {{"If-Match", "*"}}, kGo},
      {Method::kGet, {{"If-Match", R"("old")"}}, kFail},
      {Method::kGet, {{"If-Match", R"(W/"now")"}}, kFail},
      {Method::kGet, {{"If-Match", ""}}, kFail},
      {Method::kGet, {{"If-Match", R"("old")"}, {"If-Match", R"("now")"}}, kGo},
      {Method::kPut, {{"If-Match", R"("old")"}}, kFail},
      // If-Match stands for If-Unmodified-Since.
      {Method::kGet, {{"If-Match", R"("now")"}, {"If-Unmodified-Since", kEarlier}}, kGo},
      {Method::kGet, {{"If-Unmodified-Since", kEarlier}}, kFail},
      {Method::kGet, {{"If-Unmodified-Since", kSame}}, kGo},
      {Method::kGet, {{"If-Unmodified-Since", kLater}}, kGo},
      {Method::kGet, {{"If-Unmodified-Since", "yesterday"}}, kGo},
      {Method::kGet, {{"If-None-Match", R"("now")"}}, kNot},
      {Method::kHead, {{"If-None-Match", R"(W/"now")"}}, kNot},
      {Method::kGet, {{"If-None-Match", "*"}}, kNot},
      {Method::kPut, {{"If-None-Match", "*"}}, kFail},
      {Method::kGet, {{"If-None-Match", R"("old")"}}, kGo},
      {Method::kGet, {{"If-None-Match", "now"}}, kGo},
      {Method::kGet, {{"IF-NONE-MATCH", R"("old")"}, {"if-none-match", R"("now")"}}, kNot},
      // If-None-Match stands for If-Modified-Since.
      {Method::kGet, {{"If-None-Match", R"("old")"}, {"If-Modified-Since", kLater}}, kGo},
      {Method::kGet, {{"If-None-Match", R"("now")"}, {"If-Modified-Since", kEarlier}}, kNot},
      {Method::kGet, {{"If-Modified-Since", kEarlier}}, kGo},
      {Method::kGet, {{"If-Modified-Since", kSame}}, kNot},
      {Method::kHead, {{"If-Modified-Since", kLater}}, kNot},
      {Method::kGet, {{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, kNot},
      {Method::kGet, {{"If-Modified-Since", "0"}}, kGo},
      {Method::kPost, {{"If-Modified-Since", kLater}}, kGo},
      {Method::kGet, {{"If-Match", R"("old")"}, {"If-None-Match", R"("now")"}}, kFail},
      {Method::kGet, {{"If-Match", R"("now")"}, {"If-None-Match", R"("now")"}}, kNot},
      {Method::kGet, {{"If-Unmodified-Since", kLater}, {"If-Modified-Since", kLater}}, kNot},
  };
  const Validators current{R"("now")", kModified};
  for (size_t i = 0; i < std::size(cases); ++i) {
    const RequestHead head = head_of(cases[i].method, cases[i].fields);
    EXPECT_EQ(evaluate_preconditions(head, current), cases[i].expected) << "case " << i;
  }
}

TEST(PreconditionTest, compares_nothing_with_what_the_server_has_not) {
  const auto evaluate = [](const std::vector<Field>& fields) {
    return evaluate_preconditions(head_of(Method::kGet, fields), {});
  };
  EXPECT_EQ(evaluate({{"If-Match", R"("now")"}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-None-Match", R"("now")"}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-None-Match", "*"}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-Modified-Since", kLater}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", kEarlier}}), Precondition::kProceed);
}

TEST(PreconditionTest, obeys_ranges_of_the_representation_the_client_has) {
  const struct {
    std::string_view if_range;
    std::string_view etag;
    bool applies;
  } cases[] = {
      {R"("now")", R"("now")", true},
      {R"("old")", R"("now")", false},
      {R"(W/"now")", R"(W/"now")", false},
      {R"("now")", R"(W/"now")", false},
      {kSame, R"("now")", true},
      {kEarlier, R"("now")", false},
      {kLater, R"("now")", false},
      {"*", R"("now")", false},
      {"", R"("now")", false},
      {R"("now", "old")", R"("now")", false},
  };
  for (const auto& each : cases) {
    const std::vector<Field> fields = {{"If-Range", each.if_range}};
    EXPECT_EQ(range_applies(head_of(Method::kGet, fields), {each.etag, kModified}), each.applies)
        << each.if_range;
  }
  EXPECT_TRUE(range_applies(head_of(Method::kGet, {}), {}));
  const std::vector<Field> junk = {{"If-Range", "junk"}};
  EXPECT_FALSE(range_applies(head_of(Method::kGet, junk), {}));
}

}  // namespace
}  // namespace turbo::http
