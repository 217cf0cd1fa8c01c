#include "framework/tls/server_context.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "framework/tls/ticket_keys.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

class ServerContextTest : public testing::Test {
 protected:
  static std::string why(ServerOptions options) {
    const absl::Status status = ServerContext::create(std::move(options)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }
  static std::string why(Certificate certificate) {
    return why(ServerOptions{.certificates = {std::move(certificate)}});
  }

  static std::string serves(const ServerContext& server, std::string_view name = "example.org") {
    EnginePair pair(make_client_engine({.verify = false}, name), server.new_engine());
    EXPECT_TRUE(pair.handshake()) << pair.server_error();
    return pair.server_common_name();
  }

  Issued named(const std::string& common_name) const {
    return root.issue({.common_name = common_name, .dns = {"example.org"}});
  }

  const TempFolder folder;
  const Issued root = Issued::root();
  const Issued leaf = named("first");
  const Certificate good = folder.write("server", leaf);
};

TEST_F(ServerContextTest, files_and_texts_serve_alike) {
  EXPECT_EQ(serves(*make_server({.certificates = {good}})), "first");
  EXPECT_EQ(serves(*make_server({.certificates = {leaf.certificate()}})), "first");
  EXPECT_EQ(serves(*make_server(
                {.certificates = {{.chain_file = good.chain_file, .key_pem = leaf.key_pem()}}})),
            "first");
  // Chain and key in one file, as HAProxy has them, and text between the blocks.
  const std::string both = folder.write(
      "both.pem", "Bag attributes\n" + leaf.key_pem() + "\n# the chain\n" + leaf.chain_pem());
  EXPECT_EQ(serves(*make_server({.certificates = {{.chain_file = both, .key_file = both}}})),
            "first");
}

TEST_F(ServerContextTest, what_is_wrong_with_chain_or_key_is_told_by_file) {
  const std::string missing = folder.path("missing");
  const std::string empty = folder.write("empty", "");
  const std::string text = folder.write("text", "hello\n");
  const std::string broken = folder.write(
      "broken", leaf.pem() + "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
  const std::string cut = folder.write("cut", leaf.pem().substr(0, leaf.pem().size() / 2));
  const std::string no_der =
      folder.write("no_der", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
  const std::string bad_key =
      folder.write("bad_key", "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n");
  const std::string other_key = folder.write("other.key", named("other").key_pem());
  const std::string rsa_key = folder.write("rsa.key", root.issue({.rsa_bits = 2048}).key_pem());
  const std::string encrypted = folder.write("encrypted.key", leaf.encrypted_key_pem());
  const Certificate weak = folder.write("weak", root.issue({.rsa_bits = 1024}));
  const std::string gone = ": No such file or directory (ENOENT)";
  struct Case {
    Certificate certificate;
    std::string message;
  };
  const Case cases[] = {
      {{.chain_file = missing, .key_file = good.key_file}, missing + gone},
      {{.chain_file = good.chain_file, .key_file = missing}, missing + gone},
      {{.chain_file = empty, .key_file = good.key_file}, empty + ": the file is empty"},
      {{.chain_file = good.chain_file, .key_file = empty}, empty + ": the file is empty"},
      {{.chain_file = folder.path(""), .key_file = good.key_file},
       folder.path("") + ": it is a folder"},
      {{.chain_file = text, .key_file = good.key_file},
       text + ": there is no certificate in PEM in it"},
      {{.chain_file = good.key_file, .key_file = good.key_file},
       good.key_file + ": there is no certificate in PEM in it"},
      {{.chain_file = good.chain_file, .key_file = text},
       text + ": there is no private key in PEM in it"},
      {{.chain_file = good.chain_file, .key_file = good.chain_file},
       good.chain_file + ": there is no private key in PEM in it"},
      {{.chain_file = broken, .key_file = good.key_file},
       broken + ": certificate 2 cannot be read: bad base64 decode"},
      {{.chain_file = cut, .key_file = good.key_file},
       cut + ": certificate 1 cannot be read: bad end line"},
      {{.chain_file = no_der, .key_file = good.key_file},
       no_der + ": certificate 1 cannot be read: "},
      {{.chain_file = good.chain_file, .key_file = bad_key},
       bad_key + ": the key cannot be read: "},
      {{.chain_file = good.chain_file, .key_file = other_key},
       other_key + ": the key is not the certificate's"},
      {{.chain_file = good.chain_file, .key_file = rsa_key},
       rsa_key + ": the key is not the certificate's"},
      {{.chain_file = good.chain_file, .key_file = encrypted},
       encrypted + ": the key is encrypted; store it without a passphrase"},
      {weak, weak.chain_file + ": the certificate cannot be used: ee key too small"},
  };
  for (const Case& test : cases) {
    std::string message = why(test.certificate);
    // What OpenSSL makes of noise differs from version to version.
    if (test.message.ends_with(": ")) message.resize(test.message.size());
    EXPECT_EQ(message, test.message);
  }
}

TEST_F(ServerContextTest, a_legacy_encrypted_key_is_refused_without_asking) {
  const std::string legacy =
      folder.write("legacy.key",
                   "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                   "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                   "aGVsbG8gaGVsbG8gaGVsbA==\n-----END EC PRIVATE KEY-----\n");
  EXPECT_EQ(why(Certificate{.chain_file = good.chain_file, .key_file = legacy}),
            legacy + ": the key is encrypted; store it without a passphrase");
}

TEST_F(ServerContextTest, texts_are_told_by_their_option) {
  const Certificate texts = leaf.certificate();
  const std::string other = named("other").key_pem();
  EXPECT_EQ(why(ServerOptions{.certificates = {texts, {.chain_pem = "x", .key_pem = "y"}}}),
            "certificates[1].chain_pem: there is no certificate in PEM in it");
  EXPECT_EQ(why(Certificate{.chain_pem = texts.chain_pem, .key_pem = other}),
            "certificates[0].key_pem: the key is not the certificate's");
  EXPECT_EQ(why(Certificate{}), "certificates[0].chain: wants a file or a text");
  EXPECT_EQ(why(Certificate{.chain_pem = texts.chain_pem}),
            "certificates[0].key: wants a file or a text");
  EXPECT_EQ(why(Certificate{.chain_file = "a.pem", .chain_pem = "b", .key_pem = "c"}),
            "certificates[0].chain: has both a file (a.pem) and a text");
}

TEST_F(ServerContextTest, options_that_do_not_fit_are_refused) {
  const std::string ca = folder.write("ca.pem", root.pem());
  const std::string text = folder.write("text", "hello\n");
  const std::string missing = folder.path("missing");
  const std::vector<Certificate> one = {good};
  const auto auth = ClientAuth::kRequired;
  EXPECT_EQ(why(ServerOptions{}), "certificates: a TLS server wants at least one");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .client_auth = auth}),
            "client_ca_file: wanted to verify clients with");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .client_ca_file = ca}),
            "client_ca_file: " + ca + " is for nothing, client_auth is off");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .crl_file = "crl.pem"}),
            "crl_file: crl.pem is for nothing, client_auth is off");
  EXPECT_EQ(why(ServerOptions{
                .certificates = one, .tickets = false, .ticket_keys = TicketKeys::random()}),
            "ticket_keys are for nothing, tickets is off");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .client_auth = auth, .client_ca_file = missing}),
            missing + ": No such file or directory (ENOENT)");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .client_auth = auth, .client_ca_file = text}),
            text + ": there is no certificate in PEM in it");
  EXPECT_EQ(why(ServerOptions{
                .certificates = one, .client_auth = auth, .client_ca_file = ca, .crl_file = text}),
            text + ": there is no CRL in PEM in it");
  EXPECT_EQ(why(ServerOptions{.certificates = one, .alpn = {std::string(256, 'a')}}),
            "alpn: \"" + std::string(256, 'a') + "\" is not of 1 to 255 bytes");
}

