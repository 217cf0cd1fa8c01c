#include "framework/tls/session_tickets.h"

#include <gtest/gtest.h>

#include "framework/testing/fake_clock.h"
#include "framework/tls/peer_certificate.h"
#include "framework/tls/ticket_keys.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

// How a connection went that offered a ticket.
struct Visit {
  bool resumed = false;
  bool renewed = false;  // a ticket came along
  SessionPtr session;
};

// Both versions have tickets, in different places.
class SessionTicketsTest : public testing::TestWithParam<int> {
 protected:
  ServerOptions options(std::shared_ptr<TicketKeys> keys = nullptr) const {
    return {.certificates = {leaf.certificate()}, .ticket_keys = std::move(keys)};
  }
  ServerOptions with_auth(ClientAuth auth, std::shared_ptr<TicketKeys> keys) const {
    ServerOptions with = options(std::move(keys));
    with.client_auth = auth;
    with.client_ca_file = folder.path("ca.pem");
    return with;
  }

  Visit visit(const ServerContext& server, SSL_SESSION* ticket = nullptr,
              const ClientOptions& client = {.verify = false},
              std::string_view name = "example.org") const {
    Engine engine = make_client_engine(client, name);
    SSL_set_max_proto_version(engine.get(), GetParam());
    EXPECT_EQ(SSL_set_session(engine.get(), ticket), 1);
    EnginePair pair(std::move(engine), server.new_engine());
    EXPECT_TRUE(pair.handshake()) << pair.server_error() << pair.client_error();
    EXPECT_TRUE(pair.exchange());
    Visit visit{.resumed = pair.resumed(), .session = pair.session()};
    visit.renewed = ticket_of(visit.session.get()) != ticket_of(ticket);
    return visit;
  }
  Visit visit_with_certificate(const ServerContext& server, SSL_SESSION* ticket = nullptr) const {
    return visit(server, ticket, {.verify = false, .certificate = client.certificate()});
  }

  static std::string ticket_of(const SSL_SESSION* session) {
    const unsigned char* bytes = nullptr;
    size_t size = 0;
    if (session != nullptr) SSL_SESSION_get0_ticket(session, &bytes, &size);
    return {bytes, bytes + size};
  }

  bool is_13() const { return GetParam() == TLS1_3_VERSION; }

  const TempFolder folder;
  const Issued root = Issued::root();
  const Issued leaf = root.leaf("example.org");
  const Issued client = root.issue({.common_name = "client"});
  const std::string ca_file = folder.write("ca.pem", root.pem());
};

INSTANTIATE_TEST_SUITE_P(versions, SessionTicketsTest,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), [](const auto& info) {
                           return info.param == TLS1_2_VERSION ? "tls12" : "tls13";
                         });

TEST_P(SessionTicketsTest, a_client_that_comes_back_resumes) {
  const auto server = make_server(options());
  const Visit first = visit(*server);
  EXPECT_FALSE(first.resumed);
  EXPECT_NE(ticket_of(first.session.get()), "");
  const Visit second = visit(*server, first.session.get());
  EXPECT_TRUE(second.resumed);
  // A ticket of 1.3 is used once; one of 1.2 lasts.
  EXPECT_EQ(second.renewed, is_13());
  EXPECT_TRUE(visit(*server, second.session.get()).resumed);
}

TEST_P(SessionTicketsTest, contexts_with_the_same_keys_take_each_others_tickets) {
  const auto keys = TicketKeys::random();
  const auto one = make_server(options(keys));
  const auto other = make_server(options(keys));
  EXPECT_TRUE(visit(*other, visit(*one).session.get()).resumed);
  EXPECT_FALSE(visit(*make_server(options()), visit(*one).session.get()).resumed);
}

TEST_P(SessionTicketsTest, a_key_serves_for_two_rotations) {
  FakeClock clock;
  const auto keys = TicketKeys::random(std::chrono::hours(1), clock);
  const auto server = make_server(options(keys));
  const Visit first = visit(*server);
  clock.advance(std::chrono::hours(1));
  const Visit second = visit(*server, first.session.get());
  EXPECT_TRUE(second.resumed);
  EXPECT_TRUE(second.renewed);
  clock.advance(std::chrono::hours(1));
  const Visit third = visit(*server, first.session.get());
  EXPECT_FALSE(third.resumed);
  EXPECT_TRUE(third.renewed);
  EXPECT_TRUE(visit(*server, second.session.get()).resumed);
}

