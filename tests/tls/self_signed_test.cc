#include "framework/tls/self_signed.h"

#include <gtest/gtest.h>

#include "framework/tls/peer_certificate.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

using Names = std::vector<std::string>;

Certificate made(const Names& names) {
  absl::StatusOr<Certificate> certificate = self_signed(names);
  EXPECT_TRUE(certificate.ok()) << certificate.status();
  return certificate.ok() ? *certificate : Certificate{};
}

TEST(SelfSignedTest, a_client_that_trusts_it_verifies_each_of_its_names) {
  const TempFolder folder;
  const Certificate certificate = made({"localhost", "*.Example.org", "127.0.0.1", "::1"});
  const auto server = make_server({.certificates = {certificate}});
  const auto client = make_client({.ca_file = folder.write("ca.pem", certificate.chain_pem)});
  for (const char* name : {"localhost", "a.example.org", "127.0.0.1", "::1", "[::1]"}) {
    EnginePair pair(*client->new_engine(name), server->new_engine());
    EXPECT_TRUE(pair.handshake()) << name << ": " << pair.client_error();
  }
  EnginePair pair(*client->new_engine("127.0.0.2"), server->new_engine());
  EXPECT_FALSE(pair.handshake());
}

TEST(SelfSignedTest, it_serves_as_a_clients_certificate_too) {
  const TempFolder folder;
  const Certificate certificate = made({"localhost"});
  const auto server =
      make_server({.certificates = {certificate},
                   .client_auth = ClientAuth::kRequired,
                   .client_ca_file = folder.write("ca.pem", certificate.chain_pem)});
  EnginePair pair(make_client_engine({.verify = false, .certificate = certificate}),
                  server->new_engine());
  EXPECT_TRUE(pair.handshake()) << pair.server_error();
}

TEST(SelfSignedTest, it_is_valid_from_a_little_ago_for_ninety_days) {
  const auto server = make_server({.certificates = {made({"localhost", "10.1.2.3"})}});
  EnginePair pair(make_client_engine(), server->new_engine());
  ASSERT_TRUE(pair.handshake());
  const std::optional<PeerCertificate> peer = peer_certificate(pair.client());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->dns_names, Names{"localhost"});
  EXPECT_EQ(peer->ip_addresses, Names{"10.1.2.3"});
  EXPECT_EQ(peer->subject, "CN=Turbo self-signed");
  EXPECT_EQ(peer->issuer, peer->subject);
  EXPECT_EQ(peer->serial.size(), 32U);
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(peer->not_before, now);
  EXPECT_GT(peer->not_after, now + std::chrono::hours(24 * 90 - 1));
  EXPECT_LT(peer->not_after, now + std::chrono::hours(24 * 90 + 1));
}

TEST(SelfSignedTest, no_two_are_the_same) {
  EXPECT_NE(made({"localhost"}).chain_pem, made({"localhost"}).chain_pem);
  EXPECT_NE(made({"localhost"}).key_pem, made({"localhost"}).key_pem);
}

TEST(SelfSignedTest, what_is_no_name_is_refused) {
  for (const char* name : {"", "a b", "a..b", "*", "a.*.org", "x,DNS:evil.org", "1.2.3.4.5"}) {
    const absl::Status status = self_signed({"localhost", name}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(status.message(),
              "\"" + std::string(name) + "\" is neither a host name nor an address");
  }
  EXPECT_EQ(self_signed({}).status().message(), "a certificate wants at least one name");
}

}  // namespace
}  // namespace turbo::tls
