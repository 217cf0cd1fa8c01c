#include "framework/http/form_urlencoded.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

std::string shown(URLEncodedParser& parser) {
  const std::optional<Parameters> parameters = parser.finish();
  if (!parameters) {
    return std::to_string(parser.error().status) + " " + std::string(parser.error().reason);
  }
  std::string text;
  for (const Parameter& each : *parameters) {
    text.append(each.name).append("=[").append(each.value).append("]");
  }
  return text;
}

// What `text` is read as, after checking that every two-way split, and byte by byte, says the same.
std::string parse(std::string_view text, const URLEncodedLimits& limits = {}) {
  URLEncodedParser whole(limits);
  whole.feed(text);
  const std::string wanted = shown(whole);
  for (size_t cut = 1; cut < text.size(); ++cut) {
    URLEncodedParser parser(limits);
    if (parser.feed(text.substr(0, cut))) parser.feed(text.substr(cut));
    EXPECT_EQ(shown(parser), wanted) << text << " cut at " << cut;
  }
  URLEncodedParser bytewise(limits);
  for (size_t i = 0; i < text.size() && bytewise.feed(text.substr(i, 1)); ++i) {
  }
  EXPECT_EQ(shown(bytewise), wanted) << text;
  return wanted;
}

Parameters parameters(std::string_view text, const URLEncodedLimits& limits = {}) {
  ParseError error;
  std::optional<Parameters> parsed = parse_url_encoded(text, error, limits);
  EXPECT_TRUE(parsed.has_value()) << error.reason;
  return parsed ? std::move(*parsed) : Parameters();
}

TEST(FormURLEncodedTest, reads_pairs_in_order) {
  EXPECT_EQ(parse("a=1&b=2"), "a=[1]b=[2]");
  EXPECT_EQ(parse("b=2&a=1&b=3&a=4"), "b=[2]a=[1]b=[3]a=[4]");
  EXPECT_EQ(parse("a=b=c==&d"), "a=[b=c==]d=[]");
  EXPECT_EQ(parse("a=1;b=2"), "a=[1;b=2]") << "only '&' separates";
}

TEST(FormURLEncodedTest, skips_empty_pairs_but_not_empty_names) {
  EXPECT_EQ(parse(""), "");
  EXPECT_EQ(parse("&&a&&=&&=b&"), "a=[]=[]=[b]");
}

TEST(FormURLEncodedTest, decodes_names_and_values_once) {
  EXPECT_EQ(parse("a+b%3D=c+d%26%2b%25%34%31"), "a b==[c d&+%41]");
  EXPECT_EQ(parse("%00=%C3%a9\xff\r\n"), "\0=[\xc3\xa9\xff\r\n]"s);
  EXPECT_EQ(parse("%61&+&%3d"), "a=[] =[]==[]");
}

TEST(FormURLEncodedTest, refuses_a_percent_without_two_digits) {
  for (const char* text : {"%", "a=%", "a=%4", "a=%4&b", "a=%&", "%g0=1", "a=%4g", "a=%%41",
                           "a=%+1", "a=% 1", "a=%-1"}) {
    EXPECT_EQ(parse(text), "400 a '%' that two hex digits do not follow") << text;
  }
}

TEST(FormURLEncodedTest, keeps_its_limits) {
  URLEncodedLimits limits;
  limits.max_parameters = 2;
  limits.max_name_bytes = 3;
  limits.max_value_bytes = 4;
  limits.max_total_bytes = 10;
  EXPECT_EQ(parse("abc=1234&d=e&&", limits), "abc=[1234]d=[e]");
  EXPECT_EQ(parse("a&b&c", limits), "413 too many parameters");
  EXPECT_EQ(parse("a&b&=", limits), "413 too many parameters");
  EXPECT_EQ(parse("a&b&%", limits), "400 a '%' that two hex digits do not follow");
  EXPECT_EQ(parse("%61bc%64", limits), "413 a parameter's name is too long");
  EXPECT_EQ(parse("a=12345678901", limits), "413 a parameter's value is too long");
  EXPECT_EQ(parse("abc=1234&d=56", limits), "abc=[1234]d=[56]");
  EXPECT_EQ(parse("abc=1234&d=567", limits), "413 the parameters are too large");
  EXPECT_EQ(parse("abc=1234&d=56789", limits), "413 the parameters are too large");
  limits.max_total_bytes = 0;
  EXPECT_EQ(parse("=&=", limits), "=[]=[]");
}

TEST(FormURLEncodedTest, stops_at_a_thousand_parameters_by_default) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + "&";
  EXPECT_EQ(parameters(text).size(), 1000u);
  ParseError error;
  EXPECT_FALSE(parse_url_encoded(text + "x", error).has_value());
  EXPECT_EQ(error.status, 413);
}

TEST(ParametersTest, finds_the_first_the_last_and_all) {
  const Parameters query = parameters("q=1&r=2&q=3&=4&q=5&qq=6");
  EXPECT_EQ(query.first("q"), "1");
  EXPECT_EQ(query.last("q"), "5");
  EXPECT_EQ(query.all("q"), (std::vector<std::string_view>{"1", "3", "5"}));
  EXPECT_EQ(query.first("r"), "2");
  EXPECT_EQ(query.last("r"), "2");
  EXPECT_EQ(query.first(""), "4");
  EXPECT_EQ(query.first("Q"), std::nullopt);
  EXPECT_EQ(query.last("qqq"), std::nullopt);
  EXPECT_TRUE(query.all("x").empty());
  EXPECT_EQ(query[3].value, "4");
}

TEST(ParametersTest, survives_a_move) {
  Parameters short_one = parameters("a=b");
  const Parameters moved = std::move(short_one);
  EXPECT_EQ(moved.first("a"), "b");
  Parameters assigned;
  EXPECT_TRUE(assigned.empty());
  EXPECT_EQ(assigned.first("a"), std::nullopt);
  assigned = parameters("c=" + std::string(1000, 'd'));
  EXPECT_EQ(assigned.first("c")->size(), 1000u);
}

// 40,000 names that are alike but for their ends: minutes if look-ups or the index were quadratic.
TEST(ParametersTest, bears_many_names) {
  URLEncodedLimits limits;
  limits.max_parameters = 40000;
  limits.max_total_bytes = 16 << 20;
  std::string text;
  for (int i = 0; i < 40000; ++i)
    text += "a_rather_long_prefix_" + std::to_string(i % 20000) + "=&";
  const Parameters many = parameters(text, limits);
  ASSERT_EQ(many.size(), 40000u);
  size_t found = 0;
  for (const Parameter& each : many) found += many.first(each.name).has_value() ? 1 : 0;
  EXPECT_EQ(found, many.size());
}

}  // namespace
}  // namespace turbo::http
