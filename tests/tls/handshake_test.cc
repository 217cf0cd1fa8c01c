// What a server agrees to, seen by clients of every kind.

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

using Texts = std::vector<std::string>;

class HandshakeTest : public testing::Test {
 protected:
  const Issued root = Issued::root();
  const Issued leaf = root.leaf("example.org");
};

TEST_F(HandshakeTest, both_agree_on_tls_1_3_and_x25519) {
  EnginePair pair(make_client_engine(),
                  make_server({.certificates = {leaf.certificate()}})->new_engine());
  ASSERT_TRUE(pair.handshake()) << pair.client_error() << pair.server_error();
  EXPECT_TRUE(pair.exchange());
  EXPECT_EQ(pair.protocol(), "TLSv1.3");
  EXPECT_EQ(pair.cipher(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(SSL_get_negotiated_group(pair.client()), NID_X25519);
  EXPECT_EQ(SSL_get_max_early_data(pair.server()), 0U);
}

// What versions a client offers, what the server demands, and what comes out of it.
TEST_F(HandshakeTest, the_oldest_version_is_the_servers_choice) {
  struct Case {
    int oldest, newest;
    Version demanded;
    const char* agreed;  // empty: refused
  };
  const Case cases[] = {
      {TLS1_2_VERSION, TLS1_2_VERSION, Version::kTLS12, "TLSv1.2"},
      {TLS1_2_VERSION, TLS1_3_VERSION, Version::kTLS12, "TLSv1.3"},
      {TLS1_3_VERSION, TLS1_3_VERSION, Version::kTLS12, "TLSv1.3"},
      {TLS1_2_VERSION, TLS1_3_VERSION, Version::kTLS13, "TLSv1.3"},
      {TLS1_2_VERSION, TLS1_2_VERSION, Version::kTLS13, ""},
      {TLS1_1_VERSION, TLS1_1_VERSION, Version::kTLS12, ""},
      {TLS1_VERSION, TLS1_VERSION, Version::kTLS12, ""},
  };
  for (const Case& test : cases) {
    Engine client = make_client_engine();
    SSL_set_security_level(client.get(), 0);
    SSL_set_cipher_list(client.get(), "ALL");
    SSL_set_min_proto_version(client.get(), test.oldest);
    SSL_set_max_proto_version(client.get(), test.newest);
    const auto server =
        make_server({.certificates = {leaf.certificate()}, .min_version = test.demanded});
    EnginePair pair(std::move(client), server->new_engine());
    EXPECT_EQ(pair.handshake(), *test.agreed != '\0') << test.newest;
    if (*test.agreed != '\0') {
      EXPECT_EQ(pair.protocol(), test.agreed);
      EXPECT_TRUE(pair.exchange());
    } else {
      EXPECT_EQ(pair.server_error(), "TLS: unsupported protocol");
      EXPECT_EQ(pair.client_error(), "TLS: the peer sent the alert \"protocol version\"");
    }
  }
}

TEST_F(HandshakeTest, a_client_too_can_demand_tls_1_3) {
  Engine server = make_server({.certificates = {leaf.certificate()}})->new_engine();
  SSL_set_max_proto_version(server.get(), TLS1_2_VERSION);
  EnginePair pair(make_client_engine({.verify = false, .min_version = Version::kTLS13}),
                  std::move(server));
  EXPECT_FALSE(pair.handshake());
}

// Forward secrecy and AEAD, or nothing; with either kind of key.
TEST_F(HandshakeTest, weak_suites_are_refused) {
  struct Case {
    const char* suite;
    bool rsa, good;
  };
  const Case cases[] = {
      {"ECDHE-ECDSA-AES128-GCM-SHA256", false, true},
      {"ECDHE-ECDSA-AES256-GCM-SHA384", false, true},
      {"ECDHE-ECDSA-CHACHA20-POLY1305", false, true},
      {"ECDHE-RSA-AES128-GCM-SHA256", true, true},
      {"ECDHE-RSA-AES256-GCM-SHA384", true, true},
      {"ECDHE-RSA-CHACHA20-POLY1305", true, true},
      {"ECDHE-ECDSA-AES128-SHA", false, false},
      {"ECDHE-ECDSA-AES128-SHA256", false, false},
      {"ECDHE-ECDSA-AES128-CCM", false, false},
      {"ECDHE-RSA-AES256-SHA", true, false},
      {"AES128-SHA", true, false},
      {"AES128-GCM-SHA256", true, false},
      {"AES256-GCM-SHA384", true, false},
      {"DHE-RSA-AES128-GCM-SHA256", true, false},
      {"ECDHE-RSA-NULL-SHA", true, false},
      {"AECDH-AES128-SHA", true, false},
      {"ADH-AES128-GCM-SHA256", true, false},
  };
  const Issued with_rsa = root.issue({.dns = {"example.org"}, .rsa_bits = 2048});
  const auto ecdsa_server = make_server({.certificates = {leaf.certificate()}});
  const auto rsa_server = make_server({.certificates = {with_rsa.certificate()}});
  for (const Case& test : cases) {
    Engine client = make_client_engine();
    SSL_set_security_level(client.get(), 0);
    SSL_set_max_proto_version(client.get(), TLS1_2_VERSION);
    ASSERT_EQ(SSL_set_cipher_list(client.get(), test.suite), 1) << test.suite;
    EnginePair pair(std::move(client), (test.rsa ? rsa_server : ecdsa_server)->new_engine());
    EXPECT_EQ(pair.handshake(), test.good) << test.suite << pair.server_error();
    if (test.good) {
      EXPECT_EQ(pair.cipher(), test.suite);
    } else {
      EXPECT_EQ(pair.server_error(), "TLS: no shared cipher") << test.suite;
      EXPECT_EQ(pair.client_error(), "TLS: the peer sent the alert \"handshake failure\"");
    }
  }
}

TEST_F(HandshakeTest, our_order_of_suites_counts_but_for_a_client_that_wants_chacha_first) {
  const auto server = make_server({.certificates = {leaf.certificate()}});
  for (const auto& [first, chosen] :
       {std::pair("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
        std::pair("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")}) {
    Engine client = make_client_engine();
    const std::string order = std::string(first) + ":TLS_AES_128_GCM_SHA256";
    ASSERT_EQ(SSL_set_ciphersuites(client.get(), order.c_str()), 1);
    EnginePair pair(std::move(client), server->new_engine());
    ASSERT_TRUE(pair.handshake());
    EXPECT_EQ(pair.cipher(), chosen);
  }
}

TEST_F(HandshakeTest, weak_groups_are_refused_and_the_others_are_not) {
  const auto server = make_server({.certificates = {leaf.certificate()}});
  for (const auto& [group, good] :
       {std::pair("X25519", true), std::pair("P-256", true), std::pair("P-384", true),
        std::pair("P-521", false), std::pair("X448", false), std::pair("ffdhe2048", false)}) {
    Engine client = make_client_engine();
    ASSERT_EQ(SSL_set1_groups_list(client.get(), group), 1);
    EnginePair pair(std::move(client), server->new_engine());
    EXPECT_EQ(pair.handshake(), good) << group;
  }
}

// A client that guesses the group wrong is asked again; its certificate and ALPN stay.
TEST_F(HandshakeTest, a_second_hello_is_answered_like_the_first) {
  const Issued other = root.issue({.common_name = "other", .dns = {"other.org"}});
  const auto server =
      make_server({.certificates = {leaf.certificate(), other.certificate()}, .alpn = {"a"}});
  Engine client = make_client_engine({.verify = false, .alpn = {"a"}}, "other.org");
  ASSERT_EQ(SSL_set1_groups_list(client.get(), "P-521:P-384"), 1);
  EnginePair pair(std::move(client), server->new_engine());
  ASSERT_TRUE(pair.handshake()) << pair.server_error();
  EXPECT_EQ(pair.server_common_name(), "other");
  EXPECT_EQ(pair.alpn(), "a");
}

TEST_F(HandshakeTest, renegotiation_is_refused_and_the_connection_goes_on) {
  const auto server = make_server({.certificates = {leaf.certificate()}});
  Engine client = make_client_engine();
  SSL_set_max_proto_version(client.get(), TLS1_2_VERSION);
  SSL_clear_options(client.get(), SSL_OP_NO_RENEGOTIATION);
  EnginePair pair(std::move(client), server->new_engine());
  ASSERT_TRUE(pair.handshake());
  ASSERT_EQ(SSL_renegotiate(pair.client()), 1);
  EXPECT_EQ(SSL_do_handshake(pair.client()), -1);
  char byte;
  EXPECT_EQ(SSL_read(pair.server(), &byte, 1), -1);
  EXPECT_EQ(SSL_get_error(pair.server(), -1), SSL_ERROR_WANT_READ);
  // OpenSSL's client gives up; another may go on.
  EXPECT_EQ(SSL_do_handshake(pair.client()), -1);
  EXPECT_EQ(openssl_status(absl::StatusCode::kUnavailable, "TLS").message(),
            "TLS: no renegotiation");
  EXPECT_EQ(SSL_renegotiate(pair.server()), 0);  // not ours either
  EXPECT_EQ(SSL_num_renegotiations(pair.server()), 0);
  ERR_clear_error();
}

// The engines' modes, which the transport relies on.
TEST_F(HandshakeTest, engines_are_set_up_for_the_transport) {
  const Engine server = make_server({.certificates = {leaf.certificate()}})->new_engine();
  const Engine client = make_client_engine();
  for (SSL* engine : {server.get(), client.get()}) {
    const long modes = SSL_get_mode(engine);
    const long wanted = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
    EXPECT_EQ(modes & wanted, wanted);
    EXPECT_EQ(modes & SSL_MODE_AUTO_RETRY, 0);
    EXPECT_EQ(SSL_get_read_ahead(engine), 1);
    const uint64_t options = SSL_get_options(engine);
    EXPECT_TRUE(options & SSL_OP_NO_COMPRESSION);
    EXPECT_TRUE(options & SSL_OP_NO_RENEGOTIATION);
    EXPECT_TRUE(options & SSL_OP_IGNORE_UNEXPECTED_EOF);
    EXPECT_EQ(SSL_get_verify_depth(engine), 8);
    EXPECT_EQ(SSL_get_security_level(engine), 2);
  }
  EXPECT_TRUE(SSL_is_server(server.get()));
  EXPECT_FALSE(SSL_is_server(client.get()));
}

TEST_F(HandshakeTest, alpn_is_the_servers_first_that_the_client_has) {
  struct Case {
    Texts server, client;
    const char* agreed;
    bool good = true;
  };
  const Case cases[] = {
      {{"h2", "http/1.1"}, {"http/1.1", "h2"}, "h2"},
      {{"h2", "http/1.1"}, {"http/1.1"}, "http/1.1"},
      {{"http/1.1"}, {"h2", "http/1.1"}, "http/1.1"},
      {{"h2"}, {"h2c", "h", "h2"}, "h2"},
      {{"h2", "http/1.1"}, {}, ""},  // a client without ALPN is let in
      {{}, {"h2"}, ""},              // a server without it does not answer it
      {{}, {}, ""},
      {{"http/1.1"}, {"h2"}, "", false},
      {{"http/1.1"}, {"http/1.0", "http/1.11", "http/1", "HTTP/1.1"}, "", false},
      {{"h2"}, {"acme-tls/1"}, "", false},
  };
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Case& test : cases) {
      const auto server = make_server({.certificates = {leaf.certificate()}, .alpn = test.server});
      Engine client = make_client_engine({.verify = false, .alpn = test.client});
      SSL_set_max_proto_version(client.get(), newest);
      EnginePair pair(std::move(client), server->new_engine());
      EXPECT_EQ(pair.handshake(), test.good) << pair.server_error();
      EXPECT_EQ(pair.alpn(), test.agreed);
      if (test.good) continue;
      EXPECT_EQ(pair.client_error(), "TLS: the peer sent the alert \"no application protocol\"");
      EXPECT_EQ(pair.server_error(), "TLS: no application protocol");
    }
  }
}

TEST_F(HandshakeTest, the_servers_name_chooses_the_certificate) {
  const Issued wild = root.issue({.common_name = "wild", .dns = {"*.wild.org", "wild.org"}});
  const Issued last = root.issue({.common_name = "last", .dns = {"x.wild.org", "last.org"}});
  const auto server =
      make_server({.certificates = {leaf.certificate(), wild.certificate(), last.certificate()},
                   .alpn = {"a"}});
  const std::pair<const char*, const char*> cases[] = {
      {"example.org", "leaf"},
      {"wild.org", "wild"},
      {"a.wild.org", "wild"},
      {"Y.WILD.org", "wild"},
      {"X.WILD.org", "last"},  // by its own name, though the wildcard
                               // comes before
      {"last.org.", "last"},
      {"a.b.wild.org", "leaf"},
      {"", "leaf"},
      {"127.0.0.1", "leaf"},
      {"unknown.net", "leaf"},
  };
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto& [name, common_name] : cases) {
      Engine client = make_client_engine({.verify = false, .alpn = {"a"}}, name);
      SSL_set_max_proto_version(client.get(), newest);
      EnginePair pair(std::move(client), server->new_engine());
      ASSERT_TRUE(pair.handshake()) << name << pair.server_error();
      EXPECT_EQ(pair.server_common_name(), common_name) << name;
      EXPECT_EQ(pair.alpn(), "a") << name;
      EXPECT_TRUE(pair.exchange());
    }
  }
}

