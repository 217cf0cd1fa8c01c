// Connections begin while certificates are exchanged under them.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "framework/tls/ticket_keys.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/engine_pair.h"

namespace turbo::tls {
namespace {

constexpr int kThreads = 4;
constexpr int kHandshakes = 50;
constexpr int kReloads = 50;

TEST(ReloadThreadsTest, connections_begin_while_certificates_change) {
  const TempFolder folder;
  const Issued root = Issued::root();
  const Certificate files = folder.write("server", root.leaf("example.org"));
  const auto server =
      make_server({.certificates = {root.leaf("default.org").certificate(), files}});
  const auto client = make_client({.ca_file = folder.write("ca.pem", root.pem())});

  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kHandshakes; ++j) {
        EnginePair pair(*client->new_engine("example.org"), server->new_engine());
        if (pair.handshake() && pair.exchange()) ++good;
      }
    });
  }
  std::atomic<int> reloaded{0};
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kReloads; ++j) reloaded += server->reload().ok() ? 1 : 0;
    });
  }
  threads.emplace_back([&] {
    for (int j = 0; j < kReloads; ++j) EXPECT_TRUE(server->reload_if_changed().ok());
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads * kHandshakes);
  EXPECT_EQ(reloaded, 2 * kReloads);
}

TEST(ReloadThreadsTest, ticket_keys_rotate_under_those_who_use_them) {
  const auto keys = TicketKeys::random();
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kHandshakes; ++j) {
        const TicketKeys::Key key = keys->encryption_key();
        const auto again = keys->find(key.name);
        // Two rotations may have come in between.
        if (!again.has_value() || again->key.aes == key.aes) ++found;
      }
    });
  }
  for (int i = 0; i < kReloads; ++i) keys->rotate();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, kThreads * kHandshakes);
}

}  // namespace
}  // namespace turbo::tls
