#include "framework/http/forwarded.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace turbo::http {
namespace {

constexpr const char* kProxy = "10.0.0.1";

TrustedProxies internal(ForwardedField field) {
  return {.networks = {*Network::parse("10.0.0.0/8"), *Network::parse("2001:db8:a::/48")},
          .field = field};
}

struct Case {
  std::vector<Field> fields;
  std::string client;  // Address::to_string() without a port of 0
  std::string_view scheme = "http";
};

std::string text_of(const Address& address) {
  return address.port() == 0 && address.is_ip() ? address.host() : address.to_string();
}

void expect_clients(ForwardedField field, const std::vector<Case>& cases) {
  const TrustedProxies proxies = internal(field);
  for (const Case& row : cases) {
    std::string what;
    for (const Field& f : row.fields) {
      what.append(f.name).append(": ").append(f.value).append("\n");
    }
    const Client client = find_client(row.fields, *Address::parse(kProxy, 0), false, proxies);
    EXPECT_EQ(text_of(client.address), row.client) << what;
    EXPECT_EQ(client.scheme, row.scheme) << what;
    // From anybody else nothing counts.
    const Address stranger = *Address::parse("203.0.113.9", 5);
    const Client alone = find_client(row.fields, stranger, true, proxies);
    EXPECT_EQ(alone.address, stranger) << what;
    EXPECT_EQ(alone.scheme, "https") << what;
  }
}

TEST(ForwardedTest, walks_x_forwarded_for_from_the_right) {
  const auto list = [](std::string_view value) {
    return std::vector<Field>{{"X-Forwarded-For", value}};
  };
  expect_clients(
      ForwardedField::kXForwardedFor,
      {
          {{}, kProxy},
          {list(""), kProxy},
          {list("192.0.2.1"), "192.0.2.1"},
          {list("192.0.2.1:4711"), "192.0.2.1:4711"},
          {list("2001:db8::1"), "2001:db8::1"},
          {list("[2001:db8::1]"), "2001:db8::1"},
          {list("[2001:db8::1]:4711"), "[2001:db8::1]:4711"},
          {list("::ffff:192.0.2.1"), "::ffff:192.0.2.1"},
          // What the client claims, left of its own address.
          {list("127.0.0.1, 192.0.2.1"), "192.0.2.1"},
          {list("10.0.0.9,192.0.2.1"), "192.0.2.1"},
          // Proxies behind proxies.
          {list("192.0.2.1, 10.0.0.2"), "192.0.2.1"},
          {list("1.1.1.1, 192.0.2.1, 10.0.0.2, 2001:db8:a::5"), "192.0.2.1"},
          {list("1.1.1.1, 192.0.2.1, ::ffff:10.0.0.2"), "192.0.2.1"},
          {list("10.0.0.3, 10.0.0.2"), "10.0.0.3"},
          // Empty elements say nothing.
          {list("192.0.2.1, "), "192.0.2.1"},
          {list(" ,192.0.2.1,, ,10.0.0.2 ,\t"), "192.0.2.1"},
          // What cannot be read ends the walk.
          {list("unknown"), kProxy},
          {list("192.0.2.1, unknown"), kProxy},
          {list("192.0.2.1, x, 10.0.0.2"), "10.0.0.2"},
          {list("192.0.2.256"), kProxy},
          {list("192.0.2.1:"), kProxy},
          {list("192.0.2.1:65536"), kProxy},
          {list("192.0.2.1:+1"), kProxy},
          {list("192.0.2.1:8_0"), kProxy},
          {list("192.0.2.1 192.0.2.2"), kProxy},
          {list("[2001:db8::1"), kProxy},
          {list("[2001:db8::1]x"), kProxy},
          {list("[192.0.2.1]"), kProxy},
          {list("fe80::1%lo"), kProxy},
          {list("fe80::1%1"), kProxy},
          {list("0x7f.1"), kProxy},
          {list("localhost"), kProxy},
          // A quote in a list that knows none does not hide what is right of it.
          {list("\", 192.0.2.1"), "192.0.2.1"},
          // Several fields are one list.
          {{{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "192.0.2.1"}}, "192.0.2.1"},
          {{{"X-Forwarded-For", "192.0.2.1"}, {"A", "b"}, {"X-FORWARDED-FOR", "10.0.0.2"}},
           "192.0.2.1"},
          // The other fields are as the client made them up.
          {{{"Forwarded", "for=1.1.1.1;proto=https"}, {"X-Real-IP", "1.1.1.1"}}, kProxy},
      });
}

TEST(ForwardedTest, takes_the_scheme_the_peer_wrote) {
  const auto proto = [](std::string_view value) {
    return std::vector<Field>{{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Proto", value}};
  };
  expect_clients(ForwardedField::kXForwardedFor,
                 {
                     {proto("https"), "192.0.2.1", "https"},
                     {proto("HTTPS"), "192.0.2.1", "https"},
                     {proto("http"), "192.0.2.1", "http"},
                     {proto("http, https"), "192.0.2.1", "https"},
                     {proto("https, http"), "192.0.2.1", "http"},
                     {proto("ftp"), "192.0.2.1", "http"},
                     {proto("https, ftp"), "192.0.2.1", "http"},
                     {proto("\"https\""), "192.0.2.1", "http"},
                     {proto(""), "192.0.2.1", "http"},
                     {{{"X-Forwarded-Proto", "https"}}, kProxy, "https"},
                 });
  const TrustedProxies proxies = internal(ForwardedField::kXForwardedFor);
  const Address peer = *Address::parse(kProxy, 0);
  EXPECT_EQ(find_client({}, peer, true, proxies).scheme, "https");
  EXPECT_EQ(find_client(proto("http"), peer, true, proxies).scheme, "http");
  EXPECT_EQ(find_client(proto("x"), peer, true, proxies).scheme, "https");
}

TEST(ForwardedTest, walks_forwarded_from_the_right) {  // RFC 7239
  const auto list = [](std::string_view value) { return std::vector<Field>{{"Forwarded", value}}; };
  expect_clients(
      ForwardedField::kForwarded,
      {
          {{}, kProxy},
          {list("for=192.0.2.1"), "192.0.2.1"},
          {list("For=\"192.0.2.1\""), "192.0.2.1"},
          {list("for=\"192.0.2.1:4711\""), "192.0.2.1:4711"},
          {list("for=\"[2001:db8::1]\""), "2001:db8::1"},
          {list("FOR=\"[2001:db8::1]:4711\";Proto=https"), "[2001:db8::1]:4711", "https"},
          {list("for=192.0.2.43;proto=http;by=203.0.113.43"), "192.0.2.43"},
          {list("by=203.0.113.43;proto=https;for=192.0.2.43"), "192.0.2.43", "https"},
          {list("for=192.0.2.1; proto=https ;host=\"a,b;c\""), "192.0.2.1", "https"},
          {list(";for=192.0.2.1;;proto=https;"), "192.0.2.1", "https"},
          {list("for=\"\\1\\92.0.2.1\""), "192.0.2.1"},
          {list("for=1.1.1.1;proto=https, for=192.0.2.1"), "192.0.2.1"},
          {list("for=1.1.1.1, for=192.0.2.1;proto=https, for=10.0.0.2"), "192.0.2.1", "https"},
          {list("for=192.0.2.1,for=10.0.0.2;proto=https,,"), "192.0.2.1", "https"},
          {{{"Forwarded", "for=192.0.2.1"}, {"forwarded", "for=10.0.0.2"}}, "192.0.2.1"},
          // Hidden clients: the scheme is known all the same.
          {list("for=unknown;proto=https"), kProxy, "https"},
          {list("for=_hidden;proto=https"), kProxy, "https"},
          {list("for=1.1.1.1, for=\"_gazonk\""), kProxy},
          {list("for=\"unknown:80\""), kProxy},
          {list("for=_x, for=10.0.0.2;proto=https"), "10.0.0.2", "https"},
          {list("proto=https"), kProxy, "https"},
          {list("for=1.1.1.1, proto=https"), kProxy, "https"},
          // What cannot be read ends the walk, and counts for nothing.
          {list("192.0.2.1"), kProxy},
          {list("for"), kProxy},
          {list("for="), kProxy},
          {list("for=;proto=https"), kProxy},
          {list("=192.0.2.1"), kProxy},
          {list("for =192.0.2.1"), kProxy},
          {list("for= 192.0.2.1"), kProxy},
          {list("for=192.0.2.1 proto=https"), kProxy},
          {list("for=192.0.2.1:4711"), kProxy},  // a colon must be quoted
          {list("for=[2001:db8::1]"), kProxy},   // and so must brackets
          {list("for=\"2001:db8::1\""), kProxy},
          {list("for=\"192.0.2.1"), kProxy},
          {list("for=\"192.0.2.1\\"), kProxy},
          {list("for=\"192.0.2.1\\\""), kProxy},
          {list("for=192.0.2.1\""), kProxy},
          {list("for=192.0.2.1;for=192.0.2.2"), kProxy},
          {list("for=192.0.2.1;proto=https;proto=http"), kProxy},
          {list("for=192.0.2.1;proto=ftp"), kProxy},
          {list("for=\"[fe80::1%lo]\""), kProxy},
          // What a client sends cannot swallow or end what the proxy adds.
          {list("for=\", for=192.0.2.1"), "192.0.2.1"},
          {list("for=\"\\, for=\"192.0.2.1\""), "192.0.2.1"},
          {list("for=\"\\\", for=\"[2001:db8::1]:80\""), "[2001:db8::1]:80"},
          {list("\"\"\", for=\"192.0.2.1\", for=10.0.0.2"), "192.0.2.1"},
          {{{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-Proto", "https"}}, kProxy},
      });
}

TEST(ForwardedTest, takes_one_x_real_ip) {
  expect_clients(
      ForwardedField::kXRealIP,
      {
          {{}, kProxy},
          {{{"X-Real-IP", "192.0.2.1"}}, "192.0.2.1"},
          {{{"x-real-ip", "2001:db8::1"}, {"X-Forwarded-Proto", "https"}}, "2001:db8::1", "https"},
          {{{"X-Real-IP", "10.0.0.7"}}, "10.0.0.7"},
          {{{"X-Real-IP", "192.0.2.1, 192.0.2.2"}}, kProxy},
          {{{"X-Real-IP", "x"}}, kProxy},
          {{{"X-Real-IP", "192.0.2.1"}, {"X-Real-IP", "192.0.2.1"}}, kProxy},
          {{{"X-Forwarded-For", "1.1.1.1"}, {"Forwarded", "for=1.1.1.1"}}, kProxy},
      });
}

TEST(ForwardedTest, trusts_unix_sockets_only_when_told_to) {
  const std::vector<Field> fields = {{"X-Forwarded-For", "192.0.2.1, 10.0.0.2"}};
  TrustedProxies proxies = internal(ForwardedField::kXForwardedFor);
  const Address peer = *Address::unix_path("@proxy");
  EXPECT_EQ(find_client(fields, peer, false, proxies).address, peer);
  proxies.unix_sockets = true;
  EXPECT_EQ(find_client(fields, peer, false, proxies).address.host(), "192.0.2.1");
  EXPECT_EQ(find_client(fields, Address(), false, proxies).address, Address());
}

TEST(ForwardedTest, trusts_nobody_by_default) {
  const std::vector<Field> fields = {{"X-Forwarded-For", "192.0.2.1"}};
  EXPECT_EQ(find_client(fields, Address::loopback_ipv4(1), false, {}).address.host(), "127.0.0.1");
}

}  // namespace
}  // namespace turbo::http