TEST_P(SessionTicketsTest, machines_share_a_file_of_keys) {
  const std::string path = folder.write("tickets", std::string(80, 'a'));
  const auto one = make_server(options(*TicketKeys::from_file(path)));
  const auto other = make_server(options(*TicketKeys::from_file(path)));
  const Visit first = visit(*one);
  EXPECT_TRUE(visit(*other, first.session.get()).resumed);

  folder.write("tickets", std::string(80, 'b') + std::string(80, 'a'));
  ASSERT_TRUE(one->reload().ok());
  const Visit second = visit(*one, first.session.get());
  EXPECT_TRUE(second.resumed);
  EXPECT_TRUE(second.renewed);
  EXPECT_FALSE(visit(*other, second.session.get()).resumed);  // it does not know b yet
  ASSERT_TRUE(other->reload_if_changed().value());
  EXPECT_TRUE(visit(*other, second.session.get()).resumed);

  folder.write("tickets", std::string(80, 'c'));
  ASSERT_TRUE(one->reload().ok());
  EXPECT_FALSE(visit(*one, first.session.get()).resumed);
}

TEST_P(SessionTicketsTest, a_reload_keeps_the_tickets) {
  const Certificate files = folder.write("server", leaf);
  const auto server = make_server({.certificates = {files}});
  const Visit first = visit(*server);
  folder.write("server", root.leaf("example.org"));
  ASSERT_TRUE(server->reload().ok());
  EXPECT_TRUE(visit(*server, first.session.get()).resumed);
}

TEST_P(SessionTicketsTest, a_ticket_that_was_tampered_with_is_a_full_handshake) {
  const auto server = make_server(options());
  const Visit first = visit(*server);
  const std::string ticket = ticket_of(first.session.get());
  int size = i2d_SSL_SESSION(first.session.get(), nullptr);
  std::string der(static_cast<size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_SSL_SESSION(first.session.get(), &at);
  const size_t start = der.find(ticket);
  ASSERT_NE(start, std::string::npos);
  // In the key's name, the nonce, what is encrypted, and the HMAC.
  for (const size_t offset : {size_t{0}, size_t{20}, size_t{40}, ticket.size() - 1}) {
    std::string tampered = der;
    tampered[start + offset] = static_cast<char>(tampered[start + offset] ^ 1);
    const auto* from = reinterpret_cast<const unsigned char*>(tampered.data());
    const SessionPtr session(d2i_SSL_SESSION(nullptr, &from, size));
    ASSERT_NE(session, nullptr);
    EXPECT_FALSE(visit(*server, session.get()).resumed) << offset;
  }
}

TEST_P(SessionTicketsTest, without_tickets_none_is_sent_and_none_taken) {
  const auto keys = TicketKeys::random();
  ServerOptions off = options();
  off.tickets = false;
  const auto without = make_server(off);
  const Visit first = visit(*without);
  EXPECT_EQ(ticket_of(first.session.get()), "");
  EXPECT_FALSE(visit(*without, first.session.get()).resumed);
  EXPECT_FALSE(visit(*without, visit(*make_server(options(keys))).session.get()).resumed);
}

TEST_P(SessionTicketsTest, a_client_of_another_certificate_resumes_too) {
  ServerOptions both = options();
  both.certificates.push_back(root.issue({.common_name = "b", .dns = {"b.org"}}).certificate());
  const auto server = make_server(both);
  const Visit first = visit(*server, nullptr, {.verify = false}, "b.org");
  EXPECT_TRUE(visit(*server, first.session.get(), {.verify = false}, "b.org").resumed);
}

// CVE-2025-23419: a ticket from where nobody was asked must not open where one has to be known.
TEST_P(SessionTicketsTest, a_ticket_opens_only_where_the_same_clients_are_let_in) {
  const auto keys = TicketKeys::random();
  const auto off = make_server(options(keys));
  const auto optional = make_server(with_auth(ClientAuth::kOptional, keys));
  const auto required = make_server(with_auth(ClientAuth::kRequired, keys));
  ServerOptions others_options = with_auth(ClientAuth::kRequired, keys);
  others_options.client_ca_file =
      folder.write("others.pem", root.pem() + Issued::root("other").pem());
  const auto others = make_server(others_options);
  ServerOptions crl_options = with_auth(ClientAuth::kRequired, keys);
  crl_options.crl_file = folder.write("crl.pem", root.crl({}));
  const auto with_crl = make_server(crl_options);

  const std::shared_ptr<ServerContext> servers[] = {off, optional, required, others, with_crl};
  for (const auto& from : servers) {
    for (const auto& to : servers) {
      const Visit first = visit_with_certificate(*from);
      EXPECT_EQ(visit_with_certificate(*to, first.session.get()).resumed, from == to);
    }
  }
}

TEST_P(SessionTicketsTest, a_resumed_client_is_still_known) {
  const auto server = make_server(with_auth(ClientAuth::kRequired, nullptr));
  const Visit first = visit_with_certificate(*server);
  Engine engine = make_client_engine();  // shows nothing but the ticket
  SSL_set_max_proto_version(engine.get(), GetParam());
  SSL_set_session(engine.get(), first.session.get());
  EnginePair pair(std::move(engine), server->new_engine());
  ASSERT_TRUE(pair.handshake()) << pair.server_error();
  EXPECT_TRUE(pair.resumed());
  const auto peer = peer_certificate(pair.server());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->subject, "CN=client,O=Turbo");
}

