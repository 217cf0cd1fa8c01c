#include "framework/dns/hosts_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace turbo {
namespace {

std::string label(size_t size) { return std::string(size, 'a'); }

TEST(HostNameTest, names_are_labels_of_letters_digits_hyphen_and_underscore) {
  for (const char* name : {"a", "a.", "a.b", "A-b_c.D", "xn--caf-dma.test", "1a.2b", "3com.com"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const char* name : {"", ".", "..", ".a", "a..", "a..b", "a b", "a/b", "a:b", "a%", "1.2.3.4",
                           "a.1", "12", "caf\xc3\xa9", "a\n"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
}

TEST(HostNameTest, a_label_has_at_most_63_bytes) {
  EXPECT_TRUE(is_host_name(label(62)));
  EXPECT_TRUE(is_host_name(label(63)));
  EXPECT_FALSE(is_host_name(label(64)));
  EXPECT_FALSE(is_host_name("x." + label(64) + ".x"));
}

TEST(HostNameTest, a_name_has_at_most_253_bytes_and_one_dot_at_the_end) {
  const std::string base = label(63) + "." + label(63) + "." + label(63) + ".";  // 192
  EXPECT_TRUE(is_host_name(base + label(60)));                                   // 252
  EXPECT_TRUE(is_host_name(base + label(61)));                                   // 253
  EXPECT_TRUE(is_host_name(base + label(61) + "."));
  EXPECT_FALSE(is_host_name(base + label(62)));  // 254
}

TEST(HostNameTest, localhost_is_a_whole_label_at_the_end) {
  for (const char* name : {"localhost", "LOCALHOST.", "a.b.localhost"}) {
    EXPECT_TRUE(is_localhost(name)) << name;
  }
  for (const char* name : {"notlocalhost", "localhost.com", "local", "", "localhost.."}) {
    EXPECT_FALSE(is_localhost(name)) << name;
  }
}

TEST(HostsTest, a_line_names_one_address_and_many_names) {
  const Hosts hosts = parse_hosts(
      "# comment\n"
      "127.0.0.1\tlocalhost\n"
      "  192.0.2.1   one.test ONE other. # tail\r\n"
      "2001:db8::1 one.test\n"
      "192.0.2.1 one.test\n");
  ASSERT_EQ(hosts.count("one.test"), 1u);
  ASSERT_EQ(hosts.at("one.test").size(), 2u);
  EXPECT_EQ(hosts.at("one.test")[0].host(), "192.0.2.1");
  EXPECT_EQ(hosts.at("one.test")[1].host(), "2001:db8::1");
  EXPECT_EQ(hosts.at("one").size(), 1u);
  EXPECT_EQ(hosts.at("other").size(), 1u);
  EXPECT_EQ(hosts.count("tail"), 0u);
}

TEST(HostsTest, lines_that_make_no_sense_are_skipped) {
  const Hosts hosts = parse_hosts("nonsense here\n1.2.3 short\n\n\n192.0.2.1\n192.0.2.2 b@d ok");
  EXPECT_EQ(hosts.size(), 1u);
  EXPECT_EQ(hosts.count("ok"), 1u);
}

TEST(HostsTest, every_cut_of_a_file_is_read_without_harm) {
  const std::string text = "192.0.2.1 a.test b #c\n\n2001:db8::1%lo d\r\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    EXPECT_LE(parse_hosts(text.substr(0, size)).size(), 3u);
  }
}

TEST(HostsFileTest, only_the_first_mebibyte_is_read) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "hosts_limit";
  const std::string line = "192.0.2.1 last\n";
  const auto write = [&](size_t size) {
    std::ofstream(path) << std::string(size - line.size(), '\n') << line;
  };
  const auto found = [&] { return !HostsFile(path).find("last").empty(); };
  write(kMaxHostsFile - 1);
  EXPECT_TRUE(found());
  write(kMaxHostsFile);
  EXPECT_TRUE(found());
  write(kMaxHostsFile + 12);
  EXPECT_FALSE(found());
  write(kMaxHostsFile + 3);  // the limit falls into the name
  EXPECT_FALSE(found());
  EXPECT_TRUE(HostsFile(path).find("la").empty());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace turbo