TEST_F(ServerContextTest, a_staple_must_be_an_answer) {
  const std::string der = root.ocsp(leaf);
  const std::string text = folder.write("text", "hello\n");
  const std::string cut = folder.write("cut", der.substr(0, der.size() - 1));
  const std::string more = folder.write("more", der + "x");
  const std::string later = folder.write("later", root.ocsp(leaf, 3));
  const std::pair<std::string, std::string> cases[] = {
      {text, ": it is not an OCSP response in DER"},
      {cut, ": it is not an OCSP response in DER"},
      {more, ": it is not an OCSP response in DER"},
      {later, ": the OCSP response is no answer but \"trylater\""},
      {folder.path("missing"), ": No such file or directory (ENOENT)"},
  };
  for (const auto& [file, message] : cases) {
    Certificate certificate = good;
    certificate.ocsp_file = file;
    EXPECT_EQ(why(certificate), file + message);
  }
}

TEST_F(ServerContextTest, reload_serves_the_new_file_and_old_engines_the_old) {
  const auto server = make_server({.certificates = {good, leaf.certificate()}});
  Engine begun = server->new_engine();
  folder.write("server", named("second"));
  EXPECT_EQ(serves(*server), "first");
  ASSERT_TRUE(server->reload().ok());
  EXPECT_EQ(serves(*server), "second");
  // Its generation is kept alive by the engine alone, names and all.
  EnginePair pair(make_client_engine(), std::move(begun));
  EXPECT_TRUE(pair.handshake());
  EXPECT_EQ(pair.server_common_name(), "first");
}

