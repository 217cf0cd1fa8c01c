// Messages from JSON.
#include "framework/rpc/json_parser.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/rpc/library.pb.h"

namespace turbo::rpc {
namespace {

using test::Everything;

template <class Type = Everything>
std::string parsed(std::string_view text, const JSONOptions& options = {}) {
  Type message;
  absl::Status status = parse_json(text, message, options);
  if (status.ok()) return message.ShortDebugString();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return "?";
}

TEST(JSONParserTest, values_are_those_of_their_fields) {
  const struct {
    std::string_view text, message;
  } cases[] = {
      {R"({})", ""},
      {" \t\r\n{ } ", ""},
      {R"({"text": "ä\u00e4\"\\\/\b\f\n\r\t\ud83d\ude00"})",
       R"(text: "\303\244\303\244\"\\/\010\014\n\r\t\360\237\230\200")"},
      {R"({"raw": "AP8="})", R"(raw: "\000\377")"},
      {R"({"raw": "-_-_"})", R"(raw: "\373\377\277")"},
      {R"({"flag": true})", "flag: true"},
      {R"({"flag": false})", ""},
      {R"({"small": -7, "large": "7", "count": 1e3, "id": 18446744073709551615})",
       "small: -7 large: 7 count: 1000 id: 18446744073709551615"},
      {R"({"small": 1.0, "large": -9223372036854775808})", "small: 1 large: -9223372036854775808"},
      {R"({"ratio": 1.5, "precise": "NaN"})", "ratio: 1.5 precise: nan"},
      {R"({"ratio": "1.5", "precise": -Infinity})", "?"},
      {R"({"precise": "-Infinity"})", "precise: -inf"},
      {R"({"precise": 1e-400})", ""},
      {R"({"colour": "RED"})", "colour: RED"},
      {R"({"colour": 2})", "colour: BLUE"},
      {R"({"colour": 7})", "colour: 7"},
      {R"({"words": ["a", "b"], "numbers": [], "colours": ["RED", 2]})",
       R"(words: "a" words: "b" colours: RED colours: BLUE)"},
      {R"({"inner": {"inner": {}}})", "inner { inner { } }"},
      {R"({"many": [{"small": 1}, {}]})", "many { small: 1 } many { }"},
      {R"({"counts": {"k": 1}})", R"(counts { key: "k" value: 1 })"},
      {R"({"time": "1970-01-01T00:00:05Z", "duration": "1.5s", "mask": "a,bC.d"})",
       R"(time { seconds: 5 } duration { seconds: 1 nanos: 500000000 } )"
       R"(mask { paths: "a" paths: "b_c.d" })"},
      {R"({"maybe": "7", "perhaps": ""})", R"(maybe { value: 7 } perhaps { })"},
      {R"({"maybe": 7})", "maybe { value: 7 }"},
      {R"({"free": {"a": [1, null, {"b": "c"}, true]}})",
       R"(free { fields { key: "a" value { list_value { values { number_value: 1 } )"
       R"(values { null_value: NULL_VALUE } values { struct_value { fields { key: "b" )"
       R"(value { string_value: "c" } } } } values { bool_value: true } } } } })"},
      {R"({"@odd": "x"})", R"(odd_name: "x")"},
      {R"({"odd_name": "x"})", R"(odd_name: "x")"},
      {R"({"text": null, "inner": null, "words": null, "counts": null, "maybe": null})", ""},
      {R"({"left": null, "right": 0})", "right: 0"},
  };
  for (const auto& each : cases) EXPECT_EQ(parsed(each.text), each.message) << each.text;
}