TEST_F(HandshakeTest, a_clients_odd_name_only_gets_the_first_certificate) {
  const auto server = make_server({.certificates = {leaf.certificate()}});
  for (const std::string& name : {std::string("."), std::string("*"), std::string(255, 'a'),
                                  std::string("a b"), std::string("\xff\xfe")}) {
    Engine client = make_client_engine({.verify = false}, "");
    ASSERT_EQ(SSL_set_tlsext_host_name(client.get(), name.c_str()), 1);
    EnginePair pair(std::move(client), server->new_engine());
    EXPECT_TRUE(pair.handshake()) << pair.server_error();
  }
}

TEST_F(HandshakeTest, the_chain_of_the_file_is_sent_without_more) {
  const Issued intermediate = root.intermediate();
  const Issued below = intermediate.leaf("example.org");
  const TempFolder folder;
  // The store for clients knows the root, which would complete the chain.
  const auto server = make_server({.certificates = {below.certificate()},
                                   .client_auth = ClientAuth::kOptional,
                                   .client_ca_file = folder.write("ca.pem", root.pem())});
  EnginePair pair(make_client_engine(), server->new_engine());
  ASSERT_TRUE(pair.handshake());
  STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(pair.client());
  ASSERT_EQ(sk_X509_num(chain), 2);
  EXPECT_EQ(X509_cmp(sk_X509_value(chain, 1), intermediate.x509()), 0);
}

