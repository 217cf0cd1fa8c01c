#include "framework/tls/client_context.h"

#include <gtest/gtest.h>

#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

class ClientContextTest : public testing::Test {
 protected:
  // Why the client refuses this server; empty: it does not.
  std::string refusal(const Issued& server, std::string_view name, ClientOptions options) const {
    const auto context = make_server({.certificates = {server.certificate()}});
    EnginePair pair(make_client_engine(options, name), context->new_engine());
    const bool through = pair.handshake();
    EXPECT_EQ(through, pair.client_error().empty()) << pair.server_error();
    return pair.client_error();
  }
  std::string refusal(const Issued& server, std::string_view name) const {
    return refusal(server, name, {.ca_file = ca_file});
  }

  static std::string failed(const std::string& reason) {
    return reason.empty() ? "" : "TLS: certificate verify failed [" + reason + "]";
  }

  const TempFolder folder;
  const Issued root = Issued::root();
  const Issued intermediate = root.intermediate();
  const std::string ca_file = folder.write("ca.pem", root.pem());
};

TEST_F(ClientContextTest, chain_and_time_are_verified) {
  const Issued cases[] = {
      intermediate.leaf("example.org"),
      intermediate.issue({.dns = {"example.org"}, .valid_from = -2 * kHour, .valid_to = -kHour}),
      intermediate.issue({.dns = {"example.org"}, .valid_from = kHour}),
      Issued::alone({.dns = {"example.org"}}),
      Issued::root("elsewhere").leaf("example.org"),
      // Issued by a leaf, which has no right to.
      root.issue({.common_name = "no CA"}).issue({.dns = {"example.org"}}),
  };
  const char* reasons[] = {"",
                           "certificate has expired",
                           "certificate is not yet valid",
                           "self-signed certificate",
                           "unable to get local issuer certificate",
                           "invalid CA certificate"};
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(refusal(cases[i], "example.org"), failed(reasons[i])) << i;
    EXPECT_EQ(refusal(cases[i], "example.org", {.verify = false}), "") << i;
  }
}

TEST_F(ClientContextTest, a_root_that_has_expired_vouches_for_nobody) {
  const Issued old = Issued::root("old", {.valid_from = -2 * kHour, .valid_to = -kHour});
  const std::string file = folder.write("old.pem", old.pem());
  EXPECT_EQ(refusal(old.leaf("example.org"), "example.org", {.ca_file = file}),
            failed("certificate has expired"));
}

TEST_F(ClientContextTest, the_name_is_verified) {
  const Issued server =
      root.issue({.common_name = "common.org",
                  .dns = {"example.org", "*.wild.org", "w*.part.org", "xn--bcher-kva.org"},
                  .ips = {"127.0.0.1", "2001:db8::1"}});
  constexpr char kHost[] = "hostname mismatch";
  constexpr char kAddress[] = "IP address mismatch";
  const std::pair<const char*, const char*> cases[] = {
      {"example.org", ""},      {"EXAMPLE.ORG", ""},
      {"example.org.", ""},     {"xn--bcher-kva.org", ""},
      {"a.wild.org", ""},       {"127.0.0.1", ""},
      {"2001:db8::1", ""},      {"[2001:DB8:0::1]", ""},
      {"wild.org", kHost},      // a wildcard is one label, not none
      {"a.b.wild.org", kHost},  // nor two
      {"www.part.org", kHost},  // nor a part of one
      {"common.org", kHost},    // the common name is no name
      {"a.example.org", kHost}, {"example.org.evil.net", kHost},
      {"org", kHost},           {"127.0.0.2", kAddress},
      {"::1", kAddress},
  };
  for (const auto& [name, reason] : cases) {
    EXPECT_EQ(refusal(server, name), failed(reason)) << name;
    EXPECT_EQ(refusal(server, name, {.verify = false}), "") << name;
  }
}

TEST_F(ClientContextTest, a_common_name_alone_is_not_enough) {
  EXPECT_EQ(refusal(root.issue({.common_name = "example.org"}), "example.org"),
            failed("hostname mismatch"));
}

