#include "framework/server/server_shard.h"

#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "framework/base/fd.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

class PathService final : public Service {
 public:
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop&) override {
    struct PathDispatcher final : Dispatcher {
      void on_head(Exchange&) override {}
      void on_request(Exchange& exchange) override {
        exchange.write(exchange.head().path);
        exchange.finish();
      }
    };
    return std::make_unique<PathDispatcher>();
  }
};

// One connection, whose other end is a plain socket: what is sent there waits in the kernel until
// the loop polls.
class ServerShardTest : public ::testing::Test {
 protected:
  ServerShardTest() {
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    client_.reset(ends[0]);
    AcceptedConnection accepted;
    accepted.socket.reset(ends[1]);
    shard_.serve(std::move(accepted), port_);
  }

  ~ServerShardTest() override {
    client_.reset();
    run();
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(client_.get(), bytes.data(), bytes.size(), 0), ssize_t(bytes.size()));
  }

  // What has arrived; `ended_` says whether the server has ended the connection behind it.
  std::string receive() {
    std::array<char, 4096> bytes;
    ssize_t got = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
    ended_ = got == 0;
    return got > 0 ? std::string(bytes.data(), size_t(got)) : std::string();
  }

  void run() {
    for (int i = 0; i < 20; ++i) loop_.run_once(Duration::zero());
  }

  IOLoop loop_;
  PathService service_;
  HTTPServerOptions options_;
  const HTTPListenOptions port_;
  ServerShard shard_{loop_, service_, options_};
  UniqueFd client_;
  bool ended_ = false;
};

TEST_F(ServerShardTest, answers_while_draining_what_had_arrived_before) {
  send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  run();
  EXPECT_TRUE(ends_with(receive(), "\r\n\r\n/1"));
  send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  bool empty = false;
  shard_.drain(std::chrono::seconds(10), [&] { empty = true; });
  run();
  std::string answer = receive();
  EXPECT_TRUE(ends_with(answer, "\r\n\r\n/2"));
  EXPECT_TRUE(contains(answer, "\r\nConnection: close\r\n"));
  receive();
  EXPECT_TRUE(ended_);
  client_.reset();
  run();
  EXPECT_TRUE(empty);
}

TEST_F(ServerShardTest, ends_an_idle_connection_when_draining_begins) {
  run();
  bool empty = false;
  shard_.drain(std::chrono::seconds(10), [&] { empty = true; });
  run();
  EXPECT_EQ(receive(), "");
  EXPECT_TRUE(ended_);
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace turbo