TEST_F(HandshakeTest, the_staple_of_the_certificate_that_serves_arrives) {
  const TempFolder folder;
  const Issued other = root.leaf("other.org");
  const Issued plain = root.leaf("plain.org");
  const std::string staples[] = {root.ocsp(leaf), root.ocsp(other)};
  Certificate first = leaf.certificate();
  first.ocsp_file = folder.write("first.der", staples[0]);
  Certificate second = other.certificate();
  second.ocsp_file = folder.write("second.der", staples[1]);
  const auto server = make_server({.certificates = {first, second, plain.certificate()}});
  const std::pair<const char*, std::string> cases[] = {
      {"example.org", staples[0]}, {"other.org", staples[1]}, {"plain.org", ""}};
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto& [name, staple] : cases) {
      Engine client = make_client_engine({.verify = false}, name);
      SSL_set_max_proto_version(client.get(), newest);
      SSL_set_tlsext_status_type(client.get(), TLSEXT_STATUSTYPE_ocsp);
      EnginePair pair(std::move(client), server->new_engine());
      ASSERT_TRUE(pair.handshake()) << pair.client_error();
      const unsigned char* bytes = nullptr;
      const long size = SSL_get_tlsext_status_ocsp_resp(pair.client(), &bytes);
      ASSERT_EQ(size, staple.empty() ? -1 : static_cast<long>(staple.size())) << name;
      if (staple.empty()) continue;
      EXPECT_EQ(std::string(bytes, bytes + size), staple) << name;
    }
  }
}

}  // namespace
}  // namespace turbo::tls