TEST_F(ClientContextTest, the_revoked_are_refused) {
  const Issued server = intermediate.leaf("example.org");
  struct Case {
    std::string crl;
    const char* reason;
  };
  const Case cases[] = {
      {root.crl({}) + intermediate.crl({}), ""},
      {root.crl({}) + intermediate.crl({&server}), "certificate revoked"},
      {root.crl({&intermediate}) + intermediate.crl({}), "certificate revoked"},
      {root.crl({}), "unable to get certificate CRL"},
  };
  for (const Case& test : cases) {
    const std::string crl_file = folder.write("crl.pem", test.crl);
    EXPECT_EQ(refusal(server, "example.org", {.ca_file = ca_file, .crl_file = crl_file}),
              failed(test.reason));
  }
}

TEST_F(ClientContextTest, the_server_is_told_names_and_no_addresses) {
  const auto server = make_server({.certificates = {root.leaf("example.org").certificate()}});
  const std::pair<const char*, const char*> cases[] = {
      {"example.org", "example.org"},
      {"Example.ORG.", "example.org"},
      {"localhost", "localhost"},
      {"127.0.0.1", nullptr},
      {"::1", nullptr},
      {"[::1]", nullptr},
      {"fe80::1%lo", nullptr},
      {"", nullptr},
  };
  for (const auto& [name, sent] : cases) {
    EnginePair pair(make_client_engine({.verify = false}, name), server->new_engine());
    ASSERT_TRUE(pair.handshake());
    EXPECT_STREQ(SSL_get_servername(pair.server(), TLSEXT_NAMETYPE_host_name), sent) << name;
  }
}

TEST_F(ClientContextTest, what_is_no_name_is_refused) {
  const std::string long_name = std::string(254, 'a');
  const std::string with_nul("example.org\0.evil.net", 21);
  for (const bool verify : {true, false}) {
    const auto context = make_client({.verify = verify, .ca_file = verify ? ca_file : ""});
    for (const std::string& name :
         {std::string(".example.org"), std::string("a..b"), std::string("*.example.org"),
          std::string("a b"), std::string("1.2.3"), std::string("a:443"), std::string("."),
          long_name, with_nul}) {
      const absl::Status status = context->new_engine(name).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
      EXPECT_EQ(status.message(), "\"" + name + "\" is not a host name");
    }
    EXPECT_EQ(context->new_engine("").ok(), !verify);
  }
}

TEST_F(ClientContextTest, the_systems_store_is_the_default_and_knows_no_stranger) {
  EXPECT_EQ(refusal(root.leaf("example.org"), "example.org", {}),
            failed("unable to get local issuer certificate"));
}

TEST_F(ClientContextTest, what_is_wrong_with_a_file_is_told_by_name) {
  const std::string empty = folder.write("empty.pem", "");
  const std::string text = folder.write("text.pem", "no PEM at all\n");
  const std::string missing = folder.path("missing.pem");
  const std::string leaf_key = root.leaf("example.org").key_pem();
  struct Case {
    ClientOptions options;
    std::string message;
  };
  const Case cases[] = {
      {{.ca_file = missing}, missing + ": No such file or directory (ENOENT)"},
      {{.ca_file = empty}, empty + ": the file is empty"},
      {{.ca_file = text}, text + ": there is no certificate in PEM in it"},
      {{.ca_file = ca_file, .crl_file = ca_file}, ca_file + ": there is no CRL in PEM in it"},
      {{.ca_file = ca_file, .crl_file = missing}, missing + ": No such file or directory (ENOENT)"},
      {{.verify = false, .certificate = Certificate{}},
       "certificate.chain: wants a file or a text"},
      {{.verify = false, .certificate = Certificate{.chain_pem = root.pem(), .key_pem = leaf_key}},
       "certificate.key_pem: the key is not the certificate's"},
      {{.verify = false, .ca_file = text}, "ca_file and crl_file are for nothing, verify is off"},
      {{.verify = false, .crl_file = text}, "ca_file and crl_file are for nothing, verify is off"},
      {{.verify = false, .alpn = {"h2", ""}}, "alpn: \"\" is not of 1 to 255 bytes"},
  };
  for (const Case& test : cases) {
    const absl::Status status = ClientContext::create(test.options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), test.message);
  }
}

}  // namespace
}  // namespace turbo::tls
