#include "framework/web/arguments.h"

#include <gtest/gtest.h>

#include <limits>

#include "framework/http/form_urlencoded.h"
#include "framework/web/http_error.h"

namespace turbo::web {
namespace {

Arguments parse(std::string_view text) {
  http::ParseError error;
  return Arguments(http::parse_url_encoded(text, error).value(), "query argument");
}

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const HTTPError& error) {
    EXPECT_EQ(error.status(), 400);
    return error.message();
  }
  return "nothing was refused";
}

TEST(ArgumentsTest, says_which_of_several_values_it_takes) {
  Arguments arguments = parse("q=1&other=x&q=2&q=3");
  EXPECT_EQ(arguments.first("q"), "1");
  EXPECT_EQ(arguments.last("q"), "3");
  EXPECT_EQ(arguments.all("q"), (std::vector<std::string_view>{"1", "2", "3"}));
  EXPECT_EQ(arguments.get<int>("q"), 3);
  EXPECT_EQ(arguments.first("none"), std::nullopt);
  EXPECT_TRUE(arguments.all("none").empty());
  EXPECT_TRUE(arguments.has("other"));
  EXPECT_EQ(arguments.size(), 4u);
}

TEST(ArgumentsTest, decodes_as_forms_are_encoded) {
  Arguments arguments = parse("na%20me=a+b%2Bc&empty=&bare");
  EXPECT_EQ(arguments.get<std::string>("na me"), "a b+c");
  EXPECT_EQ(arguments.get<std::string_view>("empty"), "");
  EXPECT_EQ(arguments.get<std::string>("bare", "fallback"), "");
}

TEST(ArgumentsTest, reads_numbers_of_every_kind_whole_or_not_at_all) {
  Arguments arguments = parse(
      "i=-7&u=18446744073709551615&l=-9223372036854775808&b=255&big=256&minus=-1&real=-2.5e3"
      "&huge=1e999&nan=nan&inf=inf&text=12x&space=+1&plus=%2B1&hex=0x10&empty=");
  EXPECT_EQ(arguments.get<int>("i"), -7);
  EXPECT_EQ(arguments.get<uint64_t>("u"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(arguments.get<int64_t>("l"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(arguments.get<uint8_t>("b"), 255);
  EXPECT_EQ(arguments.get<double>("real"), -2500.0);
  EXPECT_EQ(arguments.get<float>("real"), -2500.0f);
  EXPECT_EQ(refusal([&] { arguments.get<uint8_t>("big"); }), "query argument 'big': malformed");
  for (const char* name : {"minus", "u", "real", "text", "space", "plus", "hex", "empty"}) {
    const std::string message = "query argument '" + std::string(name) + "': malformed";
    EXPECT_EQ(refusal([&] { arguments.get<uint32_t>(name); }), message);
  }
  for (const char* name : {"huge", "nan", "inf", "text", "hex", "empty"}) {
    EXPECT_NE(refusal([&] { arguments.get<double>(name); }), "nothing was refused") << name;
  }
}

TEST(ArgumentsTest, reads_what_forms_send_for_yes_and_no) {
  Arguments arguments = parse("a=1&b=TRUE&c=on&d=yes&e=0&f=False&g=off&h=no&x=2");
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_TRUE(arguments.get<bool>(name)) << name;
  for (const char* name : {"e", "f", "g", "h"}) EXPECT_FALSE(arguments.get<bool>(name)) << name;
  EXPECT_EQ(refusal([&] { arguments.get<bool>("x"); }), "query argument 'x': malformed");
}

TEST(ArgumentsTest, tells_absent_from_malformed) {
  Arguments arguments = parse("page=x");
  EXPECT_EQ(arguments.get<int>("absent", 5), 5);
  EXPECT_EQ(arguments.find<int>("absent"), std::nullopt);
  EXPECT_EQ(refusal([&] { arguments.get<int>("absent"); }), "query argument 'absent': missing");
  // A fallback is for what was not sent.
  EXPECT_EQ(refusal([&] { arguments.get<int>("page", 5); }), "query argument 'page': malformed");
  EXPECT_EQ(refusal([&] { (void)arguments.find<int>("page"); }),
            "query argument 'page': malformed");
}

TEST(ArgumentsTest, refuses_what_is_no_text) {
  EXPECT_EQ(refusal([] { parse("a=%C0%AE"); }), "query argument 'a': not UTF-8");
  EXPECT_EQ(refusal([] { parse("%FF=1"); }), "the name of a query argument is not UTF-8");
  EXPECT_EQ(parse("a=%C3%A9").get<std::string>("a"), "\u00e9");
}

}  // namespace
}  // namespace turbo::web