TEST(JSONParserTest, what_is_no_json_or_no_such_value_is_refused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[]",
                                      "1",
                                      "\"x\"",
                                      "null",
                                      "{} {}",
                                      "{},",
                                      "{]",
                                      R"({"text"})",
                                      R"({"text":})",
                                      R"({"text" "a"})",
                                      R"({"text": "a",})",
                                      R"({,"text": "a"})",
                                      R"({"text": "a" "raw": ""})",
                                      R"({text: "a"})",
                                      R"({'text': "a"})",
                                      R"({"text": 'a'})",
                                      R"({"text": "a)",
                                      "{\"text\": \"\n\"}",
                                      "{\"text\": \"\xff\"}",
                                      R"({"text": "\x"})",
                                      R"({"text": "\u12"})",
                                      R"({"text": "\u+123"})",
                                      R"({"text": "\ud800"})",
                                      R"({"text": "\ud800\u0041"})",
                                      R"({"text": "\udc00"})",
                                      R"({"text": "\)",
                                      R"({"text": 1})",
                                      R"({"text": true})",
                                      R"({"text": ["a"]})",
                                      R"({"text": {}})",
                                      R"({"raw": "A"})",
                                      R"({"flag": "true"})",
                                      R"({"flag": 1})",
                                      R"({"flag": truex})",
                                      R"({"flag": True})",
                                      R"({"small": "x"})",
                                      R"({"small": ""})",
                                      R"({"small": 2147483648})",
                                      R"({"small": 1.5})",
                                      R"({"small": 1e99})",
                                      R"({"small": 01})",
                                      R"({"small": 1.})",
                                      R"({"small": .1})",
                                      R"({"small": +1})",
                                      R"({"small": 1e})",
                                      R"({"small": -})",
                                      R"({"small": 0x1})",
                                      R"({"small": true})",
                                      R"({"count": -1})",
                                      R"({"ratio": 1e39})",
                                      R"({"ratio": "inf"})",
                                      R"({"precise": 1e999})",
                                      R"({"precise": NaN})",
                                      R"({"colour": "PINK"})",
                                      R"({"colour": 1.5})",
                                      R"({"words": "a"})",
                                      R"({"words": ["a",]})",
                                      R"({"words": [,]})",
                                      R"({"words": ["a" "b"]})",
                                      R"({"words": [null]})",
                                      R"({"words": ["a"})",
                                      R"({"inner": []})",
                                      R"({"inner": 1})",
                                      R"({"many": {}})",
                                      R"({"counts": []})",
                                      R"({"counts": {"a": "x"}})",
                                      R"({"counts": {"a": null}})",
                                      R"({"time": 5})",
                                      R"({"time": "now"})",
                                      R"({"time": {"seconds": 5}})",
                                      R"({"mask": ["a"]})",
                                      R"({"maybe": {"value": 7}})",
                                      R"({"free": []})",
                                      R"({"free": {"a": 1e999}})",
                                      R"({"nothing": 1})",
                                      R"({"Text": "a"})",
                                      R"({"text": "a", "text": "b"})",
                                      R"({"odd_name": "a", "@odd": "b"})",
                                      R"({"left": "a", "right": 1})",
                                      "{\"text\": \"a\"}x"}) {
    EXPECT_EQ(parsed(text), "?") << text;
  }
}

TEST(JSONParserTest, an_error_says_where_and_what) {
  Everything message;
  const auto why = [&message](std::string_view text) {
    return std::string(parse_json(text, message, {}).message());
  };
  EXPECT_EQ(why(R"({"none": 1})"), "the JSON at byte 10: an unknown field");
  EXPECT_EQ(why(R"({"small": x})"), "the JSON at byte 10: no JSON");
  EXPECT_EQ(why("{} {"), "the JSON at byte 4: more than one value");
}

TEST(JSONParserTest, what_is_unknown_may_be_ignored) {
  const JSONOptions ignoring{.ignore_unknown = true};
  EXPECT_EQ(
      parsed(R"({"x": {"y": [1, "a", {"z": null}, true]}, "small": 2, "w": -1.5e3})", ignoring),
      "small: 2");
  EXPECT_EQ(parsed(R"({"colour": "PINK", "colours": ["PINK", "RED"]})", ignoring), "colours: RED");
  EXPECT_EQ(parsed(R"({"x": {"y": [1, "a" ]}, "small"})", ignoring), "?");
  EXPECT_EQ(parsed(R"({"x": })", ignoring), "?");
  EXPECT_EQ(parsed(R"({"x": [1 2]})", ignoring), "?");
}

