#include "framework/tls/peer_certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

using Names = std::vector<std::string>;

PeerCertificate seen_by_client(const Issued& issued) {
  const auto server = make_server({.certificates = {issued.certificate()}});
  EnginePair pair(make_client_engine(), server->new_engine());
  EXPECT_TRUE(pair.handshake());
  return peer_certificate(pair.client()).value_or(PeerCertificate{});
}

TEST(PeerCertificateTest, all_parts_are_the_certificates) {
  const Issued root = Issued::root("the root");
  const Issued leaf = root.issue({.common_name = "Zoë, \"quoted\"",
                                  .dns = {"example.org", "*.example.org"},
                                  .ips = {"127.0.0.1", "2001:db8::1"},
                                  .valid_from = -2 * kHour,
                                  .valid_to = 3 * kHour});
  const PeerCertificate peer = seen_by_client(leaf);
  EXPECT_EQ(peer.subject, "CN=Zoë\\, \\\"quoted\\\",O=Turbo");
  EXPECT_EQ(peer.issuer, "CN=the root,O=Turbo");
  EXPECT_EQ(peer.dns_names, (Names{"example.org", "*.example.org"}));
  EXPECT_EQ(peer.ip_addresses, (Names{"127.0.0.1", "2001:db8::1"}));
  EXPECT_EQ(peer.pem, leaf.pem());
  EXPECT_EQ(peer.sha256.size(), 64U);
  EXPECT_EQ(peer.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(peer.serial.size() % 2, 0U);
  EXPECT_EQ(peer.not_after - peer.not_before, std::chrono::hours(5));
  const auto age = std::chrono::system_clock::now() - peer.not_before;
  EXPECT_GE(age, std::chrono::hours(2));
  EXPECT_LT(age, std::chrono::hours(3));
}

TEST(PeerCertificateTest, at_most_a_hundred_names_are_listed) {
  CertificateSpec spec;
  for (int i = 0; i < 150; ++i) spec.dns.push_back("a" + std::to_string(i) + ".example.org");
  EXPECT_EQ(seen_by_client(Issued::alone(spec)).dns_names.size(), 100U);
}

TEST(PeerCertificateTest, who_sent_none_has_none) {
  const auto server = make_server({.certificates = {Issued::alone({}).certificate()}});
  EnginePair pair(make_client_engine(), server->new_engine());
  EXPECT_FALSE(peer_certificate(pair.client()).has_value());
  ASSERT_TRUE(pair.handshake());
  EXPECT_FALSE(peer_certificate(pair.server()).has_value());
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace turbo::tls
