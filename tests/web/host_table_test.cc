#include "framework/web/host_table.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::web {
namespace {

HostTable table_of(const std::vector<std::string>& patterns) {
  HostTable table;
  for (size_t i = 0; i < patterns.size(); ++i) {
    EXPECT_TRUE(table.add(patterns[i], static_cast<uint32_t>(i)).ok()) << patterns[i];
  }
  return table;
}

TEST(HostTableTest, finds_the_exact_name_then_the_longest_wildcard) {
  const HostTable table = table_of({"example.com", "*.example.com", "*.api.example.com",
                                    "x.api.example.com", "127.0.0.1", "[::1]", "Upper.Test"});
  const std::vector<std::pair<std::string, int>> cases = {
      {"example.com", 0},
      {"EXAMPLE.com", 0},
      {"example.com:8080", 0},
      {"example.com.", 0},
      {"example.com.:80", 0},
      {"www.example.com", 1},
      {"a.b.example.com", 1},
      {"api.example.com", 1},
      {"y.api.example.com", 2},
      {"z.y.API.example.com:1", 2},
      {"x.api.example.com", 3},
      {"127.0.0.1:80", 4},
      {"[::1]:80", 5},
      {"[::1]", 5},
      {"upper.test", 6},
      {"", -1},
      {".", -1},
      {"com", -1},
      {"notexample.com", -1},
      {".example.com", -1},
      {"example.com..", -1},
      {"[::2]", -1},
      {"[", -1},
      {":80", -1},
      {"other.test", -1},
      {std::string(253, 'a') + ".example.com", -1}};
  for (const auto& [host, number] : cases) {
    EXPECT_EQ(table.find(host), number < 0 ? std::nullopt : std::optional<uint32_t>(number))
        << host;
  }
}

TEST(HostTableTest, names_longer_than_dns_allows_are_in_no_table) {
  const HostTable table = table_of({"*.a"});
  const std::string longest = std::string(HostTable::kMaxBytes - 2, 'x') + ".a";
  EXPECT_TRUE(table.find(longest));
  EXPECT_FALSE(table.find("x" + longest));
}

TEST(HostTableTest, refuses_what_no_host_is_called) {
  HostTable table;
  for (const std::string pattern :
       {"", "*", "*.", ".a", "a.", "a:80", "a/b", "a.*.b", "**.a", "a b", "\xc3\xa4.test", "::1"}) {
    EXPECT_FALSE(table.add(pattern, 0).ok()) << pattern;
  }
  EXPECT_FALSE(table.add(std::string(HostTable::kMaxBytes + 1, 'a'), 0).ok());
}

TEST(HostTableTest, knows_the_patterns_added) {
  const HostTable table = table_of({"a.test", "*.a.test"});
  EXPECT_EQ(table.find_pattern("A.test"), 0u);
  EXPECT_EQ(table.find_pattern("*.a.TEST"), 1u);
  EXPECT_EQ(table.find_pattern("b.a.test"), std::nullopt);
}

}  // namespace
}  // namespace turbo::web
