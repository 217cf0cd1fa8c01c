// Servers that ask their clients for a certificate.

#include <gtest/gtest.h>

#include "framework/tls/peer_certificate.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

using Revoked = std::vector<const Issued*>;

class ClientAuthTest : public testing::Test {
 protected:
  ServerOptions options(ClientAuth auth) const {
    return {.certificates = {server_leaf.certificate()},
            .client_auth = auth,
            .client_ca_file = auth == ClientAuth::kOff ? "" : folder.path("ca.pem")};
  }

  // What the server says to a client with this certificate; empty: it is let in.
  static std::string refusal(const ServerContext& server, const Issued* client,
                             int newest = TLS1_3_VERSION) {
    ClientOptions options{.verify = false};
    if (client != nullptr) options.certificate = client->certificate();
    Engine engine = make_client_engine(options);
    SSL_set_max_proto_version(engine.get(), newest);
    EnginePair pair(std::move(engine), server.new_engine());
    const bool through = pair.handshake();
    EXPECT_EQ(through, pair.server_error().empty()) << pair.client_error();
    EXPECT_EQ(through, through && pair.exchange());
    return pair.server_error();
  }

  const TempFolder folder;
  const Issued root = Issued::root();
  const Issued intermediate = root.intermediate();
  const Issued client = intermediate.issue({.common_name = "client"});
  const Issued stranger = Issued::root("elsewhere").issue({.common_name = "stranger"});
  const Issued server_leaf = root.leaf("example.org");
  const std::string ca_file = folder.write("ca.pem", root.pem());
};

TEST_F(ClientAuthTest, each_mode_lets_in_whom_it_should) {
  const Issued expired = root.issue({.valid_from = -2 * kHour, .valid_to = -kHour});
  const Issued early = root.issue({.valid_from = kHour});
  const Issued alone = Issued::alone({});
  struct Case {
    ClientAuth auth;
    const Issued* client;
    const char* refusal;
  };
  constexpr char kFailed[] = "TLS: certificate verify failed";
  const Case cases[] = {
      {ClientAuth::kOff, nullptr, ""},
      {ClientAuth::kOff, &stranger, ""},  // not asked, so not sent
      {ClientAuth::kOptional, nullptr, ""},
      {ClientAuth::kOptional, &client, ""},
      {ClientAuth::kOptional, &stranger, "unable to get local issuer certificate"},
      {ClientAuth::kOptional, &expired, "certificate has expired"},
      {ClientAuth::kRequired, nullptr, "TLS: peer did not return a certificate"},
      {ClientAuth::kRequired, &client, ""},
      {ClientAuth::kRequired, &stranger, "unable to get local issuer certificate"},
      {ClientAuth::kRequired, &expired, "certificate has expired"},
      {ClientAuth::kRequired, &early, "certificate is not yet valid"},
      {ClientAuth::kRequired, &alone, "self-signed certificate"},
  };
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Case& test : cases) {
      const std::string why = refusal(*make_server(options(test.auth)), test.client, newest);
      const bool verified = *test.refusal != '\0' && *test.refusal != 'T';
      EXPECT_EQ(why, verified ? std::string(kFailed) + " [" + test.refusal + "]" : test.refusal);
    }
  }
}

TEST_F(ClientAuthTest, the_client_hears_what_is_wrong) {
  const auto server = make_server(options(ClientAuth::kRequired));
  const Issued expired = root.issue({.valid_from = -2 * kHour, .valid_to = -kHour});
  const std::pair<const Issued*, const char*> cases[] = {
      {nullptr, "certificate required"},
      {&stranger, "unknown ca"},
      {&expired, "certificate expired"},
  };
  for (const auto& [issued, alert] : cases) {
    ClientOptions options{.verify = false};
    if (issued != nullptr) options.certificate = issued->certificate();
    EnginePair pair(make_client_engine(options), server->new_engine());
    EXPECT_FALSE(pair.handshake());
    EXPECT_EQ(pair.client_error(), "TLS: the peer sent the alert \"" + std::string(alert) + "\"");
  }
}

TEST_F(ClientAuthTest, the_server_sees_who_came) {
  const auto server = make_server(options(ClientAuth::kRequired));
  EnginePair pair(make_client_engine({.verify = false, .certificate = client.certificate()}),
                  server->new_engine());
  ASSERT_TRUE(pair.handshake()) << pair.server_error();
  const auto peer = peer_certificate(pair.server());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->subject, "CN=client,O=Turbo");
  EXPECT_EQ(peer->issuer, "CN=intermediate,O=Turbo");
}