std::string nested(size_t levels, std::string_view open, std::string_view inside,
                   std::string_view close) {
  std::string text;
  for (size_t i = 0; i < levels; ++i) text += open;
  text += inside;
  for (size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(JSONParserTest, nesting_is_bounded) {
  EXPECT_NE(parsed(nested(kMaxJSONNesting - 1, R"({"inner":)", "{}", "}")), "?");
  EXPECT_EQ(parsed(nested(kMaxJSONNesting, R"({"inner":)", "{}", "}")), "?");
  EXPECT_EQ(parsed(nested(100'000, R"({"inner":)", "", "")), "?");
  EXPECT_EQ(parsed(nested(100'000, "[", "", "")), "?");
  EXPECT_EQ(parsed(R"({"free": {"a":)" + nested(100'000, "[", "", "")), "?");
  EXPECT_EQ(parsed(R"({"none":)" + nested(100'000, "[", "", ""), {.ignore_unknown = true}), "?");
}

TEST(JSONParserTest, an_any_has_a_type_of_the_program) {
  using google::protobuf::Any;
  const auto unpacked = [](std::string_view text) -> std::string {
    Any any;
    if (!parse_json(text, any, {}).ok()) return "?";
    test::Author author;
    google::protobuf::Struct object;
    if (any.UnpackTo(&author)) return author.ShortDebugString();
    if (any.UnpackTo(&object)) return object.ShortDebugString();
    return any.ShortDebugString();
  };
  constexpr std::string_view kAuthor = R"("@type": "type.googleapis.com/turbo.test.Author")";
  constexpr std::string_view kStruct = R"("@type": "type.googleapis.com/google.protobuf.Struct")";
  const auto object = [](std::initializer_list<std::string_view> members) {
    std::string text;
    for (const std::string_view member : members) {
      text.append(text.empty() ? "{" : ", ").append(member);
    }
    return text + "}";
  };
  EXPECT_EQ(unpacked(object({kAuthor, R"("name": "x")"})), R"(name: "x")");
  EXPECT_EQ(unpacked(object({R"("name": "x")", kAuthor, R"("birthYear": 3)"})),
            R"(name: "x" birth_year: 3)");
  EXPECT_EQ(unpacked(object({R"("value": {"a": 1})", kStruct})),
            R"(fields { key: "a" value { number_value: 1 } })");
  EXPECT_EQ(unpacked("{}"), "");
  EXPECT_EQ(unpacked(object({kAuthor, kAuthor})), "?");
  EXPECT_EQ(unpacked(object({kAuthor, R"("none": 1)"})), "?");
  EXPECT_EQ(unpacked(object({kStruct, R"("a": 1)"})), "?");
  EXPECT_EQ(unpacked(object({kStruct, R"("value": {})", R"("value": {})"})), "?");
  EXPECT_EQ(unpacked(R"({"name": "x"})"), "?");
  EXPECT_EQ(unpacked(R"({"@type": "turbo.test.Author"})"), "?");
  EXPECT_EQ(unpacked(R"({"@type": "type.googleapis.com/turbo.test.None"})"), "?");
  EXPECT_EQ(unpacked(R"({"@type": 1})"), "?");
  EXPECT_EQ(unpacked("[]"), "?");
  const std::string close = R"(, "@type": "type.googleapis.com/google.protobuf.Any"})";
  EXPECT_NE(parsed<Any>(nested(kMaxAnyNesting - 1, R"({"value": )", object({kAuthor}), close)),
            "?");
  EXPECT_EQ(parsed<Any>(nested(kMaxAnyNesting, R"({"value": )", object({kAuthor}), close)), "?");
}

TEST(JSONParserTest, a_text_of_any_form_may_be_a_whole_message) {
  EXPECT_EQ(parsed<google::protobuf::Value>("[1]"), "list_value { values { number_value: 1 } }");
  EXPECT_EQ(parsed<google::protobuf::Value>("null"), "null_value: NULL_VALUE");
  EXPECT_EQ(parsed<google::protobuf::ListValue>(R"(["a"])"), R"(values { string_value: "a" })");
  EXPECT_EQ(parsed<google::protobuf::Int64Value>(R"("7")"), "value: 7");
}

TEST(JSONParserTest, one_field_is_read_from_a_text) {
  const auto read = [](const char* name, std::string_view text) {
    Everything message;
    const auto& field = *Everything::descriptor()->FindFieldByName(name);
    absl::Status status = parse_field_json(text, message, field, {});
    return status.ok() ? message.ShortDebugString() : "?";
  };
  EXPECT_EQ(read("inner", R"({"small": 1})"), "inner { small: 1 }");
  EXPECT_EQ(read("inner", "null"), "");
  EXPECT_EQ(read("words", R"(["a", "b"])"), R"(words: "a" words: "b")");
  EXPECT_EQ(read("odd_name", R"("x")"), R"(odd_name: "x")");
  EXPECT_EQ(read("counts", R"({"a": 1})"), R"(counts { key: "a" value: 1 })");
  EXPECT_EQ(read("time", R"("1970-01-01T00:00:05Z")"), "time { seconds: 5 }");
  for (const char* text : {"1} {", R"(1, "text": "x")", "", "1 2", "{"}) {
    EXPECT_EQ(read("small", text), "?") << text;
  }
}

// What makes protobuf's own reader give out: it would be half a gigabyte.
TEST(JSONParserTest, a_field_mask_is_no_larger_than_its_text) {
  std::string mask = std::string(30'000, 'a') + "(";
  while (mask.size() < 60'000) mask += "b,";
  Everything message;
  const std::string text = "{\"mask\": \"" + mask + "c)\"}";
  const absl::Status status = parse_json(text, message, {});
  EXPECT_LE(message.ByteSizeLong(), 200'000U) << status;
}

}  // namespace
}  // namespace turbo::rpc
