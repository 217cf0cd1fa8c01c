#include "framework/http/accept_encoding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo::http {
namespace {

AcceptEncoding read(std::string_view field_value) {
  AcceptEncoding accepted;
  accepted.add(field_value);
  return accepted;
}

// Of "br" and "gzip", in this order.
std::string choice(const AcceptEncoding& accepted) {
  static constexpr std::string_view kOffered[] = {"br", "gzip"};
  const std::optional<size_t> chosen = accepted.choose(kOffered);
  return chosen ? std::string(kOffered[*chosen]) : "plain";
}

TEST(AcceptEncodingTest, chooses_by_weight_then_by_the_order_of_the_server) {
  const struct {
    std::string_view field;
    std::string_view chosen;
  } cases[] = {
      {"gzip, deflate, br, zstd", "br"},  // browsers
      {"gzip, deflate", "gzip"},
      {"gzip;q=1.0, br;q=0.9", "gzip"},
      {"gzip;q=0.5, br;q=0.5", "br"},
      {"gzip; q=0.001", "gzip"},
      {"gzip \t;\t q=0.8 ,br ; Q=0.7", "gzip"},
      {"GZip", "gzip"},
      {"x-gzip", "gzip"},
      {"*", "br"},
      {"br;q=0, *", "gzip"},
      {"*;q=0.5, gzip", "gzip"},
      {"*;q=0", "plain"},
      {"gzip;q=0, br;q=0.000", "plain"},
      {"identity", "plain"},
      {"deflate, zstd", "plain"},
      {"identity;q=0.5, gzip;q=0.4", "plain"},
      {"identity;q=0.5, gzip;q=0.5", "gzip"},
      {"identity, *;q=0.1", "plain"},
      {"identity;q=0, gzip;q=0.1", "gzip"},
      {"gzip;q=0, gzip", "plain"},  // the first place counts
      {"", "plain"},
      {" , ,, ", "plain"},
      {",,gzip,,", "gzip"},
      // Not a weight, so not taken.
      {"gzip;q=", "plain"},
      {"gzip;q=1.5", "plain"},
      {"gzip;q=1.001", "plain"},
      {"gzip;q=0.1234", "plain"},
      {"gzip;q=-1", "plain"},
      {"gzip;q=.5", "plain"},
      {"gzip;q=0,5", "plain"},
      {"gzip;q=0.5;q=1", "plain"},
      {"gzip;level=9", "plain"},
      {"gzip;q =1", "plain"},
      {"gz ip", "plain"},
      {"gzip;", "gzip"},
      {"gzip;q=1.", "gzip"},
      {"gzip;q=0.", "plain"},
  };
  for (const auto& each : cases) EXPECT_EQ(choice(read(each.field)), each.chosen) << each.field;
}

TEST(AcceptEncodingTest, without_a_field_nothing_is_compressed) {
  EXPECT_EQ(choice(AcceptEncoding()), "plain");
  EXPECT_EQ(AcceptEncoding().weight("gzip"), 0);
  EXPECT_TRUE(AcceptEncoding().takes_identity());
}

TEST(AcceptEncodingTest, several_fields_are_one_list) {
  AcceptEncoding accepted = read("gzip;q=0.5");
  accepted.add("br;q=0.7");
  EXPECT_EQ(accepted.weight("br"), 700);
  EXPECT_EQ(accepted.weight("gzip"), 500);
}

TEST(AcceptEncodingTest, weights_are_thousandths) {
  EXPECT_EQ(read("br;q=0.123").weight("br"), 123);
  EXPECT_EQ(read("br;q=0.1").weight("br"), 100);
  EXPECT_EQ(read("br;q=0").weight("br"), 0);
  EXPECT_EQ(read("br;q=1.000").weight("br"), 1000);
  EXPECT_EQ(read("br").weight("br"), 1000);
  EXPECT_EQ(read("*;q=0.2").weight("br"), 200);
}

TEST(AcceptEncodingTest, plain_bytes_are_taken_unless_refused) {
  for (const char* takes : {"", "gzip", "identity;q=0.1, *;q=0", "*;q=0.1", "gzip;q=0"}) {
    EXPECT_TRUE(read(takes).takes_identity()) << takes;
  }
  for (const char* refuses : {"identity;q=0", "*;q=0", "gzip, *;q=0"}) {
    EXPECT_FALSE(read(refuses).takes_identity()) << refuses;
  }
}

TEST(AcceptEncodingTest, elements_past_the_limit_are_not_looked_at) {
  std::string field;
  for (size_t i = 1; i < AcceptEncoding::kMaxElements; ++i) field += "x" + std::to_string(i) + ",";
  EXPECT_EQ(choice(read(field + "gzip")), "gzip");
  EXPECT_EQ(choice(read(field + "x, gzip")), "plain");
}

}  // namespace
}  // namespace turbo::http