TEST_F(ClientAuthTest, clients_are_told_the_names_of_the_cas) {
  folder.write("ca.pem", root.pem() + Issued::root("second").pem());
  const auto server = make_server(options(ClientAuth::kOptional));
  EnginePair pair(make_client_engine(), server->new_engine());
  ASSERT_TRUE(pair.handshake());
  const STACK_OF(X509_NAME)* const names = SSL_get0_peer_CA_list(pair.client());
  ASSERT_EQ(sk_X509_NAME_num(names), 2);
  EXPECT_EQ(X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(root.x509())), 0);
}

// The name decides the certificate and nothing else.
TEST_F(ClientAuthTest, every_name_asks_for_the_same) {
  ServerOptions both = options(ClientAuth::kRequired);
  both.certificates.push_back(root.leaf("other.org").certificate());
  both.min_version = Version::kTLS13;
  const auto server = make_server(both);
  for (const char* name : {"example.org", "other.org", "unknown.org"}) {
    EnginePair without(make_client_engine({.verify = false}, name), server->new_engine());
    EXPECT_FALSE(without.handshake()) << name;
    EnginePair with(
        make_client_engine({.verify = false, .certificate = client.certificate()}, name),
        server->new_engine());
    EXPECT_TRUE(with.handshake()) << name << with.server_error();
    EXPECT_EQ(sk_X509_NAME_num(SSL_get0_peer_CA_list(with.client())), 1) << name;
    Engine old = make_client_engine({.verify = false, .certificate = client.certificate()}, name);
    SSL_set_max_proto_version(old.get(), TLS1_2_VERSION);
    EnginePair older(std::move(old), server->new_engine());
    EXPECT_FALSE(older.handshake()) << name;
  }
}

TEST_F(ClientAuthTest, the_revoked_are_refused_leaf_or_intermediate) {
  struct Case {
    Revoked by_root, by_intermediate;
    const char* refusal;
  };
  const Issued other = intermediate.issue({});
  const Case cases[] = {
      {{}, {}, ""},
      {{}, {&other}, ""},
      {{}, {&other, &client}, "certificate revoked"},
      {{&intermediate}, {}, "certificate revoked"},
      {{&client}, {}, ""},  // the root did not issue it
  };
  for (const Case& test : cases) {
    ServerOptions with_crl = options(ClientAuth::kRequired);
    with_crl.crl_file =
        folder.write("crl.pem", root.crl(test.by_root) + intermediate.crl(test.by_intermediate));
    const std::string why = refusal(*make_server(with_crl), &client);
    EXPECT_EQ(why,
              *test.refusal == '\0' ? "" : "TLS: certificate verify failed [certificate revoked]");
  }
}

// What cannot be looked up is not let in.
TEST_F(ClientAuthTest, a_missing_or_old_crl_refuses) {
  const std::pair<std::string, const char*> cases[] = {
      {root.crl({}), "unable to get certificate CRL"},
      {intermediate.crl({}), "unable to get certificate CRL"},
      {root.crl({}) + intermediate.crl({}, -kHour), "CRL has expired"},
  };
  for (const auto& [crl, reason] : cases) {
    ServerOptions with_crl = options(ClientAuth::kRequired);
    with_crl.crl_file = folder.write("crl.pem", crl);
    EXPECT_EQ(refusal(*make_server(with_crl), &client),
              "TLS: certificate verify failed [" + std::string(reason) + "]");
  }
}

TEST_F(ClientAuthTest, a_chain_has_at_most_eight_intermediates) {
  std::vector<Issued> chain;
  chain.push_back(root.intermediate("depth 1"));
  for (int depth = 2; depth <= 9; ++depth) {
    chain.push_back(chain.back().intermediate("depth " + std::to_string(depth)));
  }
  const auto server = make_server(options(ClientAuth::kRequired));
  const Issued eight = chain[7].issue({});
  const Issued nine = chain[8].issue({});
  EXPECT_EQ(refusal(*server, &eight), "");
  EXPECT_EQ(refusal(*server, &nine), "TLS: certificate verify failed [certificate chain too long]");
}

}  // namespace
}  // namespace turbo::tls