TEST_P(SessionTicketsTest, who_was_revoked_since_does_not_resume) {
  ServerOptions with_crl = with_auth(ClientAuth::kRequired, nullptr);
  with_crl.crl_file = folder.write("crl.pem", root.crl({}));
  const auto server = make_server(with_crl);
  const Visit first = visit_with_certificate(*server);
  folder.write("crl.pem", root.crl({&client}));
  ASSERT_TRUE(server->reload_if_changed().value());
  Engine engine = make_client_engine({.verify = false, .certificate = client.certificate()});
  SSL_set_max_proto_version(engine.get(), GetParam());
  SSL_set_session(engine.get(), first.session.get());
  EnginePair pair(std::move(engine), server->new_engine());
  EXPECT_FALSE(pair.handshake());
  EXPECT_EQ(pair.server_error(), "TLS: certificate verify failed [certificate revoked]");
}

// A certificate cannot outlive itself by going from ticket to ticket.
TEST_P(SessionTicketsTest, who_has_expired_since_does_not_resume) {
  const auto server = make_server(with_auth(ClientAuth::kRequired, nullptr));
  const Issued expired = root.issue({.valid_from = -2 * kHour, .valid_to = -kHour});
  const auto connect = [&](SSL_SESSION* ticket, SSL_verify_cb verify) {
    Engine engine = make_client_engine({.verify = false, .certificate = expired.certificate()});
    SSL_set_max_proto_version(engine.get(), GetParam());
    SSL_set_session(engine.get(), ticket);
    Engine serving = server->new_engine();
    SSL_set_verify(serving.get(), SSL_get_verify_mode(serving.get()), verify);
    auto pair = std::make_unique<EnginePair>(std::move(engine), std::move(serving));
    pair->handshake();
    return pair;
  };
  // It was let in when it was good: by a server that does not look.
  const auto first = connect(nullptr, [](int, X509_STORE_CTX*) { return 1; });
  ASSERT_EQ(first->server_error(), "");
  const SessionPtr ticket = first->session();
  ASSERT_NE(ticket_of(ticket.get()), "");
  EXPECT_EQ(connect(ticket.get(), nullptr)->server_error(),
            "TLS: certificate verify failed [certificate has expired]");
}

TEST_P(SessionTicketsTest, one_ticket_is_sent_and_is_good_for_two_hours) {
  const auto server = make_server(options());
  EXPECT_EQ(SSL_get_num_tickets(server->new_engine().get()), 1U);
  EXPECT_EQ(SSL_SESSION_get_ticket_lifetime_hint(visit(*server).session.get()), 7200U);
}

}  // namespace
}  // namespace turbo::tls