TEST_F(ServerContextTest, an_engine_outlives_the_context) {
  auto server = make_server(
      {.certificates = {good, root.issue({.common_name = "b", .dns = {"b.org"}}).certificate()}});
  Engine engine = server->new_engine();
  server.reset();
  EnginePair pair(make_client_engine({.verify = false}, "b.org"), std::move(engine));
  EXPECT_TRUE(pair.handshake());
  EXPECT_EQ(pair.server_common_name(), "b");
}

TEST_F(ServerContextTest, a_reload_that_fails_leaves_the_old_in_use) {
  const auto server = make_server({.certificates = {good}});
  folder.write("server.key", named("second").key_pem());
  EXPECT_EQ(server->reload().message(), good.key_file + ": the key is not the certificate's");
  EXPECT_EQ(serves(*server), "first");
  std::filesystem::remove(good.chain_file);
  EXPECT_FALSE(server->reload().ok());
  EXPECT_EQ(serves(*server), "first");
}

TEST_F(ServerContextTest, only_changed_files_are_read_again_and_bad_ones_once) {
  Certificate certificate = good;
  certificate.ocsp_file = folder.write("staple.der", root.ocsp(leaf));
  const std::string ca = folder.write("ca.pem", root.pem());
  const std::string crl = folder.write("crl.pem", root.crl({}));
  const std::string tickets = folder.write("tickets", std::string(80, 'a'));
  const auto server = make_server({.certificates = {certificate},
                                   .client_auth = ClientAuth::kOptional,
                                   .client_ca_file = ca,
                                   .crl_file = crl,
                                   .ticket_keys = *TicketKeys::from_file(tickets)});
  const auto reloaded = [&] { return server->reload_if_changed(); };
  EXPECT_EQ(reloaded().value(), false);

  // Each file counts.
  const std::pair<const char*, std::string> files[] = {
      {"server.pem", leaf.chain_pem()}, {"server.key", leaf.key_pem()},
      {"staple.der", root.ocsp(leaf)},  {"ca.pem", root.pem()},
      {"crl.pem", root.crl({})},        {"tickets", std::string(80, 'b')},
  };
  for (const auto& [name, text] : files) {
    folder.write(name, text);
    EXPECT_EQ(reloaded().value(), true) << name;
    EXPECT_EQ(reloaded().value(), false) << name;
  }

  // A bad one is complained of once, and a good one ends it.
  folder.write("server.pem", "hello");
  EXPECT_EQ(reloaded().status().message(),
            good.chain_file + ": there is no certificate in PEM in it");
  EXPECT_EQ(reloaded().value(), false);
  std::filesystem::remove(folder.path("server.pem"));
  EXPECT_FALSE(reloaded().ok());
  EXPECT_EQ(reloaded().value(), false);
  EXPECT_EQ(serves(*server), "first");
  folder.write("server", named("second"));
  EXPECT_EQ(reloaded().value(), true);
  EXPECT_EQ(serves(*server), "second");

  // reload() has seen the files too.
  folder.write("server", leaf);
  EXPECT_TRUE(server->reload().ok());
  EXPECT_EQ(reloaded().value(), false);
}

TEST_F(ServerContextTest, texts_never_change) {
  const auto server = make_server({.certificates = {leaf.certificate()}});
  EXPECT_EQ(server->reload_if_changed().value(), false);
  EXPECT_TRUE(server->reload().ok());
}

TEST_F(ServerContextTest, a_link_that_is_moved_is_a_change) {
  folder.write("next.pem", named("second").chain_pem());
  const std::string link = folder.path("live.pem");
  std::filesystem::create_symlink(good.chain_file, link);
  const auto server =
      make_server({.certificates = {{.chain_file = link, .key_file = good.key_file}}});
  std::filesystem::remove(link);
  std::filesystem::create_symlink(folder.path("next.pem"), link);
  EXPECT_FALSE(server->reload_if_changed().ok());  // its key has not come yet
  EXPECT_EQ(serves(*server), "first");
}

TEST_F(ServerContextTest, bad_ticket_keys_fail_a_reload_as_a_whole) {
  const std::string tickets = folder.write("tickets", std::string(80, 'a'));
  const auto server =
      make_server({.certificates = {good}, .ticket_keys = *TicketKeys::from_file(tickets)});
  folder.write("tickets", "short");
  folder.write("server", named("second"));
  EXPECT_EQ(server->reload().message(),
            tickets + ": ticket keys are 1 to 4 times 80 bytes, this file has 5");
  EXPECT_EQ(serves(*server), "first");
}

}  // namespace
}  // namespace turbo::tls
