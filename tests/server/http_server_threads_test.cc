// The server on two loops: requests, counts and stop() from several threads at the same time. The
// thread sanitizer watches.
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "framework/base/fd.h"
#include "framework/server/http_server.h"
#include "framework/shard/shard_set.h"

namespace turbo {
namespace {

using std::chrono::seconds;

class GreetingService final : public Service {
 public:
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop&) override {
    return std::make_unique<GreetingDispatcher>();
  }

 private:
  struct GreetingDispatcher final : Dispatcher {
    void on_head(Exchange&) override {}
    void on_request(Exchange& exchange) override {
      exchange.write("hello");
      exchange.finish();
    }
  };
};

UniqueFd connect_to(const Address& server) {
  UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  if (::connect(client.get(), server.data(), server.size()) != 0) client.reset();
  return client;
}

// Sends requests, each behind the answer of the one before, until the server ends the connection;
// answers how many it got.
size_t ask_until_the_end(const UniqueFd& client) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  size_t answers = 0;
  char answer[4096];
  for (;;) {
    ssize_t sent = ::send(client.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(kRequest.size())) return answers;
    ssize_t received = ::recv(client.get(), answer, sizeof answer, 0);
    if (received <= 0) return answers;
    EXPECT_EQ(std::string_view(answer, static_cast<size_t>(received)).substr(0, 12),
              "HTTP/1.1 200");
    ++answers;
  }
}

class HTTPServerThreadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ShardSetOptions options;
    options.shards = 2;
    options.pinning = Pinning::kNone;
    shards_ = std::make_unique<ShardSet>(options);
    ASSERT_TRUE(shards_->start().ok());
    std::vector<IOLoop*> loops = {&shards_->loop(0), &shards_->loop(1)};
    server_ = std::make_unique<HTTPServer>(std::move(loops), service_);
    absl::StatusOr<Address> bound = server_->listen(Address::loopback_ipv4(0));
    ASSERT_TRUE(bound.ok());
    address_ = *bound;
  }

  void TearDown() override {
    shards_->stop();
    shards_->join();
    server_.reset();
  }

  void wait_for_connections(size_t n) {
    while (server_->connections() < n) std::this_thread::yield();
  }

  // Waits until `n` requests have been counted, reading the counts as an admin page would.
  void wait_for_requests(uint64_t n) {
    while (server_->counters().requests < n) std::this_thread::yield();
  }

  GreetingService service_;
  std::unique_ptr<ShardSet> shards_;
  std::unique_ptr<HTTPServer> server_;
  Address address_;
};

TEST_F(HTTPServerThreadsTest, counts_what_it_answers_on_all_loops) {
  std::vector<UniqueFd> clients;
  std::vector<std::thread> threads;
  std::atomic<size_t> answers{0};
  for (int i = 0; i < 8; ++i) clients.push_back(connect_to(address_));
  wait_for_connections(8);
  for (const UniqueFd& client : clients) {
    threads.emplace_back([&] { answers += ask_until_the_end(client); });
  }
  wait_for_requests(2000);
  EXPECT_LE(server_->spread().relative, 0.5);
  for (const UniqueFd& client : clients) ::shutdown(client.get(), SHUT_RDWR);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(answers.load(), 2000u - clients.size());
  EXPECT_GE(server_->counters().requests, answers.load());
}

TEST_F(HTTPServerThreadsTest, stops_under_load_however_many_ask_it_to) {
  std::vector<UniqueFd> clients;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) clients.push_back(connect_to(address_));
  clients.push_back(connect_to(address_));  // never says anything
  wait_for_connections(9);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { EXPECT_GT(ask_until_the_end(clients[i]), 0u); });
  }
  wait_for_requests(500);
  std::promise<void> first;
  std::promise<void> second;
  std::thread other([&] { server_->stop(seconds(60), [&] { first.set_value(); }); });
  server_->stop(seconds(60), [&] { second.set_value(); });
  // A client that has its last answer ends its side, so the threads end by themselves; the silent
  // one is ended by the server.
  for (std::thread& thread : threads) thread.join();
  for (UniqueFd& client : clients) client.reset();
  other.join();
  first.get_future().wait();
  second.get_future().wait();
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_GE(server_->counters().requests, 500u) << "the counts outlive the connections";
}

}  // namespace
}  // namespace turbo
