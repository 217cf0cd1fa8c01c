#include "framework/base/cidr.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo {
namespace {

bool within(const char* network, const char* ip) {
  const absl::StatusOr<Network> parsed = Network::parse(network);
  EXPECT_TRUE(parsed.ok()) << network << ": " << parsed.status();
  const absl::StatusOr<Address> address = Address::parse(ip, 80);
  EXPECT_TRUE(address.ok()) << ip;
  return parsed.ok() && address.ok() && parsed->contains(*address);
}

TEST(NetworkTest, holds_what_shares_its_prefix) {
  struct Row {
    const char* network;
    std::vector<const char*> inside;
    std::vector<const char*> outside;
  };
  const Row rows[] = {
      {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
      {"192.0.2.128/25", {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.128"}},
      {"192.0.2.6/31", {"192.0.2.6", "192.0.2.7"}, {"192.0.2.5", "192.0.2.8"}},
      {"192.0.2.7/32", {"192.0.2.7"}, {"192.0.2.6"}},
      {"192.0.2.7", {"192.0.2.7"}, {"192.0.2.6"}},
      {"::1/128", {"::1"}, {"::", "::2", "127.0.0.1"}},
      {"::1", {"::1"}, {"::2"}},
      {"2001:db8::/32", {"2001:db8::1", "2001:db8:ffff::"}, {"2001:db9::", "2001:db7:ffff::"}},
      {"2001:db8:8000::/33", {"2001:db8:8000::1"}, {"2001:db8:7fff::1"}},
      {"fe80::/10", {"fe80::1", "febf::1"}, {"fec0::1", "fe00::1"}},
  };
  for (const Row& row : rows) {
    for (const char* ip : row.inside) EXPECT_TRUE(within(row.network, ip)) << row.network << ip;
    for (const char* ip : row.outside) EXPECT_FALSE(within(row.network, ip)) << row.network << ip;
  }
}

TEST(NetworkTest, keeps_the_families_apart) {
  EXPECT_TRUE(within("0.0.0.0/0", "255.1.2.3"));
  EXPECT_FALSE(within("0.0.0.0/0", "::1"));
  EXPECT_TRUE(within("::/0", "2001:db8::1"));
  EXPECT_FALSE(within("::/0", "10.0.0.1"));
  EXPECT_FALSE(within("::/0", "::ffff:10.0.0.1"));
  // What a dual-stack listener tells of an IPv4 client.
  EXPECT_TRUE(within("10.0.0.0/8", "::ffff:10.0.0.1"));
  EXPECT_TRUE(within("::ffff:10.0.0.0/104", "10.0.0.1"));
  EXPECT_FALSE(within("10.0.0.0/8", "::ffff:11.0.0.1"));
}

TEST(NetworkTest, holds_nothing_that_is_not_ip) {
  const Network all = *Network::parse("0.0.0.0/0");
  EXPECT_FALSE(all.contains(Address()));
  EXPECT_FALSE(all.contains(*Address::unix_path("/x")));
  const std::vector<Network> list = {*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
  EXPECT_TRUE(any_contains(list, Address::loopback_ipv6(0)));
  EXPECT_FALSE(any_contains(list, Address::loopback_ipv4(0)));
  EXPECT_FALSE(any_contains({}, Address::loopback_ipv4(0)));
}

TEST(NetworkTest, refuses_what_is_no_network) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+8",
                           "10.0.0.0/08",
                           "10.0.0.0/8 ",
                           " 10.0.0.0/8",
                           "10.0.0.0/8/8",
                           "10.0.0/8",
                           "10.0.0.0/8x",
                           "10.0.0.1/8",
                           "10.0.0.0/255.0.0.0",
                           "::1/129",
                           "::1/127",
                           "[::1]/128",
                           "[::1]",
                           "fe80::1%lo/128",
                           "localhost",
                           "::/99999999999",
                           "2001:db8::1/32"}) {
    const absl::StatusOr<Network> parsed = Network::parse(text);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(Network::parse(std::string("10.0.0.0\0/8", 11)).ok());
}

}  // namespace
}  // namespace turbo
