#include "framework/base/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

namespace turbo {
namespace {

std::string text_of(std::string_view ip) {
  const auto address = Address::parse(ip, 80);
  return address.ok() ? address->to_string() : std::string(address.status().message());
}

TEST(AddressTest, parses_numeric_addresses) {
  EXPECT_EQ(text_of("127.0.0.1"), "127.0.0.1:80");
  EXPECT_EQ(text_of("::1"), "[::1]:80");
  EXPECT_EQ(text_of("[2001:db8::1]"), "[2001:db8::1]:80");
  EXPECT_EQ(text_of("fe80::1%1"), "[fe80::1%lo]:80");
}

TEST(AddressTest, refuses_what_is_no_numeric_address) {
  for (std::string_view text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[127.0.0.1]",
                                "[::1", "::1]", ":::", "1.2.3.4 ", "::1%no-such-interface"}) {
    const auto address = Address::parse(text, 80);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(Address::parse(std::string_view("127.0.0.1\0x", 11), 80).ok());
}

TEST(AddressTest, a_unix_path_has_at_most_107_bytes) {
  const std::string longest(107, 'p');
  EXPECT_EQ(Address::unix_path(std::string(106, 'p'))->host().size(), 106u);
  EXPECT_EQ(Address::unix_path(longest)->host(), longest);
  EXPECT_FALSE(Address::unix_path(longest + "p").ok());
  EXPECT_FALSE(Address::unix_path("").ok());
  EXPECT_FALSE(Address::unix_path(std::string_view("a\0b", 3)).ok());
}

TEST(AddressTest, abstract_names_have_no_path_and_end_where_their_length_says) {
  const Address address = *Address::unix_path("@name");
  EXPECT_EQ(address.to_string(), "unix:@name");
  EXPECT_EQ(address.size(), offsetof(sockaddr_un, sun_path) + 5);
  EXPECT_EQ(address.data()->sa_data[0], '\0');
}

TEST(AddressTest, unprintable_bytes_of_an_abstract_name_do_not_reach_the_log) {
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  raw.sun_path[1] = '\n';
  raw.sun_path[2] = 'x';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 3);
  EXPECT_EQ(Address::from_sockaddr(reinterpret_cast<sockaddr*>(&raw), size).host(), "@\\x0ax");
}

TEST(AddressTest, an_unnamed_unix_peer_is_unix_without_a_path) {
  const sa_family_t family = AF_UNIX;
  const Address address =
      Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&family), sizeof(family));
  EXPECT_EQ(address.to_string(), "unix:");
  EXPECT_EQ(address.family(), AF_UNIX);
}

TEST(AddressTest, unspecified_is_unknown) {
  EXPECT_EQ(Address().to_string(), "unknown");
  EXPECT_EQ(Address().family(), AF_UNSPEC);
  EXPECT_EQ(Address().port(), 0);
  EXPECT_EQ(Address::from_sockaddr(nullptr, 0), Address());
}

TEST(AddressTest, ports_are_read_and_replaced) {
  EXPECT_EQ(Address::any_ipv4(65535).port(), 65535);
  EXPECT_EQ(Address::any_ipv6(1).with_port(2).to_string(), "[::]:2");
  EXPECT_EQ(Address::loopback_ipv4(0).with_port(443).to_string(), "127.0.0.1:443");
  EXPECT_EQ(Address::unix_path("/x")->with_port(5).to_string(), "unix:/x");
}

TEST(AddressTest, equal_means_same_family_address_and_port) {
  EXPECT_EQ(Address::loopback_ipv6(80), *Address::parse("::1", 80));
  EXPECT_FALSE(Address::loopback_ipv4(80) == Address::loopback_ipv4(81));
  EXPECT_FALSE(Address::loopback_ipv4(80) == Address::loopback_ipv6(80));
  EXPECT_FALSE(*Address::unix_path("@a") == *Address::unix_path("@b"));
}

TEST(AddressTest, writes_its_host_where_it_is_told) {
  const Address addresses[] = {Address::loopback_ipv4(80),
                               Address::parse("1.2.3.4", 0).value(),
                               Address::loopback_ipv6(80),
                               Address::parse("2001:db8:1:2:3:4:255.255.255.255", 0).value(),
                               Address::parse("fe80::1%1", 0).value(),
                               Address::unix_path("/tmp/socket").value(),
                               Address::unix_path("@name").value(),
                               Address()};
  for (const Address& each : addresses) {
    char room[Address::kMaxHostBytes];
    EXPECT_EQ(std::string(room, each.write_host(room)), each.host());
    char little[3];
    const size_t bytes = each.write_host(little);
    EXPECT_EQ(std::string(little, bytes), each.host().substr(0, 3));
  }
}

}  // namespace
}  // namespace turbo
